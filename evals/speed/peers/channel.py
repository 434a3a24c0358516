"""A peer's end of its pipe: settings come in, then commands, one JSON object a line; one reply to each.

Standard library only. Whatever native code prints goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

Command = Callable[..., Mapping[str, Any]]


def serve(build: Callable[[Mapping[str, Any]], Mapping[str, Command]]) -> None:
    """Make the peer from its settings, then answer commands until the pipe closes.

    A command is {"do": NAME, and its arguments}; what goes wrong comes back as {"error": SENTENCE}.
    """
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    try:
        commands = build(json.loads(sys.stdin.readline()))
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), file=replies)
        return
    print(json.dumps({"ready": True}), file=replies)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = commands[request.pop("do")](**request)
        except Exception as error:
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=replies)
