"""The few exceptions RadLite raises on purpose; imports nothing.

Each carries one sentence for the user that names the file, key or value and says what to do. Front ends catch
`RadliteError` and print that sentence; any other exception is a bug and may show a traceback.
"""


class RadliteError(Exception):
    """The request failed; the message is one sentence for the user. Exit code 1."""

    exit_code = 1


class BadInput(RadliteError):
    """What the user gave cannot be used: an empty report, an unknown task, a file that is not text. Exit code 2."""

    exit_code = 2


class ModelUnavailable(RadliteError):
    """A model file is missing, truncated or fails its checksum. Exit code 3."""

    exit_code = 3


class ParseError(RadliteError):
    """A model's answer does not have the task's form. The message says what was expected."""
