"""Whether this terminal is at the other end of a network. Imports the standard library only."""

from __future__ import annotations

from collections.abc import Mapping

SSH = ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")


def over_ssh(environment: Mapping[str, str]) -> bool:
    """As sshd tells the programs it starts."""
    return any(environment.get(name) for name in SSH)
