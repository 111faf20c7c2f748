"""What an item expects, for the scorer that asks.

``expected`` is the right answer itself, or an object that says for several scorers what they go by: all of its keys are
then among ``KEYS``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lumosai_sdk.errors import InputError
from lumosai_sdk.types.scores import Sample, Score

KEYS = frozenset({"answer", "contains", "regex", "schema", "keywords", "instructions", "tools", "trajectory"})
_MOST = 256


def unfit(what: str) -> Score:
    """Return the score of a sample that lacks what a scorer goes by."""
    return Score(None, f"the item has no {what}")


def wanted(sample: Sample, key: str) -> Any:
    """Return what the sample expects under *key*; ``answer`` is also an expectation without any keys."""
    expected = sample.expected
    if isinstance(expected, Mapping) and expected and expected.keys() <= KEYS:
        return expected.get(key)
    return expected if key == "answer" else None


def answer(sample: Sample) -> str | None:
    """Return the right answer as text, if there is one."""
    found = wanted(sample, "answer")
    return found if found is None or isinstance(found, str) else json.dumps(found, ensure_ascii=False, sort_keys=True)


def texts(value: Any, key: str) -> list[str]:
    """Return one text or a list of them as a list. Raises InputError for anything else."""
    found = [value] if isinstance(value, str) else value
    if not isinstance(found, list | tuple) or not all(isinstance(t, str) for t in found) or len(found) > _MOST:
        raise InputError(f"expected.{key} must be a text or at most {_MOST} texts")
    return [t for t in found if t.strip()]


def share(met: list[str], missed: list[str], what: str) -> Score:
    """Return the share that was met, naming what was not."""
    total = len(met) + len(missed)
    if not total:
        return unfit(what)
    reason = f"missing {what}: {', '.join(missed)}"[:1000] if missed else f"{total} of {total} {what} found"
    return Score(len(met) / total, reason, {"found": met, "missing": missed})
