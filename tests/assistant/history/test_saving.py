"""Whether saving is on: the documented rule on machines of every kind, the user's choice, the settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from radlite_tui.assistant.history import places, saving, sharing
from radlite_tui.assistant.history.sharing import Account, Machine
from radlite_tui.errors import BadInput, RadliteError
from radlite_tui.settings import HistorySettings, Settings

SERVICES = (
    Account("root", 0, "/bin/bash"),
    Account("sync", 4, "/bin/sync"),
    Account("www-data", 33, "/usr/sbin/nologin"),
    Account("nobody", 65534, "/usr/sbin/nologin"),
    Account("systemd-oom", 1001, "/sbin/nologin"),
)
ANN, BOB = Account("ann", 1000, "/bin/bash"), Account("bob", 1002, "/usr/bin/fish")
OWN = Machine(
    environment={"TERM": "xterm"},
    accounts=(*SERVICES, ANN),
    sources=("files", "systemd"),
    mounts=(("/", "ext4"), ("/media/share", "nfs4")),
    home=Path("/home/ann"),
    me=1000,
)


def test_one_person_at_their_own_machine_is_not_sharing() -> None:
    assert sharing.reasons(OWN) == ()


@pytest.mark.parametrize(
    ("machine", "why"),
    [
        (replace(OWN, environment={"SSH_CONNECTION": "10.0.0.1 1 10.0.0.2 22"}), "over SSH"),
        (replace(OWN, environment={"SSH_TTY": "/dev/pts/1"}), "over SSH"),
        (replace(OWN, accounts=(*SERVICES, ANN, BOB)), "2 people can log in"),
        (replace(OWN, me=0), "2 people can log in"),
        (replace(OWN, me=70_000), "2 people can log in"),
        (replace(OWN, sources=("files", "sss")), "from a directory (sss)"),
        (replace(OWN, mounts=(("/", "ext4"), ("/home", "nfs4"))), "network's disk (nfs4)"),
        (replace(OWN, mounts=(("/", "ext4"), ("/home/ann", "fuse.sshfs"))), "network's disk (fuse.sshfs)"),
        (replace(OWN, accounts=None), "does not say who can log in"),
    ],
)
def test_what_makes_a_machine_shared(machine: Machine, why: str) -> None:
    assert why in " and ".join(sharing.reasons(machine))


def test_a_network_disk_under_a_local_home_does_not_count() -> None:
    assert sharing.on_network(Path("/home/ann"), (("/", "ext4"), ("/home", "nfs"), ("/home/ann", "xfs"))) == ""
    assert sharing.on_network(Path("/home/anna"), (("/", "ext4"), ("/home/ann", "nfs"))) == ""


def test_this_machine_s_tables_can_be_read() -> None:
    machine = sharing.here()
    assert machine.accounts
    assert machine.mounts
    assert machine.me in sharing.people(machine)


def test_tables_of_the_system_are_read_as_they_are_written() -> None:
    table = "# sources\npasswd:  files sss [!NOTFOUND=return] systemd # all\ngroup: files ldap\n"
    assert sharing.sources(table) == ("files", "sss", "systemd")
    assert sharing.mounts("srv:/home /home\\040dir nfs4 rw 0 0\n") == (("/home dir", "nfs4"),)


def test_the_rule_decides_where_nothing_else_does(tmp_path: Path) -> None:
    chosen = HistorySettings(folder=str(tmp_path / "none"))
    assert saving.decide(chosen, OWN).on
    decided = saving.decide(chosen, replace(OWN, environment={"SSH_TTY": "x"}))
    assert not decided.on
    assert decided.sentence == "Saving is off: this machine counts as shared, since it is used over SSH."


def test_a_choice_goes_before_the_rule_and_the_settings_before_the_choice(tmp_path: Path) -> None:
    chosen = HistorySettings(folder=str(tmp_path / "history"))
    saving.remember(Settings(history=chosen), False)
    assert saving.decide(chosen, OWN) == saving.Saving(False, "choice", "chosen with `history off`")
    saving.remember(Settings(history=chosen), True)
    assert saving.decide(chosen, replace(OWN, me=0)).on
    fixed = replace(chosen, saving="off")
    assert saving.decide(fixed, OWN).by == "settings"
    with pytest.raises(BadInput, match=r'history\.saving is "off", which goes before; change it there'):
        saving.remember(Settings(history=fixed), True)
    assert (places.folder(chosen).stat().st_mode & 0o777) == 0o700


def test_a_choice_that_cannot_be_read_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "saving").write_bytes(b"\xff\xfe")
    assert saving.decide(HistorySettings(folder=str(tmp_path)), OWN).by == "rule"


def test_a_choice_that_cannot_be_kept_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(RadliteError, match="cannot be used"):
        saving.remember(Settings(history=HistorySettings(folder=str(tmp_path / "file" / "history"))), True)
