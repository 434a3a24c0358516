"""Whether several people share this machine or this account's files, which decides if saving is off to begin with.

The rule, by what the system tells: the terminal is at the other end of a network (SSH); or more than one person can log
in (accounts of people with a login shell, or accounts that come from a directory, whose number is not known); or the
home folder lies on a network's disk. Where the system does not tell, the machine counts as shared. Imports the standard
library only; looks, and changes nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from radlite_tui.assistant.ssh import over_ssh

FIRST_PERSON, LAST_PERSON = 1000, 60_000
"""User numbers of people, as login.defs and systemd have them; 500 on macOS."""
NO_LOGIN = ("nologin", "false", "sync", "halt", "shutdown")
DIRECTORIES = ("sss", "ldap", "winbind", "nis", "nisplus")
NETWORK_DISKS = (
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "afs", "9p", "ceph", "fuse.ceph", "glusterfs",
    "fuse.glusterfs", "lustre", "gpfs", "beegfs", "davfs", "webdav", "afpfs",
)  # fmt: skip


@dataclass(frozen=True)
class Account:
    """One line of the user table."""

    name: str
    number: int
    shell: str


@dataclass(frozen=True)
class Machine:
    """What the rule looks at. accounts: None where there is no user table; sources: where accounts come from;
    mounts: (mount point, file system) pairs; me: this user's number."""

    environment: Mapping[str, str] = field(default_factory=dict)
    accounts: tuple[Account, ...] | None = ()
    sources: tuple[str, ...] = ()
    mounts: tuple[tuple[str, str], ...] = ()
    home: Path = Path("/")
    me: int = 0
    first_person: int = FIRST_PERSON


def here() -> Machine:
    """This machine."""
    return (
        Machine(
            environment=os.environ,
            accounts=accounts(),
            sources=sources(read(Path("/etc/nsswitch.conf"))),
            mounts=mounts(read(Path("/proc/mounts"))),
            home=Path.home(),
            me=os.getuid() if hasattr(os, "getuid") else 0,
            first_person=500 if os.uname().sysname == "Darwin" else FIRST_PERSON,
        )
        if hasattr(os, "uname")
        else Machine(environment=os.environ, accounts=None, home=Path.home())
    )


def reasons(machine: Machine) -> tuple[str, ...]:
    """Why this machine counts as shared, a clause each; empty when one person uses it."""
    found = []
    if over_ssh(machine.environment):
        found.append("it is used over SSH")
    if machine.accounts is None:
        found.append("the system does not say who can log in")
    else:
        others = people(machine)
        if len(others) > 1:
            found.append(f"{len(others)} people can log in")
    directories = sorted(set(machine.sources) & set(DIRECTORIES))
    if directories:
        found.append(f"accounts come from a directory ({', '.join(directories)})")
    disk = on_network(machine.home, machine.mounts)
    if disk:
        found.append(f"the home folder is on a network's disk ({disk})")
    return tuple(found)


def people(machine: Machine) -> set[int]:
    """The numbers of those who can log in as people, this user among them."""
    return {machine.me} | {
        account.number
        for account in machine.accounts or ()
        if machine.first_person <= account.number <= LAST_PERSON and can_log_in(account.shell)
    }


def can_log_in(shell: str) -> bool:
    return Path(shell).name not in NO_LOGIN if shell else True


def on_network(path: Path, mounts: Iterable[tuple[str, str]]) -> str:
    """The network file system a folder lies on, or nothing."""
    inside = [(point, kind) for point, kind in mounts if path == Path(point) or Path(point) in path.parents]
    kind = max(inside, key=lambda mount: len(Path(mount[0]).parts))[1] if inside else ""
    return kind if kind in NETWORK_DISKS else ""


def accounts() -> tuple[Account, ...] | None:
    """The user table, or None where the system has none."""
    try:
        import pwd
    except ImportError:
        return None
    return tuple(Account(one.pw_name, one.pw_uid, one.pw_shell) for one in pwd.getpwall())


def sources(nsswitch: str) -> tuple[str, ...]:
    """Where accounts come from, by the system's name service table."""
    for line in nsswitch.splitlines():
        name, _, rest = line.partition("#")[0].partition(":")
        if name.strip() == "passwd":
            return tuple(word for word in rest.split() if not word.startswith("["))
    return ()


def mounts(table: str) -> tuple[tuple[str, str], ...]:
    """(mount point, file system) of every line of /proc/mounts."""
    rows = [line.split() for line in table.splitlines()]
    return tuple((row[1].replace(r"\040", " "), row[2]) for row in rows if len(row) > 2)


def read(path: Path) -> str:
    """A system table; empty where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
