"""Doing an experiment: some items at a time, each run recorded, each result kept when it is there.

What was cut off goes on where it was: results that are kept are not made again, nor are runs that were completed.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lumosai_plugins.evals.experiments import Experiment, Experiments
from lumosai_plugins.evals.items import Item
from lumosai_sdk.errors import ConflictError, LumosError, NotFoundError
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.models import NO_USAGE, Usage
from lumosai_sdk.types.runs import RunRequest
from lumosai_sdk.types.scores import Sample, Score
from lumosai_sdk.types.services import TrustedServices

KEPT = 20_000
_REASON = 2000
_DETAILS = 64 * 1024
_ATTEMPTS = 20

Result = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a run: the text and messages of a completed one, or the error of another."""

    run_id: str
    text: str = ""
    messages: tuple[Message, ...] = ()
    usage: Usage = NO_USAGE
    seconds: float = 0.0
    error: Mapping[str, Any] | None = None


class Trial:
    """An experiment that is being done."""

    def __init__(
        self, services: TrustedServices, experiment: Experiment, items: Sequence[Item], timeout: float
    ) -> None:
        self._services = services
        self._experiment = experiment
        self._items = items
        self._timeout = timeout
        self._kept = Experiments(services.kv())

    async def run(self, concurrency: int, told: Callable[[Result], None]) -> list[Result]:
        """Make the results that are missing, and return all. Raises LumosError when they cannot be kept."""
        done = await self._kept.done(self._experiment)
        left = iter([p for p in range(len(self._items)) if p not in done])
        for result in await self._kept.results(self._experiment):
            told(result)
        async with asyncio.TaskGroup() as group:
            for _ in range(max(1, min(concurrency, len(self._items) - len(done)))):
                group.create_task(self._work(left, told))
        return await self._kept.results(self._experiment)

    async def _work(self, left: Iterator[int], told: Callable[[Result], None]) -> None:
        for place in left:
            result = await self._result(place)
            await self._kept.put_result(self._experiment, place, result)
            told(result)

    async def _result(self, place: int) -> Result:
        item = self._items[place]
        answer = await self._answer(item, f"{self._experiment.id}-{place:05d}")
        scores: dict[str, Any] = {}
        if answer.error is None:
            sample = sample_of(item, answer)
            scores = {s: await scored(self._services, s, sample, self._timeout) for s in self._experiment.scorers}
        out: Result = {
            "item": item.id,
            "input": item.input[:KEPT],
            "expected": item.expected,
            "output": answer.text[:KEPT],
            "run_id": answer.run_id,
            "seconds": round(answer.seconds, 6),
            "usage": answer.usage.to_json(),
            "scores": scores,
        }
        return out if answer.error is None else {**out, "error": dict(answer.error)}

    async def _answer(self, item: Item, base: str) -> Answer:
        for attempt in range(1, _ATTEMPTS):
            run_id = base if attempt == 1 else f"{base}-{attempt}"
            try:
                record = await self._services.find_run(run_id)
            except NotFoundError:
                return await self._asked(item, run_id)
            if record.status == "completed":
                messages, seconds = record.messages, record.updated_at - record.created_at
                return Answer(run_id, record.text, messages, record.usage, max(seconds, 0.0))
        raise ConflictError(f"the run {base!r} was begun {_ATTEMPTS} times and never completed")

    async def _asked(self, item: Item, run_id: str) -> Answer:
        started = time.perf_counter()
        metadata = {"experiment": self._experiment.id, "item": item.id}
        request = RunRequest(self._experiment.agent, item.input, run_id=run_id, metadata=metadata)
        try:
            result = await self._services.run(request)
        except LumosError as e:
            return Answer(run_id, seconds=time.perf_counter() - started, error=e.to_json())
        seconds = time.perf_counter() - started
        if result.status != "completed":
            error = {"code": result.status, "message": "the run waits for a person, and nobody is there"}
            return Answer(run_id, result.text, result.messages, result.usage, seconds, error)
        return Answer(run_id, result.text, result.messages, result.usage, seconds)


def sample_of(item: Item, answer: Answer) -> Sample:
    """Return what is scored; without a context of the item's own, what tools told is what the answer was drawn from."""
    context = item.context or tool_texts(answer.messages)
    return Sample(item.input, answer.text, item.expected, context, answer.messages, item.metadata)


def tool_texts(messages: Sequence[Message]) -> tuple[str, ...]:
    """Return what tools told in a run, as far as a judge may be shown it."""
    return tuple(m.text for m in messages if m.role == "tool")[:64]


async def scored(services: TrustedServices, scorer: str, sample: Sample, timeout: float) -> dict[str, Any]:  # noqa: ASYNC109 - the host keeps it
    """Return a score as it is kept; a scorer that fails leaves its error, and the others go on."""
    try:
        score = await services.score(scorer, sample, timeout)
        return {"value": _value(score), "reason": str(score.reason)[:_REASON], "details": _details(score)}
    except LumosError as e:
        return {"value": None, "error": e.to_json()}
    except (TypeError, ValueError, AttributeError, RecursionError) as e:
        return {"value": None, "error": {"code": "plugin_error", "message": f"{scorer!r} gave no score: {e}"[:500]}}


def _value(score: Score) -> float | None:
    """Return a score's value. Raises ValueError, TypeError for one there is not."""
    if score.value is None:
        return None
    if not 0 <= score.value <= 1:
        raise ValueError(f"{score.value!r} is not from 0 to 1")
    return float(score.value)


def _details(score: Score) -> dict[str, Any]:
    """Return the details, if they are no larger than is kept. Raises ValueError, TypeError for what is no JSON."""
    text = json.dumps(dict(score.details), allow_nan=False)
    found: dict[str, Any] = json.loads(text) if len(text) <= _DETAILS else {}
    return found
