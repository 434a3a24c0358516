"""What ships inside the package: complete, within its size, and what its manifests say."""

from __future__ import annotations

from radlite_tui.models.store import EMBEDDED, Store
from radlite_tui.routing.models import PACKAGED, read
from radlite_tui.tasks import TAGS


def test_two_architectures_ship_and_match_their_checksums() -> None:
    models = [model for model in Store().list() if model.embedded]
    assert {model.architecture for model in models} == {"qwen2", "qwen3"}
    for model in models:
        Store().verify(model.name, again=True)
        assert model.demonstration
        assert "Not for clinical use" in model.description


def test_the_embedded_models_stay_within_forty_megabytes() -> None:
    assert sum(path.stat().st_size for path in EMBEDDED.rglob("*") if path.is_file()) <= 40_000_000


def test_every_task_has_a_measured_route_to_an_embedded_model() -> None:
    routes = read(PACKAGED)
    names = {model.name for model in Store().list() if model.embedded}
    assert set(TAGS) <= set(routes)
    for tag in TAGS:
        assert routes[tag].model in names
        assert routes[tag].n > 0
