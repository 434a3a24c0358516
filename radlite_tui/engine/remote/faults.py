"""What can go wrong between here and a server, each as one sentence that says what to do. Imports httpx2, no socket.

A `Fault` knows whether trying again may help, and whether what we asked for beyond the plain protocol may be why.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import httpx2

from radlite_tui.engine.protocol import Failed, Stats
from radlite_tui.engine.remote.server import Server

BUSY = (429, 502, 503, 504)
REFUSES_EXTRAS = (400, 422, 500, 501)
LONGEST_QUOTE = 200
LONGEST_WAIT_S = 30.0
"""Between two attempts, where the server does not ask for more."""

_TOO_LONG = re.compile(
    r"context (?:length|size|window)|maximum context|exceed\w* .*context|max_model_len", re.IGNORECASE
)
_TOO_LONG_CODES = ("context_length_exceeded", "exceed_context_size_error")
_CONTEXT = re.compile(r"context (?:length|size|window)\D{0,20}(\d+)|exceed context window of (\d+)", re.IGNORECASE)

Kind = Literal["too_long", "model", "server", "request"]


class Fault(Exception):
    """Why there is no (more) answer. passing: trying again may help, after `after` seconds if the server said so.
    extras: asking without what is beyond the plain protocol may help. model_missing: the server has no such model.
    detail: the server's own words. status: of its answer, 0 when that is not what went wrong.
    """

    def __init__(
        self,
        kind: Kind,
        message: str,
        *,
        passing: bool = False,
        after: float = 0.0,
        extras: bool = False,
        model_missing: bool = False,
        needed: int = 0,
        context: int = 0,
        detail: str = "",
        status: int = 0,
    ) -> None:
        super().__init__(message)
        self.kind: Kind = kind
        self.message = message
        self.passing = passing
        self.after = after
        self.extras = extras
        self.model_missing = model_missing
        self.needed, self.context = needed, context
        self.detail, self.status = detail, status

    def failed(self, text: str, stats: Stats) -> Failed:
        """The event it becomes, with the text there was."""
        return Failed(self.kind, self.message, text, stats, self.needed, self.context)


def of_transport(error: Exception, server: Server) -> Fault:
    """A connection that could not be made, or broke."""
    causes, host = list(_causes(error)), server.host
    tls = [cause for cause in causes if isinstance(cause, ssl.SSLError)]
    names = [cause for cause in causes if isinstance(cause, socket.gaierror)]
    if tls and isinstance(error, httpx2.ConnectError):
        return Fault("server", _of_tls(tls, host))
    if names:
        passing = any(cause.errno == socket.EAI_AGAIN for cause in names)
        message = f"The name of the server {host} is not known here; check engine.openai.url."
        return Fault("server", message, passing=passing)
    if isinstance(error, httpx2.ConnectTimeout):
        message = f"The server {host} took no connection within {server.patience_s:g} s; check engine.openai.url."
        return Fault("server", message, passing=True)
    if isinstance(error, httpx2.ConnectError):
        message = f"The server {host} refuses connections; start it, or check engine.openai.url."
        return Fault("server", message, passing=True)
    if isinstance(error, httpx2.TimeoutException):
        message = f"The server {host} sent nothing for {server.timeout_s:g} s; see engine.openai.timeout_s."
        return Fault("server", message)
    broken = isinstance(error, httpx2.NetworkError) or re.search("disconnected|peer closed", str(error))
    if not broken:
        return Fault("server", f"What {host} sent is not HTTP as it should be; check engine.openai.url.")
    return Fault("server", f"The server {host} broke off before the answer was complete; ask again.", passing=True)


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """An exception and everything it came from."""
    while error is not None:
        yield error
        for one in getattr(error, "exceptions", ()):
            yield from _causes(one)
        error = error.__cause__ or error.__context__


def _of_tls(errors: list[ssl.SSLError], host: str) -> str:
    for error in errors:
        if isinstance(error, ssl.SSLCertVerificationError):
            why = str(error.verify_message).rstrip(".")
            return f"The certificate of {host} is not trusted ({why}); name its authority in engine.openai.ca_file."
    return f"{host} makes no encrypted connection as it should; check engine.openai.url (https or http) and the server."


async def wait(fault: Fault, server: Server, tried: int) -> None:
    """Wait before another attempt: longer each time, never all at the same moment, as long as the server asks.

    Raises Fault when it asks for more than `longest_wait_s`.
    """
    if fault.after > server.longest_wait_s:
        raise Fault("server", f"The server {server.host} asks to wait {fault.after:.0f} s; ask again then.") from fault
    ours = min(server.first_wait_s * 2**tried, LONGEST_WAIT_S) * random.uniform(0.5, 1.0)
    await asyncio.sleep(max(fault.after, ours))


def of_status(status: int, headers: Mapping[str, str], body: bytes, server: Server, asked: str) -> Fault:
    """An answer that is no 200. asked: the address that gave it."""
    detail, error = _detail(body)
    host, said = server.host, f": {detail}" if detail else ""
    if too_long(status, error, detail):
        return of_length(error, detail, host)
    if status in (401, 403):
        message = (
            f"The server {host} does not let us in ({status}); check the key that engine.openai.key_env points to."
        )
        return Fault("server", message, status=status)
    if status == 404:
        message = f"The server {host} has nothing at {asked} (404{said}); check engine.openai.url."
        return Fault("server", message, model_missing="model" in detail.lower(), detail=detail, status=status)
    if 300 <= status < 400:
        place = headers.get("location", "elsewhere")[:LONGEST_QUOTE]
        return Fault(
            "server", f"The server {host} sends us on to {place}; put the final address into engine.openai.url."
        )
    if status in BUSY:
        message = f"The server {host} is busy or not ready ({status}{said}); ask again later."
        return Fault("server", message, passing=True, after=retry_after(headers.get("retry-after", "")))
    message = f"The server {host} could not answer ({status}{said}); its log says more."
    missing = error.get("code") == "model_not_found"
    extras = status in REFUSES_EXTRAS
    return Fault("server", message, extras=extras, model_missing=missing, detail=detail, status=status)


def of_chunk(error: Any, server: Server) -> Fault:
    """An error that came in the stream instead of more of the answer."""
    table = error if isinstance(error, dict) else {"message": str(error)}
    detail = _quoted(str(table.get("message", "")))
    if too_long(0, table, detail):
        return of_length(table, detail, server.host)
    said = f": {detail}" if detail else ""
    return Fault("server", f"The server {server.host} stopped with an error{said}.", extras=True, detail=detail)


def of_garbage(server: Server, what: str) -> Fault:
    """A 200 that holds no chat completion."""
    return Fault("server", f"What {server.host} sent is no chat completion ({what}); check engine.openai.url.")


def of_silence(server: Server) -> Fault:
    """A 200 that ended before it began: servers that fail after their headers are out do that."""
    message = (
        f"The server {server.host} ended its answer before it began; its log says why "
        "(a prompt longer than its context is the usual reason)."
    )
    return Fault("server", message, extras=True)


def too_long(status: int, error: Mapping[str, Any], detail: str) -> bool:
    """Whether a refusal is about the prompt's length."""
    coded = error.get("code") in _TOO_LONG_CODES or error.get("type") in _TOO_LONG_CODES
    return coded or status == 413 or (status in (0, 400, 500) and _TOO_LONG.search(detail) is not None)


