"""What the command contract says of an answer object; shared by the tests of the assistant and of the commands."""

ANSWER_KEYS = {
    "task",
    "routing",
    "model",
    "mode",
    "text",
    "parsed",
    "output",
    "warnings",
    "stats",
    "finish",
    "seed",
    "version",
}
