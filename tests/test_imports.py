"""What may be imported where, proved in fresh processes: the linter sees text, these see what really loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

TRAINING = ("torch", "transformers", "trl", "peft", "datasets", "sklearn", "finetune", "evals")


def modules_after(code: str) -> set[str]:
    """Modules in sys.modules after running code in a new interpreter."""
    program = f"{code}\nimport sys\nprint('\\n' + '\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    return set(done.stdout.split())


def loaded_after(code: str) -> set[str]:
    """The top-level ones of them."""
    return {name.split(".")[0] for name in modules_after(code)}


@pytest.mark.parametrize(
    "module",
    [
        "radlite_tui.tasks",
        "radlite_tui.routing.intent",
        "radlite_tui.models.store",
        "radlite_tui.engine.local",
        "radlite_tui.assistant.assistant",
        "radlite_tui.cli.main",
    ],
)
def test_headless_modules_import_no_textual(module: str) -> None:
    assert "textual" not in loaded_after(f"import {module}")


def test_every_task_loads_without_textual_or_llama_cpp() -> None:
    loaded = loaded_after("from radlite_tui import tasks\nfor tag in (*tasks.TAGS, tasks.CHAT): tasks.get(tag)")
    assert not loaded & {"textual", "llama_cpp", "numpy"}


def test_the_app_imports_no_training_library() -> None:
    loaded = loaded_after("import radlite_tui.tui.app, radlite_tui.tui.application")
    assert "textual" in loaded
    assert not loaded & set(TRAINING)


def test_a_route_without_running_loads_neither_textual_nor_llama_cpp() -> None:
    code = "from radlite_tui.cli.main import main\ntry: main(['route', 'birads?', '--json'])\nexcept SystemExit: pass"
    assert not loaded_after(code) & {"textual", "llama_cpp", *TRAINING}


FIRST_PAINT = """
import radlite_tui.cli.main, radlite_tui.cli.app, radlite_tui.tui.app
from radlite_tui.tui.application import RadliteApp
def painted(app):
    shown = "\\n".join("".join(part.text for part in line) for line in app.screen._compositor.render_strips())
    assert "Paste a report" in shown and "SAVING" in shown and "^K list" in shown and "Not for" in shown, shown
    app.exit()
RadliteApp.wake = painted
app = RadliteApp()
app.run(headless=True, size=(120, 40))
assert app.return_code == 0
"""
FIRST_SCREEN = {"read", "read_again", "read_running", "read_planning", "read_parts", "small"}
HEAVY = {"numpy", "sqlite3", "llama_cpp", "markdown_it", "tomllib", "tomli", "cryptography", "multiprocessing", "json"}


def test_the_first_screen_is_painted_before_anything_it_does_without_is_imported() -> None:
    modules = modules_after(FIRST_PAINT)
    below = ("assistant.", "engine", "models", "routing", "tasks")
    modules -= {f"radlite_tui.assistant.{name}" for name in ("ssh", "history", "history.endings")}  # import nothing
    assert not sorted(name for name in modules if name.startswith(tuple(f"radlite_tui.{part}" for part in below)))
    screens = "radlite_tui.tui.screens."
    assert {name.removeprefix(screens) for name in modules if name.startswith(screens)} == FIRST_SCREEN
    assert not modules & {*HEAVY, *TRAINING}


NETWORK = {"httpx2", "httpcore2", "h11", "anyio"}
ASKS = """
import os, pathlib, sys, tempfile
os.environ["RADLITE_CONFIG"] = os.path.join(tempfile.mkdtemp(), "config.toml")
sockets = []
sys.addaudithook(lambda name, _: sockets.append(name) if name.startswith("socket.") else None)
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.assistant.types import Ask
from radlite_tui.tasks.report import Report
assistant = Assistant.create()
answer = assistant.ask(Ask(Report("No enlarged nodes."), task="n_staging"))
assistant.close()
assert answer.text and answer.model.sha256
assert not sockets, sockets
assert not [name for name in sys.modules if name.startswith("radlite_tui.engine.remote")]
"""


def test_an_answer_on_this_machine_opens_no_socket_and_loads_no_network_code() -> None:
    assert not loaded_after(ASKS) & NETWORK


def test_settings_that_name_a_server_connect_to_nobody_until_something_is_asked() -> None:
    code = (
        "import os\n"
        "os.environ.update(RADLITE_ENGINE_KIND='openai', RADLITE_ENGINE_OPENAI_URL='http://127.0.0.1:9/v1')\n"
        "from radlite_tui.cli.main import main\ntry: main(['route', 'birads?', '--json'])\nexcept SystemExit: pass"
    )
    assert not loaded_after(code) & NETWORK
