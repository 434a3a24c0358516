"""Colours of the app: dark (low luminance, the default), light, high contrast, the terminal's own 16 colours, and none.

May import Textual's theme type; must never carry meaning by itself: whatever a colour says, a glyph or a word says too.
"""

from __future__ import annotations

from collections.abc import Mapping

from textual.theme import Theme

DARK = Theme(
    name="radlite-dark",
    primary="#5b8db8",
    secondary="#7a8794",
    accent="#c9a86a",
    warning="#d0a24c",
    error="#cf6f6f",
    success="#77a877",
    foreground="#c3c9cf",
    background="#0b0d10",
    surface="#0f1216",
    panel="#171b21",
    dark=True,
    variables={
        "border": "#5b8db8",
        "border-blurred": "#3a434d",
        "text-muted": "#8d97a1",
        "input-cursor-background": "#c3c9cf",
        "input-cursor-foreground": "#0b0d10",
    },
)

LIGHT = Theme(
    name="radlite-light",
    primary="#1f5f99",
    secondary="#4f5b66",
    accent="#7a5200",
    warning="#8a5a00",
    error="#a32626",
    success="#256b2d",
    foreground="#1b1f24",
    background="#fafafa",
    surface="#f4f4f2",
    panel="#e8e8e4",
    dark=False,
    variables={"border": "#1f5f99", "border-blurred": "#a9b0b8", "text-muted": "#4f5b66"},
)

CONTRAST = Theme(
    name="radlite-contrast",
    primary="#ffffff",
    secondary="#ffffff",
    accent="#ffff00",
    warning="#ffff00",
    error="#ff8080",
    success="#80ff80",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#000000",
    dark=True,
    text_alpha=1.0,
    variables={
        "border": "#ffff00",
        "border-blurred": "#ffffff",
        "text-muted": "#ffffff",
        "block-cursor-background": "#ffff00",
        "block-cursor-foreground": "#000000",
        "footer-key-foreground": "#ffff00",
    },
)

OWN = "ansi_default"
"""The terminal's own colour of text or of its background."""
COLOURS = ("primary", "secondary", "warning", "error", "success", "accent")
GROUNDS = ("foreground", "background", "surface", "panel", "boost")


def of_the_terminal(name: str, colours: Mapping[str, str], variables: Mapping[str, str]) -> Theme:
    """A theme on the terminal's own text and background. colours: those of COLOURS, by their names."""
    grounds = dict.fromkeys(GROUNDS, OWN)
    return Theme(name=name, ansi=True, dark=True, variables=dict(variables), **colours, **grounds)  # type: ignore[arg-type]


ANSI = of_the_terminal(
    "radlite-ansi",
    {
        "primary": "ansi_cyan",
        "secondary": "ansi_cyan",
        "warning": "ansi_yellow",
        "error": "ansi_red",
        "success": "ansi_green",
        "accent": "ansi_yellow",
    },
    {
        "border": "ansi_cyan",
        "border-blurred": OWN,
        "text-muted": OWN,
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_cyan",
        "input-cursor-foreground": "ansi_black",
        "input-cursor-background": "ansi_white",
        "input-selection-background": "ansi_cyan",
        "input-selection-foreground": "ansi_black",
        "footer-key-foreground": "ansi_cyan",
        "ansi-background": OWN,
        "ansi-foreground": OWN,
        "scrollbar": "ansi_cyan",
        "scrollbar-background": "ansi_black",
    },
)

MONO = of_the_terminal(
    "radlite-mono",
    dict.fromkeys(COLOURS, OWN),
    {
        **dict.fromkeys(ANSI.variables, OWN),
        "block-cursor-text-style": "reverse",
        "input-cursor-text-style": "reverse",
    },
)

THEMES = (DARK, LIGHT, CONTRAST, ANSI, MONO)


def chosen(wanted: str, color_system: str | None, environment: Mapping[str, str]) -> str:
    """The theme of the setting `app.theme`. "auto": none where NO_COLOR asks so, the terminal's own colours where it
    has only 16, else dark."""
    if wanted != "auto":
        return f"radlite-{wanted}"
    return MONO.name if environment.get("NO_COLOR") else default_theme(color_system)


def default_theme(color_system: str | None) -> str:
    """The terminal's own colours where it has only 16, else dark."""
    return ANSI.name if color_system in (None, "standard", "windows") else DARK.name