def of_length(error: Mapping[str, Any], detail: str, host: str) -> Fault:
    """Too long a prompt, with the counts the server gave, 0 for those it did not."""
    found = _CONTEXT.search(detail)
    context = error.get("n_ctx") or int(next((one for one in found.groups() if one), 0) if found else 0)
    counts = [int(number) for number in re.findall(r"\d+", detail)]
    needed = error.get("n_prompt_tokens") or max((one for one in counts if one != context), default=0)
    if not (isinstance(needed, int) and isinstance(context, int) and 0 < context <= needed):
        needed = context = 0
    message = f"The prompt is too long for the server {host}; shorten the report or choose a mode without examples."
    return Fault("too_long", message, needed=needed, context=context, detail=detail)


def retry_after(value: str) -> float:
    """Seconds that a Retry-After header asks for, given as seconds or as a date; 0 when it says nothing."""
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _detail(body: bytes) -> tuple[str, Mapping[str, Any]]:
    """(what the server says, its error object), from the shapes servers use; a page of HTML says nothing."""
    try:
        table = json.loads(body)
    except (ValueError, RecursionError):
        return "", {}
    table = table if isinstance(table, dict) else {}
    error = table.get("error")
    error = error if isinstance(error, dict) else {**table, "message": error} if isinstance(error, str) else table
    message = error.get("message") or error.get("detail") or ""
    if isinstance(message, list):  # what is wrong with each field; the rest would repeat the request, report and all
        message = "; ".join(f"{one.get('loc')} {one.get('msg')}" for one in message if isinstance(one, dict))
    return _quoted(message) if isinstance(message, str) else "", error


def _quoted(text: str) -> str:
    """A server's words, to stand in a sentence of ours."""
    text = " ".join(text.split()).rstrip(".")
    return text if len(text) <= LONGEST_QUOTE else f"{text[: LONGEST_QUOTE - 3]}..."
