"""One open history file: private, upgraded, checked; a connection that several threads may share.

May import sqlite3 and its siblings `steps`, `faults`, `places` and `sharing`. Every error comes out as `HistoryFault`.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from radlite_tui import private_files
from radlite_tui.assistant.history import faults, places, sharing, steps
from radlite_tui.errors import RadliteError

PATIENCE_S = 5.0


class Connection:
    """write: make the file where there is none, and upgrade it; else it is opened as it is and must be there.

    `path` is fixed. Raises HistoryFault; a damaged file is left where it is.
    """

    def __init__(self, path: Path, *, write: bool) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            self._open = prepare(path) if write else opened(path)
        except (sqlite3.Error, OSError) as error:
            raise faults.fault(error, path) from error

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection, for this thread alone meanwhile."""
        with self._lock:
            try:
                yield self._open
            except (sqlite3.Error, OSError) as error:
                raise faults.fault(error, self.path) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction: on disk when this returns, undone when anything raises."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    def checkpoint(self) -> None:
        """Put what was written into the file itself, and empty what SQLite keeps beside it, as far as nobody reads."""
        with self.reading() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def check(self) -> None:
        """Raises HistoryFault when the file is damaged anywhere."""
        with self.reading() as connection:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise sqlite3.DatabaseError(f"malformed: {' '.join(found.split())}")

    def close(self) -> None:
        with self._lock, suppress(sqlite3.Error):
            self._open.close()


def prepare(path: Path) -> sqlite3.Connection:
    """The file to write to, in a private folder, with the newest schema."""
    places.make_private(path.parent)
    private_files.touch(path)
    connection = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False)
    try:
        refuse_newer(connection, path)
        mounts = sharing.mounts(sharing.read(Path("/proc/mounts")))
        journal = "TRUNCATE" if sharing.on_network(path.absolute(), mounts) else "WAL"
        connection.execute(f"PRAGMA journal_mode = {journal}").fetchall()
        connection.execute("PRAGMA synchronous = NORMAL" if journal == "WAL" else "PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON").fetchall()
        connection.execute("PRAGMA foreign_keys = ON")
        steps.upgrade(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def opened(path: Path) -> sqlite3.Connection:
    """The file as it is: to write where the system lets us, else to read."""
    if not path.exists():
        raise FileNotFoundError(2, "it is not there", str(path))
    try:
        return prepare(path)
    except (sqlite3.OperationalError, RadliteError, OSError) as error:
        if isinstance(error, faults.HistoryFault):
            raise
    return read_only(path)


def read_only(path: Path) -> sqlite3.Connection:
    """A file that cannot be written; one with an older schema cannot be read then."""
    for how in ("mode=ro", "mode=ro&immutable=1"):
        uri = f"{path.absolute().as_uri()}?{how}"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
        try:
            refuse_newer(connection, path)
            if steps.version(connection) < steps.VERSION:
                raise faults.HistoryFault(f"{path} is from an older RadLite and cannot be written; make it writable.")
            return connection
        except sqlite3.OperationalError:
            connection.close()
        except BaseException:
            connection.close()
            raise
    raise sqlite3.OperationalError("unable to open database file")


def refuse_newer(connection: sqlite3.Connection, path: Path) -> None:
    found = steps.version(connection)
    if found > steps.VERSION:
        raise faults.newer(path, found, steps.VERSION)
