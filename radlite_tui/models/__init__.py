"""Which models there are, where their files lie and whether they are the right ones.

`Store` lists, gets and verifies; `engine_files` turns a model and a mode into what the engine is given. May import
`tasks`, `engine.protocol` and `errors`; loads no weights, opens no socket.
"""

from radlite_tui.models.manifest import Manifest, ModelFile
from radlite_tui.models.store import Store, engine_files, modes

__all__ = ["Manifest", "ModelFile", "Store", "engine_files", "modes"]
