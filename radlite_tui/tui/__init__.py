"""The Textual app. Importing this package first tells Textual to be calm: no animation ever, few frames over SSH.

Textual reads these settings when it is imported, so they are set here, before any module of the app can import it.
What the user set stays. May import the standard library and `assistant.ssh`, which imports nothing else.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping

from radlite_tui.assistant.ssh import over_ssh

CALM = {"TEXTUAL_ANIMATIONS": "none", "TEXTUAL_SMOOTH_SCROLL": "0"}
CALM_OVER_SSH = {"TEXTUAL_FPS": "15", "TEXTUAL_DISABLE_KITTY_KEY": "1"}
"""Few frames, and no other way of sending keys: a dropped connection would leave it switched on at the user's end."""


def calm(environment: MutableMapping[str, str], choice: str = "auto") -> bool:
    """Set what Textual reads at import, unless it is set already; gives whether the screen is to be calm.

    choice: the setting `app.calm`: "auto" is calm over SSH.
    """
    is_calm = choice == "on" or (choice == "auto" and over_ssh(environment))
    for name, value in {**CALM, **(CALM_OVER_SSH if is_calm else {})}.items():
        environment.setdefault(name, value)
    for name, value in CALM_OVER_SSH.items():
        if choice == "off" and environment.get(name) == value:
            del environment[name]
    return is_calm


calm(os.environ)
