"""The ensemble: label probabilities of a closed answer averaged over every model at hand.

May import `tasks`, `engine.protocol` and its siblings. Only for tasks with a form; must never be passed off as one
model: its stamp and its answer name every member.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from radlite_tui import tasks
from radlite_tui.assistant import planning, reading
from radlite_tui.assistant.ports import Store
from radlite_tui.assistant.types import Answer, ModelStamp, Plan
from radlite_tui.engine.protocol import Cancelled, Done, Engine, Event, Failed, Stats, Token
from radlite_tui.errors import RadliteError
from radlite_tui.segments import Form

Choices = tuple[Mapping[str, float], ...]


def run(plan: Plan, members: Sequence[Plan], store: Store, engine: Engine) -> Iterator[Event | Answer]:
    """The members' progress one after the other, then the averaged text, `Done` and the Answer.

    A cancelled or failed member ends it: an average over fewer models is not what was asked.
    """
    form = tasks.get(planning.decided(plan)[0]).form()
    assert form is not None
    votes: list[Choices] = []
    stamps: list[ModelStamp] = []
    total = Stats()
    for member in members:
        _, model, mode = planning.decided(member)
        stamps.append(reading.stamp(store.manifest(model), mode))
        yield from planning.checking(member, store)
        for event in engine.generate(planning.request(member, store, constrained=True)):
            if isinstance(event, Failed):
                yield event
                raise reading.error(event, member)
            if isinstance(event, Cancelled):
                yield Cancelled("", add(total, event.stats))
                yield reading.build(plan, joined(stamps), Cancelled("", add(total, event.stats)))
                return
            if isinstance(event, Done) and not event.choices:
                raise RadliteError(f"{model} gave no label probabilities to average; name one model.")
            if isinstance(event, Done):
                votes.append(event.choices)
                total = add(total, event.stats)
            elif not isinstance(event, (Token, Stats)):
                yield event
    choices = average(votes)
    text = written(form, choices)
    done = Done(text, "stop", total, choices)
    yield Token(text, total.completion_tokens)
    yield done
    answer = reading.build(plan, joined(stamps), done, choices)
    yield replace(answer, extra={"members": [stamp.json() for stamp in stamps]})


def average(votes: Sequence[Choices]) -> Choices:
    """The mean probability of each string, choice by choice; every member answered the same form."""
    return tuple(
        {label: sum(vote.get(label, 0.0) for vote in same) / len(same) for label in same[0]}
        for same in zip(*votes, strict=True)
    )


def written(form: Form, choices: Choices) -> str:
    """The form filled with the likeliest string of each choice."""
    left = iter(choices)
    parts: list[str] = []
    for part in form:
        if isinstance(part, str):
            parts.append(part)
        else:
            odds = next(left)
            parts.append(max(odds, key=lambda label: odds[label]))
    return "".join(parts)


def joined(stamps: Sequence[ModelStamp]) -> ModelStamp:
    """One stamp that names all members."""
    adapters = [stamp.adapter_sha256 for stamp in stamps if stamp.adapter_sha256]
    return ModelStamp(
        name=planning.ENSEMBLE,
        title=" + ".join(stamp.title for stamp in stamps),
        sha256="+".join(stamp.sha256 for stamp in stamps),
        adapter_sha256="+".join(adapters) or None,
        quantization="+".join(dict.fromkeys(stamp.quantization for stamp in stamps)),
        demonstration=any(stamp.demonstration for stamp in stamps),
    )


def add(a: Stats, b: Stats) -> Stats:
    """Two requests run one after the other, as one: tokens and seconds add up, rates are of the sums."""
    fresh = a.prompt_tokens - a.cached_tokens + b.prompt_tokens - b.cached_tokens
    prefill, decode = a.prefill_s + b.prefill_s, a.decode_s + b.decode_s
    tokens = a.completion_tokens + b.completion_tokens
    return Stats(
        prompt_tokens=a.prompt_tokens + b.prompt_tokens,
        cached_tokens=a.cached_tokens + b.cached_tokens,
        completion_tokens=tokens,
        prefill_s=prefill,
        decode_s=decode,
        first_token_s=a.total_s + b.first_token_s,
        total_s=a.total_s + b.total_s,
        prefill_tok_s=fresh / prefill if prefill else 0.0,
        decode_tok_s=tokens / decode if decode else 0.0,
        load_s=a.load_s + b.load_s,
        context=max(a.context, b.context),
    )
