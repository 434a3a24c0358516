"""`radlite-tui models list|show|verify`: which models there are, what they are, and whether their files are right."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from typing import Any

from radlite_tui.cli.output import emit, narrate, say
from radlite_tui.cli.progress import Ticker
from radlite_tui.errors import BadInput, ModelUnavailable
from radlite_tui.models import verify
from radlite_tui.models.manifest import Manifest, ModelFile
from radlite_tui.models.store import Store, modes


def run(arguments: Namespace) -> int:
    """List, show or verify; gives the exit code."""
    store = Store()
    chosen = [store.get(name) for name in dict.fromkeys(arguments.names)] or list(store.list())
    if arguments.action == "show" and not arguments.names:
        raise BadInput(f"Name a model to show: {', '.join(m.name for m in chosen) or 'there is none'}.")
    for problem in store.problems():
        narrate(problem)
    if arguments.action == "verify":
        return verify_all(store, chosen, as_json=arguments.json)
    described = [describe(store, manifest, full=arguments.action == "show") for manifest in chosen]
    if arguments.json:
        shown: Any = {"models": described, "problems": list(store.problems())}
        emit(described[0] if arguments.action == "show" and len(described) == 1 else shown, pretty=True)
    elif arguments.action == "show":
        for model in described:
            print_model(model)
    else:
        print_list(described)
    if not chosen:
        narrate(f"No model is installed; the models folder is {store.folder}.")
        return ModelUnavailable.exit_code
    return 0


def describe(store: Store, manifest: Manifest, *, full: bool) -> dict[str, Any]:
    """A model as an object; full adds its files' checksums and paths."""
    states = store.states(manifest.name)
    model: dict[str, Any] = {
        "name": manifest.name,
        "title": manifest.title,
        "architecture": manifest.architecture,
        "context": manifest.context,
        "modes": [str(mode) for mode in modes(manifest)],
        "embedded": manifest.embedded,
        "demonstration": manifest.demonstration,
        "bytes": sum(file.size for file in manifest.files),
        "problems": [state.problem for state in states if state.problem],
        "verified": all(state.verified for state in states),
    }
    if full:
        model |= {
            "description": manifest.description,
            "licence": manifest.licence,
            "maker": manifest.maker,
            "manifest": str(manifest.source) if manifest.source else None,
            "layout": manifest.layout.order,
            "files": [
                file_json(state.file) | {"problem": state.problem, "verified": state.verified} for state in states
            ],
        }
    return model


def file_json(file: ModelFile) -> dict[str, Any]:
    return {
        "role": file.role,
        "path": str(file.path),
        "sha256": file.sha256,
        "bytes": file.size,
        "quantization": file.quantization,
    }


def size(count: int) -> str:
    """Bytes for reading, in powers of ten as disks are sold."""
    return f"{count / 1e9:.2f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def state(model: dict[str, Any]) -> str:
    if model["problems"]:
        return "damaged or missing"
    return "verified" if model["verified"] else "not verified yet"


def print_list(models: Sequence[dict[str, Any]]) -> None:
    """One model a line."""
    for model in models:
        kind = "demonstration" if model["demonstration"] else "embedded" if model["embedded"] else "imported"
        parts = (model["architecture"], size(model["bytes"]), f"{model['context']} tokens", kind, state(model))
        say(f"{model['name']}: {', '.join(parts)}")
        for problem in model["problems"]:
            say(f"  {problem}")


def print_model(model: dict[str, Any]) -> None:
    """Everything a manifest says."""
    print_list([model])
    for key in ("title", "description", "licence", "maker", "manifest", "layout"):
        if model[key]:
            say(f"  {key}: {model[key]}")
    say(f"  modes: {', '.join(model['modes'])}")
    for file in model["files"]:
        say(f"  {file['role']}: {file['path']} ({file['quantization']}, {size(file['bytes'])})")
        say(f"    SHA-256 {file['sha256']}")


def verify_all(store: Store, chosen: Sequence[Manifest], *, as_json: bool) -> int:
    """Every file's size, magic and SHA-256, computed anew; a bad one does not hide the next."""
    results, ticker = [], Ticker()
    for manifest in chosen:
        for file in manifest.files:
            problem, what = "", f"verifying {manifest.name} {file.path.name}"
            try:
                for done in verify.steps(file, store.memory, again=True):
                    ticker.step(what, done, file.size)
            except ModelUnavailable as error:
                problem = str(error)
                narrate(problem)
            results.append({"model": manifest.name, **file_json(file), "ok": not problem, "problem": problem})
    failed = any(not result["ok"] for result in results) or bool(store.problems()) or not results
    if as_json:
        emit({"ok": not failed, "files": results, "problems": list(store.problems())}, pretty=True)
    else:
        for result in results:
            say(f"{'ok' if result['ok'] else 'FAILED'}  {result['model']} {result['role']} {result['sha256'][:12]}")
    if not results:
        narrate("There is no model to verify.")
    return ModelUnavailable.exit_code if failed else 0
