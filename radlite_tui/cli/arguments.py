"""The command line as argparse sees it. Imports nothing heavy: it runs before anything else.

Values that only the assistant can judge (task, model and mode names) are passed on as they were typed.
"""

from __future__ import annotations

from argparse import ArgumentParser, BooleanOptionalAction, Namespace, RawDescriptionHelpFormatter

from radlite_tui import NOT_FOR_CLINICAL_USE, __version__

COMMANDS = {
    "ask": "one answer about a report",
    "route": "what would run, without running it",
    "compare": "the same request in several modes and models",
    "batch": "a worklist, one JSON object a line",
    "models": "the models at hand: list, show, verify",
    "history": "conversations that were kept: status, on, off, list, search, show, replay, export, purge",
    "config": "settings and where each came from: show, path, check, schema",
    "doctor": "this machine: terminal, processor, memory, models, and what will be slow",
}
DESCRIPTION = "Ask small language models about radiology reports, on this machine's processor."
APP = "With no command: radlite-tui [FILE] [--plain] opens the app, with a report if one is named."
EXITS = "Exit codes: 0 done, 1 failed, 2 bad usage or input, 3 model missing or damaged, 130 interrupted."


def parse(argv: list[str]) -> Namespace:
    """The command line, with `command` None for the app. Exits 2 with a usage line when it makes no sense."""
    first = next((word for word in argv if not word.startswith("-")), None)
    if first in COMMANDS or (first is None and ("-h" in argv or "--help" in argv)):
        return commands().parse_args(argv)
    return app().parse_args(argv)


def app() -> ArgumentParser:
    parser = ArgumentParser("radlite-tui", description=f"{DESCRIPTION} Commands: {', '.join(COMMANDS)}.", epilog=EXITS)
    version(parser)
    parser.add_argument("file", nargs="?", metavar="FILE", help="a report to open")
    parser.add_argument("--plain", action="store_true", help="line mode: no full screen, for screen readers and pipes")
    parser.set_defaults(command=None)
    return parser


def version(parser: ArgumentParser) -> None:
    parser.add_argument("--version", action="version", version=f"radlite-tui {__version__}. {NOT_FOR_CLINICAL_USE}.")


def commands() -> ArgumentParser:
    parser = ArgumentParser(
        "radlite-tui",
        description=f"{DESCRIPTION} {NOT_FOR_CLINICAL_USE}.\n\n{APP}",
        epilog=EXITS,
        formatter_class=RawDescriptionHelpFormatter,
    )
    version(parser)
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, help_text in COMMANDS.items():
        sub = subparsers.add_parser(name, help=help_text, description=help_text[0].upper() + help_text[1:] + ".")
        BUILDERS[name](sub)
    return parser


def request(parser: ArgumentParser) -> None:
    """What every request shares: words, report, task."""
    parser.add_argument("words", nargs="*", metavar="WORDS", help="what you want, in your own words")
    parser.add_argument("--report", metavar="FILE", help="the report; - for standard input")
    parser.add_argument("--prior", metavar="FILE", help="an earlier report of the same patient")
    parser.add_argument("--task", default="auto", metavar="TAG", help="a task by its tag; auto (the default) routes")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="for sampling (default 0)")


def choice(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        default="auto",
        metavar="NAME",
        help="a model, auto, or ensemble (averages closed labels over models)",
    )
    parser.add_argument(
        "--mode", default="auto", metavar="MODE", help="zero-shot, few-shot, fine-tuned, fine-tuned+few-shot or auto"
    )


def max_tokens(parser: ArgumentParser) -> None:
    parser.add_argument("--max-tokens", type=int, metavar="N", help="answer tokens at most (default: the task's)")


def formats(parser: ArgumentParser, jsonl: str = "") -> None:
    group = parser.add_mutually_exclusive_group()
    group.add_argument("--json", action="store_true", help="one JSON object on standard output")
    if jsonl:
        group.add_argument("--jsonl", action="store_true", help=jsonl)


def ask(parser: ArgumentParser) -> None:
    request(parser)
    choice(parser)
    max_tokens(parser)
    parser.add_argument(
        "--constrained",
        action=BooleanOptionalAction,
        default=True,
        help="decode closed answers over their labels (default), or let the model write freely",
    )
    private(parser)
    formats(parser, "the events as they come, one JSON object a line, the answer last")


def private(parser: ArgumentParser) -> None:
    parser.add_argument("--private", action="store_true", help="do not keep it, also where saving is on")


def route(parser: ArgumentParser) -> None:
    request(parser)
    choice(parser)
    formats(parser, "one line; with - as WORDS: a request a line in, a route a line out")


def compare(parser: ArgumentParser) -> None:
    request(parser)
    max_tokens(parser)
    parser.add_argument(
        "--modes", metavar="LIST", help="modes with commas (default zero-shot,few-shot,fine-tuned) or all"
    )
    parser.add_argument("--models", metavar="LIST", help="models with commas (default: the routed one) or all")
    parser.add_argument("--expect", metavar="ANSWER", help="the answer you hold to be right")
    private(parser)
    formats(parser)


def batch(parser: ArgumentParser) -> None:
    parser.add_argument(
        "input", metavar="IN", help='JSONL lines {"id", "text" or "file", "prior"?, "words"?, "task"?}, or .csv'
    )
    parser.add_argument("output", metavar="OUT", help="JSONL, an ask object with its id a line")
    parser.add_argument("--task", default="auto", metavar="TAG", help="for lines that name none")
    choice(parser)
    max_tokens(parser)
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--parallel", type=int, default=1, metavar="N", help="requests in flight at once (default 1)")
    parser.add_argument("--resume", action="store_true", help="go on where OUT ends; nothing is written twice")
    parser.add_argument(
        "--history", action="store_true", help="keep every line as a conversation too; saving must be on"
    )


def models(parser: ArgumentParser) -> None:
    parser.add_argument("action", choices=("list", "show", "verify"))
    parser.add_argument("names", nargs="*", metavar="NAME", help="models (default: all)")
    formats(parser)


def history(parser: ArgumentParser) -> None:
    actions = ["status", "on", "off", "list", "search", "show", "replay", "export", "rename", "delete", "purge"]
    parser.add_argument("action", choices=actions, metavar="ACTION", help=", ".join(actions))
    parser.add_argument(
        "names", nargs="*", metavar="ID", help="a conversation (12), its third question (12.3), or words to look for"
    )
    parser.add_argument("--limit", type=int, default=0, metavar="N", help="of list and search: so many at most")
    parser.add_argument(
        "--format", choices=("markdown", "json", "plain"), help="of export (default: by --out's ending)"
    )
    parser.add_argument("--out", metavar="FILE", help="of export: a new file, for you alone (default: standard output)")
    parser.add_argument("--all", action="store_true", help="of export and purge: every conversation")
    parser.add_argument("--older-than", type=float, metavar="DAYS", help="of purge: untouched for so many days")
    parser.add_argument("--yes", action="store_true", help="of delete and purge: do not ask")
    formats(parser)


def config(parser: ArgumentParser) -> None:
    parser.add_argument("action", choices=("show", "path", "check", "schema"))
    parser.add_argument("--markdown", action="store_true", help="of schema: a table to read instead of JSON schema")
    formats(parser)


def doctor(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--probe",
        nargs="?",
        const="",
        metavar="NAME",
        help="first measure which settings make a model (default: every large one) fastest here; half a minute each",
    )
    formats(parser)


BUILDERS = {
    "ask": ask,
    "route": route,
    "compare": compare,
    "batch": batch,
    "models": models,
    "history": history,
    "config": config,
    "doctor": doctor,
}
