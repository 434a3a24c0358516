"""What may be imported where, proved in fresh processes: the linter sees text, these see what really loads."""

from __future__ import annotations

import subprocess
import sys

import pytest

TRAINING = ("torch", "transformers", "trl", "peft", "datasets", "sklearn", "finetune", "evals")


def loaded_after(code: str) -> set[str]:
    """Top-level modules in sys.modules after running code in a new interpreter."""
    program = f"{code}\nimport sys\nprint('\\n'.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)
    return set(done.stdout.split())


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
