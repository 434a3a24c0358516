"""A server on loopback that misbehaves as a test tells it to: real sockets, real HTTP, scripted answers."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme

WAIT_S = 20
AUTHORITY = trustme.CA()
"""Signs the certificates of encrypted connections; made anew with each run, and known to nobody else."""


@dataclass
class Asked:
    """One request that came in."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class Loopback:
    """The running server. asked: what came in; gone: set when a client went away while it was being answered."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    gone: threading.Event = field(default_factory=threading.Event)

    @property
    def answers(self) -> list[Asked]:
        """The requests for an answer, without those for the list of models."""
        return [one for one in self.asked if one.path.endswith("/chat/completions")]


class Line(BaseHTTPRequestHandler):
    """One connection, with what scripts say on it."""

    protocol_version = "HTTP/1.1"
    script: Callable[[Line, int], None]
    loopback: Loopback

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        self.loopback.asked.append(Asked(self.path, dict(self.headers), None))
        self.reply(200, {"object": "list", "data": [{"id": "some-model", "object": "model"}]})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.loopback.asked.append(Asked(self.path, dict(self.headers), body))
        try:
            type(self).script(self, len(self.loopback.answers))
        except OSError:
            self.loopback.gone.set()
            self.close_connection = True

    def reply(self, status: int, body: Any, kind: str = "application/json", **headers: str) -> None:
        """A whole answer; a text body goes out as it is."""
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    def begin(self) -> None:
        """The headers of a stream that ends with the connection."""
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream; charset=utf-8")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def raw(self, text: str) -> None:
        """Bytes of the stream, as one HTTP chunk."""
        data = text.encode()
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def event(self, chunk: Any) -> None:
        self.raw(f"data: {chunk if isinstance(chunk, str) else json.dumps(chunk)}\n\n")

    def end(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def stream(self, *texts: str, finish: str = "stop", **last: Any) -> None:
        """A whole, well-formed answer."""
        self.begin()
        for text in texts:
            self.event(said(text))
        self.event({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        if last:
            self.event({"choices": [], **last})
        self.event("[DONE]")
        self.end()

    def until_gone(self) -> None:
        """Say nothing more, and wait until the client goes away."""
        self.connection.settimeout(WAIT_S)
        if self.connection.recv(1) == b"":
            raise ConnectionResetError


def said(text: str, **more: Any) -> dict[str, Any]:
    """A chunk with a piece of the answer."""
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None, **more}]}


@contextmanager
def loopback(script: Callable[[Line, int], None], *, tls: bool = False) -> Iterator[Loopback]:
    """The server while it runs. script: called with the connection and the number, from 1, of the request on it."""
    handler = type("Scripted", (Line,), {"script": staticmethod(script)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        found = Loopback(f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}/v1")
        handler.loopback = found
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield found
        finally:
            server.shutdown()
            thread.join()
