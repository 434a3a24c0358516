"""`radlite-tui`: reads the command line, runs one command, turns what went wrong into a sentence and an exit code.

May import its siblings, `errors` and, late, whatever the command needs, so that `--help` and `route` start at once.
Must never print a traceback for what a user can cause.
"""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Sequence
from importlib import import_module

from radlite_tui.cli.arguments import COMMANDS, parse
from radlite_tui.cli.output import narrate
from radlite_tui.errors import BadInput, RadliteError

INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line; gives its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = run(parse(list(sys.argv[1:] if argv is None else argv)))
        sys.stdout.flush()
        return code
    except RadliteError as error:
        narrate(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        narrate("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return RadliteError.exit_code
    except OSError as error:
        narrate(f"{error.filename or 'A file or the output'} cannot be used: {error.strerror or error}.")
        return RadliteError.exit_code


def run(arguments: Namespace) -> int:
    """Import the command's module and run it; no command is the app."""
    if arguments.command is None:
        from radlite_tui.cli.app import run as run_app

        return run_app(arguments)
    if arguments.command not in COMMANDS:
        raise BadInput(f"Unknown command {arguments.command!r}; use one of {', '.join(COMMANDS)}.")
    code: int = import_module(f"radlite_tui.cli.{arguments.command}").run(arguments)
    return code
