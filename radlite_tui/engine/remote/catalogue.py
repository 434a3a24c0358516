"""What a server tells besides answers: which models it serves, and how many tokens a prompt is.

May import its siblings and httpx2. Only asks; whatever a server does not tell is said to be unknown, never estimated.
"""

from __future__ import annotations

from typing import Any

import httpx2

from radlite_tui.engine.remote import faults
from radlite_tui.engine.remote.server import Server
from radlite_tui.engine.remote.turns import chatml, turns
from radlite_tui.segments import Prompt

NOT_COUNTED = "The server {host} does not tell how many tokens a prompt has."


async def models(server: Server, client: httpx2.AsyncClient) -> list[str]:
    """The names of the served models. Raises Fault."""
    table = await _asked(server, client, "GET", f"{server.url}/models")
    listed = table.get("data")
    if not isinstance(listed, list):
        raise faults.of_garbage(server, "its list of models has no data")
    return [one["id"] for one in listed if isinstance(one, dict) and isinstance(one.get("id"), str)]


async def only_model(server: Server, client: httpx2.AsyncClient) -> str:
    """The name of the one model that is served. Raises Fault where there are several, or none."""
    names = await models(server, client)
    if len(names) == 1:
        return names[0]
    if not names:
        raise faults.Fault("model", f"The server {server.host} serves no model; start it with one.")
    listed = ", ".join(names[:20])
    raise faults.Fault("model", f"The server {server.host} serves {listed}; name one in engine.openai.model.")


async def explained(fault: faults.Fault, server: Server, client: httpx2.AsyncClient, model: str) -> faults.Fault:
    """The fault with the models there are, when it is that the asked one is not served."""
    if not fault.model_missing:
        return fault
    try:
        names = ", ".join((await models(server, client))[:20]) or "none"
    except faults.Fault:
        return fault
    message = f"The server {server.host} has no model {model}; it serves {names} (engine.openai.model)."
    return faults.Fault("model", message)


async def count(server: Server, client: httpx2.AsyncClient, model: str, prompt: Prompt) -> int:
    """The prompt's length in tokens. Raises Fault where the server has no tokeniser to ask.

    One request serves vLLM, which templates the messages, and llama-server, which takes the text of the ChatML template
    and obeys its control tokens; llama-cpp-python's server has an address of its own.
    """
    asked = turns(prompt)
    text = chatml(asked)
    messages = [turn.message() for turn in asked]
    body = {"model": model, "messages": messages, "content": text, "add_special": False, "parse_special": True}
    for address, content in (
        (f"{server.root}/tokenize", body),
        (f"{server.root}/extras/tokenize/count", {"model": model, "input": text}),
    ):
        try:
            table = await _asked(server, client, "POST", address, content)
        except faults.Fault as fault:
            if fault.status in (404, 405, 422):
                continue
            raise
        tokens = table.get("tokens")
        found = table.get("count") or (len(tokens) if isinstance(tokens, list) else 0)
        if isinstance(found, int) and found > 0:
            return found
    raise faults.Fault("server", NOT_COUNTED.format(host=server.host))


async def _asked(
    server: Server, client: httpx2.AsyncClient, method: str, address: str, body: dict[str, Any] | None = None
) -> dict[str, Any]:
    """The JSON object at an address, asked for again while the server is away. Raises Fault."""
    for tried in range(server.retries + 1):
        try:
            return await _once(server, client, method, address, body)
        except faults.Fault as fault:
            if not fault.passing or tried == server.retries:
                raise
            await faults.wait(fault, server, tried)
    raise AssertionError("the last attempt returns or raises")


async def _once(
    server: Server, client: httpx2.AsyncClient, method: str, address: str, body: dict[str, Any] | None
) -> dict[str, Any]:
    try:
        response = await client.request(method, address, json=body)
    except httpx2.HTTPError as error:
        raise faults.of_transport(error, server) from error
    if response.status_code != 200:
        raise faults.of_status(response.status_code, response.headers, response.content, server, address)
    try:
        table = response.json()
    except (ValueError, RecursionError) as error:
        raise faults.of_garbage(server, "it is not JSON") from error
    if not isinstance(table, dict):
        raise faults.of_garbage(server, "it is no object")
    return table
