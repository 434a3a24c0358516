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

ANSI = Theme(
    name="radlite-ansi",
    ansi=True,
    primary="ansi_cyan",
    secondary="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    accent="ansi_yellow",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    variables={
        "border": "ansi_cyan",
        "border-blurred": "ansi_default",
        "text-muted": "ansi_default",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_cyan",
        "input-cursor-foreground": "ansi_black",
        "input-cursor-background": "ansi_white",
        "input-selection-background": "ansi_cyan",
        "input-selection-foreground": "ansi_black",
        "footer-key-foreground": "ansi_cyan",
        "ansi-background": "ansi_default",
        "ansi-foreground": "ansi_default",
        "scrollbar": "ansi_cyan",
        "scrollbar-background": "ansi_black",
    },
)

MONO = Theme(
    name="radlite-mono",
    ansi=True,
    primary="ansi_default",
    secondary="ansi_default",
    warning="ansi_default",
    error="ansi_default",
    success="ansi_default",
    accent="ansi_default",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    dark=True,
    variables={
        **{name: "ansi_default" for name in ANSI.variables if name not in ("scrollbar", "scrollbar-background")},
        "block-cursor-foreground": "ansi_default",
        "block-cursor-background": "ansi_default",
        "block-cursor-text-style": "reverse",
        "input-cursor-text-style": "reverse",
        "input-selection-background": "ansi_default",
        "scrollbar": "ansi_default",
        "scrollbar-background": "ansi_default",
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
