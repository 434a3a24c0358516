"""Which server is asked, and how patiently. Imports nothing of RadLite."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Server:
    """A server that speaks the OpenAI chat protocol.

    url: its base, such as "http://127.0.0.1:8080/v1". model: the served name; None takes the only one. key: sent as a
    bearer token, never shown. timeout_s: longest silence, seconds. connect_s: longest wait for a connection. retries:
    further attempts when it is away or busy. parallel: requests in flight at most. ca_file: PEM file of its authority.
    first_wait_s: seconds before the first further attempt, doubled for each one after; longest_wait_s: what a server
    may ask us to wait at most.
    """

    url: str
    model: str | None = None
    key: str | None = field(default=None, repr=False)
    timeout_s: float = 120.0
    connect_s: float = 10.0
    retries: int = 3
    parallel: int = 8
    ca_file: str | None = None
    first_wait_s: float = 0.5
    longest_wait_s: float = 60.0

    @property
    def host(self) -> str:
        """Host and port, for sentences."""
        return urlsplit(self.url).netloc

    @property
    def patience_s(self) -> float:
        """The longest wait for a connection, which is never longer than that for anything else."""
        return min(self.connect_s, self.timeout_s)

    @property
    def root(self) -> str:
        """The address without its `/v1`: where servers put what is theirs alone."""
        return self.url.removesuffix("/v1")
