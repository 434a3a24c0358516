"""The document of every key, made from the bindings: `python -m radlite_tui.tui.key_table docs/keys.md`.

May import `keymap`. The whole file is written; nothing in it is by hand.
"""

from __future__ import annotations

import sys
from pathlib import Path

from radlite_tui.tui.keymap import Bound, every_binding
from radlite_tui.tui.screens.help import key_names

HEAD = """\
# Keys

Made from the bindings themselves: `python -m radlite_tui.tui.key_table docs/keys.md`. F1, Alt+H, or `?` in an empty \
input line shows the same in the app, beginning with the part that has the focus.

No key needs a mouse, and none a function key: Ctrl+P offers every command by name, Ctrl+G puts a letter on each part \
of the screen and the next key goes there, Tab goes from part to part. Tab, the arrows, Home, End, PageUp, PageDown \
and the usual editing keys of text are fixed; everything below can be changed.

## Your own keys

In the settings file (`radlite-tui config path` names it), by the id in the last column:

```toml
[keys]
read.task = "ctrl+f"
ask.newline = ["ctrl+j", "alt+enter"]   # several keys
```

`?` is `question_mark`; modifiers are `ctrl+`, `alt+` and `shift+`. A key that another command has where both work, a \
key that terminals cannot send, or an id that does not exist is told in a sentence when the app starts, and that \
command keeps its own key. What the last line and the help show are the keys as they are set.
"""


def document() -> str:
    """The whole document."""
    parts = [HEAD]
    places: dict[str, list[Bound]] = {}
    for bound in every_binding():
        places.setdefault(bound.place, []).append(bound)
    for name, rows in places.items():
        parts.append(f"## {name}\n")
        parts.append("| key | what it does | id |\n|---|---|---|")
        parts.append("\n".join(row(bound) for bound in rows) + "\n")
    return "\n".join(parts)


def row(bound: Bound) -> str:
    return f"| {key_names(bound.binding.key)} | {bound.binding.description} | `{bound.id}` |"


def main() -> int:
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
