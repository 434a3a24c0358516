"""An engine, a store and routes without weights, for tests of everything that stands on the assistant.

`assistant()` joins them. The engine answers with the first worked example of the task it is asked, so every task
parses; script another answer by task, a failure, or a `step` to wait in, to hold a request where a test needs it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from radlite_tui import tasks
from radlite_tui.assistant.assistant import Assistant
from radlite_tui.engine.protocol import (
    Cancelled,
    Done,
    Event,
    Failed,
    Loading,
    ModelFiles,
    Prefill,
    Request,
    Stats,
    Token,
)
from radlite_tui.errors import BadInput
from radlite_tui.models.manifest import Manifest, ModelFile
from radlite_tui.routing.models import Choice
from radlite_tui.routing.task import route_task, split_tag
from radlite_tui.routing.types import Routing
from radlite_tui.segments import Form, Prompt, Spans, Text
from radlite_tui.tasks.base import Mode

MODELS = ("radlite-nano-qwen2", "radlite-nano-qwen3")
SURE = 0.8


class ScriptedEngine:
    """Speaks `engine.protocol.Engine`. One word a token; four characters a prompt token.

    answers: task tag -> answer text. failed: ends every request with this event after the text so far.
    step: called before each token with its index; a test may block in it, or call `cancel`.
    """

    def __init__(
        self,
        answers: Mapping[str, str] | None = None,
        failed: Failed | None = None,
        step: Callable[[int], None] | None = None,
    ) -> None:
        self.answers = dict(answers or {})
        self.failed = failed
        self.step = step
        self.requests: list[Request] = []
        self.read_ahead: list[Request] = []
        self.readings_stopped = 0
        self.closed = False
        self._cancel = threading.Event()

    def generate(self, request: Request) -> Iterator[Event]:
        self._cancel.clear()
        self.requests.append(request)
        size = self.count(request.model, request.prompt)
        stats = Stats(prompt_tokens=size, prefill_s=0.1, prefill_tok_s=size / 0.1, context=request.model.context)
        if size > request.model.context:
            yield Failed("too_long", "The prompt does not fit.", needed=size, context=request.model.context)
            return
        yield Loading(Path(request.model.weights).name)
        yield Prefill(0, size)
        yield Prefill(size, size)
        text, choices = self.written(request)
        said, words = "", re.findall(r"\S+\s*|\s+", text)
        for index, word in enumerate(words[: request.max_tokens]):
            if self.step is not None:
                self.step(index)
            if self._cancel.is_set():
                yield Cancelled(said, stats)
                return
            said += word
            yield Token(word)
            seconds = 0.1 * (index + 1)
            stats = Stats(
                prompt_tokens=size,
                completion_tokens=index + 1,
                prefill_s=0.1,
                decode_s=seconds,
                first_token_s=0.2,
                total_s=0.1 + seconds,
                prefill_tok_s=size / 0.1,
                decode_tok_s=10.0,
                context=request.model.context,
            )
            yield stats
        if self.failed is not None:
            yield Failed(self.failed.kind, self.failed.message, said, stats, self.failed.needed, self.failed.context)
            return
        yield Done(said, "stop" if len(words) <= request.max_tokens else "length", stats, choices)

    def written(self, request: Request) -> tuple[str, tuple[Mapping[str, float], ...]]:
        """The scripted answer; for a form, the form filled with it, and each choice's probabilities."""
        prompt = "".join(segment.text for segment in request.prompt if isinstance(segment, Text))
        tag = re.findall(r"\[TASK: (\w+)\]", prompt)[-1]
        answer = self.answers.get(tag, tasks.get(tag).examples[0].answer)
        form = request.form
        if form is None or any(isinstance(part, Spans) for part in form):
            return answer, ()
        return fill(form, answer)

    def read(self, request: Request) -> Iterator[Event]:
        self.read_ahead.append(request)
        size = self.count(request.model, request.prompt)
        yield Prefill(size, size)
        yield Done("", "stop", Stats(prompt_tokens=size, context=request.model.context))

    def stop_reading(self) -> None:
        self.readings_stopped += 1

    def cancel(self) -> None:
        self._cancel.set()

    def count(self, model: ModelFiles, prompt: Prompt) -> int:
        return sum(len(segment.text) // 4 + 1 if isinstance(segment, Text) else 1 for segment in prompt)

    def close(self) -> None:
        self.closed = True


def fill(form: Form, answer: str) -> tuple[str, tuple[Mapping[str, float], ...]]:
    """The form with, at each choice, the longest string the answer goes on with (or the first)."""
    text, rest = "", answer
    choices: list[Mapping[str, float]] = []
    for part in form:
        if isinstance(part, str):
            text, rest = text + part, rest.removeprefix(part)
            continue
        fitting = [choice for choice in part if rest.startswith(choice)]
        chosen = max(fitting, key=len) if fitting else part[0]
        others = (1 - SURE) / max(len(part) - 1, 1)
        choices.append({choice: SURE if choice == chosen else others for choice in part})
        text, rest = text + chosen, rest.removeprefix(chosen)
    return text, tuple(choices)


class ScriptedStore:
    """Two demonstration models with made-up files; nothing is read from disk."""

    def __init__(self, context: int = 4096) -> None:
        self.context = context

    def names(self) -> tuple[str, ...]:
        return MODELS

    def manifest(self, name: str) -> Manifest:
        if name not in MODELS:
            raise BadInput(f"Unknown model {name!r}; use one of {', '.join(MODELS)}.")
        architecture = name.rsplit("-", 1)[-1]
        base = ModelFile("base", Path(f"/models/{name}.gguf"), "b" * 64, 9_000_000, "Q8_0")
        adapter = ModelFile("adapter", Path(f"/models/{name}-lora.gguf"), "a" * 64, 900_000, "F16")
        return Manifest(name, name, architecture, self.context, (base, adapter), demonstration=True, embedded=True)

    def checking(self, name: str, mode: Mode) -> Iterator[tuple[str, int, int]]:
        return iter(())

    def files(self, name: str, mode: Mode) -> ModelFiles:
        manifest = self.manifest(name)
        adapter = str(manifest.files[1].path) if mode.tuned else None
        return ModelFiles(str(manifest.files[0].path), adapter, manifest.context)


class ScriptedRoutes:
    """A task by its first word in a short list; fine-tuned mode; extraction on the second model."""

    WORDS: Mapping[str, str] = {
        "birads": "rads_assignment",
        "impression": "impression_generation",
        "changed": "temporal_comparison",
        "entities": "radiology_ner",
        "abnormalities": "abnormality_detection",
        "nodes": "n_staging",
        "metastasis": "m_staging",
        "entail": "radiology_nli",
        "hello": "chat",
        "what": "radiology_qa",
    }

    def warm(self) -> None:
        pass

    def task(self, words: str, explicit: str | None) -> Routing:
        if explicit is not None or split_tag(words)[0] is not None:
            return route_task(words, explicit)
        low = words.lower()
        for word, tag in self.WORDS.items():
            if word in low:
                return Routing(tag, 0.98, "classifier", (("radiology_qa", 0.01),), f"because: {word!r}", 0.0001)
        return Routing(None, 0.46, "classifier", (("n_staging", 0.46), ("m_staging", 0.41)), "not sure", 0.0001)

    def choose(self, task: str, model: str | None, mode: Mode | None) -> Choice:
        routed = MODELS[task in ("radiology_ner", "abnormality_detection", "temporal_comparison")]
        return Choice(model or routed, mode or Mode.FINE_TUNED, "scripted route")


def assistant(engine: ScriptedEngine | None = None, context: int = 4096) -> Assistant:
    """An assistant over the scripted engine, store and routes."""
    return Assistant(engine or ScriptedEngine(), ScriptedStore(context), ScriptedRoutes())
