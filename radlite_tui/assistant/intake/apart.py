"""A document is read in a process of its own, with a limit on time and memory and no way to the network.

May import its siblings and `errors`; the libraries of the formats are imported in that process only. The process is
given the bytes, never a file name, and gives back what was taken, as JSON; whatever else happens to it is a sentence.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict
from importlib import import_module
from typing import Any

from radlite_tui.assistant.intake.taken import Taken
from radlite_tui.errors import BadInput

SECONDS = 30
MEMORY = 1 << 31
NAMES = {"pdf": "PDF", "docx": "Word document", "hl7": "HL7 message", "fhir": "FHIR resource", "dicom": "DICOM file"}
INSTALL = 'pip install "radlite-tui[formats]"'
START = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from radlite_tui.assistant.intake import apart; "
CLOSED = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork")
"""Audit events no parser has a reason for."""


def read(form: str, data: bytes, name: str, seconds: float = SECONDS) -> Taken:
    """What the format's module takes out of the bytes. Raises BadInput naming the file."""
    program = [sys.executable, "-I", "-c", START + "apart.main(sys.argv[2])", json.dumps(sys.path), form]
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    kind = NAMES[form]
    try:
        done = subprocess.run(program, input=data, capture_output=True, timeout=seconds, env=environment)
    except subprocess.TimeoutExpired as error:
        raise BadInput(
            f"{name} was not read after {seconds:.0f} s and was given up; it is damaged or made to take long, "
            "so give the report as plain text."
        ) from error
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        raise BadInput(
            f"{name} needs more memory or time than a report may, or stopped the {kind} reader; "
            "give the report as plain text."
        ) from error
    if "missing" in found:
        raise BadInput(f"{name} is a {kind} and the library to read it is not installed; install it with: {INSTALL}.")
    if "refused" in found:
        raise BadInput(f"{name} {found['refused']}")
    if "broken" in found:
        raise BadInput(f"{name} cannot be read as {kind} ({found['broken']}); it is damaged, so export it again.")
    return Taken(
        found["text"], found["format"], found["prior"], tuple(found["took"]), tuple(found["left_out"]), source=name
    )


def main(form: str) -> None:
    """In the process of its own: read standard input, write one JSON object."""
    limit()
    out = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)
    data = sys.stdin.buffer.read()
    json.dump(attempt(form, data), out, ensure_ascii=True)
    out.flush()
    os._exit(0)


def attempt(form: str, data: bytes) -> dict[str, Any]:
    """What was taken, or why nothing was, as an object."""
    try:
        module = import_module(f"radlite_tui.assistant.intake.{form}")
        sys.addaudithook(closed)
        return asdict(module.read(data))
    except ModuleNotFoundError as error:
        return {"missing": error.name}
    except BadInput as error:
        return {"refused": str(error)}
    except RecursionError:
        return {"refused": "is nested too deeply to be a report; export it again."}
    except MemoryError:
        return {"refused": "needs more memory than a report may; give the report as plain text."}
    except Exception as error:
        return {"broken": type(error).__name__}


def limit() -> None:
    """No more memory and processor time than a report needs, where the system can hold a process to it."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def closed(event: str, arguments: object) -> None:
    """Audit hook: no parser opens a connection or starts a program."""
    if event.startswith(CLOSED):
        raise PermissionError(event)
