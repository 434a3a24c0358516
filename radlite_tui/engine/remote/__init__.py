"""The engine on a server: any that speaks the OpenAI chat protocol. The only part of the program that opens a socket.

Only `assistant.wiring` may import it, and only when the settings name a server. May import `engine.protocol`,
`segments`, `errors` and httpx2.
"""

from radlite_tui.engine.remote.engine import RemoteEngine
from radlite_tui.engine.remote.server import Server

__all__ = ["RemoteEngine", "Server"]
