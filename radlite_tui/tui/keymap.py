"""Every key of the app by the id of its binding, and the user's own keys for them. May import Textual and `tui`.

The bindings themselves are the only list: what the document, the help and the check of the `[keys]` table know is read
from them. A key of the user's that cannot work is refused with a sentence, and the binding keeps the key it has.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import Keys, _character_to_key, key_to_character
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import TextArea

import radlite_tui.tui
from radlite_tui.tui.screens.help import PLACES, place_of

SAME_AS = {"ctrl+m": "enter", "ctrl+i": "tab", "ctrl+h": "backspace", "ctrl+left_square_bracket": "escape"}
"""Keys that a terminal sends as other keys."""
MODIFIERS = ("ctrl", "alt", "shift")
NAMED = frozenset(str(key.value) for key in Keys if "+" not in key.value and not key.value.startswith("<"))


@dataclass(frozen=True)
class Bound:
    """One binding. owner: the class it works on; key: comma between several."""

    owner: type[DOMNode]
    binding: Binding

    @property
    def id(self) -> str:
        return self.binding.id or ""

    @property
    def keys(self) -> tuple[str, ...]:
        return keys_of(self.binding.key)

    @property
    def place(self) -> str:
        return place_of(self.owner)

    def beside(self, other: Bound) -> bool:
        """Whether both can be live at once: the app with everything, a screen with the widgets it is made of."""
        if self.owner is other.owner or issubclass(self.owner, App) or issubclass(other.owner, App):
            return True
        screens = [issubclass(bound.owner, Screen) for bound in (self, other)]
        if sum(screens) != 1:
            return False
        screen, widget = (self, other) if screens[0] else (other, self)
        return widget.owner in made_of(screen.owner)

    @property
    def typed_over(self) -> bool:
        """Whether it works where text is typed: a plain character would be lost to the text, or never get here."""
        return issubclass(self.owner, (App, Screen, TextArea)) and not issubclass(self.owner, ModalScreen)


@cache
def made_of(screen: type[DOMNode]) -> frozenset[type[DOMNode]]:
    """The app's own widgets that a screen's modules know, and those that these know in turn."""
    ours = f"{radlite_tui.tui.__name__}."
    todo, found = {base.__module__ for base in screen.__mro__ if base.__module__.startswith(ours)}, set()
    seen: set[str] = set()
    while todo:
        module = todo.pop()
        seen.add(module)
        known = [value for value in vars(sys.modules[module]).values() if isinstance(value, type)]
        widgets = {value for value in known if issubclass(value, Widget) and not issubclass(value, Screen)}
        found |= {widget for widget in widgets if widget.__module__.startswith(ours)}
        todo |= {widget.__module__ for widget in found} - seen
    return frozenset(found)


def keys_of(keys: str) -> tuple[str, ...]:
    return tuple(normal(key) for key in keys.split(",") if key.strip())


def normal(key: str) -> str:
    """A key as Textual names it: "ctrl+t", "question_mark" for "?"."""
    key = key.strip()
    head, _, last = key.rpartition("+") if key != "+" else ("", "", key)
    last = _character_to_key(last) if len(last) == 1 and not last.isalnum() else last
    return "+".join([*(part.lower() for part in head.split("+") if part), last if len(last) == 1 else last.lower()])


def every_binding() -> tuple[Bound, ...]:
    """Every binding of the app's own classes, by module and order of definition. Imports all of `tui`."""
    found: dict[type[DOMNode], list[Bound]] = {}
    for module in sorted(info.name for info in pkgutil.walk_packages(radlite_tui.tui.__path__, "radlite_tui.tui.")):
        for owner in vars(import_module(module)).values():
            if isinstance(owner, type) and issubclass(owner, DOMNode) and owner.__module__ == module:
                found[owner] = [Bound(owner, binding) for binding in own(owner)]
    order = list(PLACES)
    rank = {name: number for number, name in enumerate(order)}
    owners = sorted(found, key=lambda owner: (rank.get(owner.__name__, len(order)), owner.__name__))
    return tuple(bound for owner in owners for bound in found[owner])


def own(owner: type[DOMNode]) -> Iterator[Binding]:
    """The bindings a class defines itself."""
    for binding in owner.__dict__.get("BINDINGS", ()):
        if isinstance(binding, Binding):
            yield binding
        else:
            yield from Binding.make_bindings([binding])


def checked(asked: Mapping[str, str], bound: Iterable[Bound], origin: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """(the keymap that can be used, a sentence for each entry that cannot). origin: the file, for the sentences."""
    by_id = {one.id: one for one in bound}
    problems: list[str] = []
    wanted: dict[str, str] = {}
    for name, keys in asked.items():
        if name not in by_id:
            near = get_close_matches(name, list(by_id), n=1)
            hint = f"did you mean {near[0]}?" if near else "docs/keys.md lists them"
            problems.append(f"In {origin}, keys.{name} is no binding ({hint}).")
            continue
        wrong = [why for why in (unusable(key, by_id[name]) for key in keys.split(",")) if why]
        if wrong:
            problems.append(
                f"In {origin}, keys.{name} is {keys!r}: {wrong[0]}; its key stays {by_id[name].binding.key}."
            )
        else:
            wanted[name] = ",".join(keys_of(keys))
    return without_conflicts(wanted, by_id, problems, origin), tuple(problems)


def without_conflicts(
    wanted: Mapping[str, str], by_id: Mapping[str, Bound], problems: list[str], origin: str
) -> dict[str, str]:
    """The entries whose keys nothing else beside them has; each of the others adds a sentence to the problems."""
    kept = dict(wanted)
    while True:
        clash = next(
            (
                (name, other, key)
                for name in kept
                for other in by_id
                if other != name and by_id[name].beside(by_id[other])
                for key in keys_of(kept[name])
                if key in keys_of(kept.get(other, by_id[other].binding.key))
            ),
            None,
        )
        if clash is None:
            return kept
        name, other, key = clash
        del kept[name]
        problems.append(
            f"In {origin}, keys.{name} is {key!r}, which {other} has already; "
            f"its key stays {by_id[name].binding.key}, or give {other} another one."
        )


def unusable(key: str, bound: Bound) -> str:
    """Why a key cannot be taken for a binding, or nothing."""
    key = normal(key)
    head, _, last = key.rpartition("+")
    modifiers = [part for part in head.split("+") if part]
    if not last or any(modifier not in MODIFIERS for modifier in modifiers):
        return f'{key!r} is no key; write it as "ctrl+g", "alt+enter" or "f5"'
    if key in SAME_AS:
        return f"terminals send {key} as {SAME_AS[key]}"
    if len(last) > 1 and last not in NAMED and not known_character(last):
        return f"{last!r} is no key"
    if "ctrl" in modifiers and len(last) == 1 and not (last.isascii() and last.isalpha()):
        return f"most terminals cannot send {key}"
    if len(modifiers) > 1 and len(last) == 1:
        return f"most terminals cannot send {key}"
    plain = not modifiers and (len(last) == 1 or known_character(last))
    already = any(len(one) == 1 or known_character(one) for one in bound.keys)
    if plain and bound.typed_over and not already:
        return f"{key!r} could then not be typed"
    return ""


def known_character(name: str) -> bool:
    """Whether a long name such as "question_mark" stands for a character."""
    return "+" not in name and name not in NAMED and key_to_character(name) is not None
