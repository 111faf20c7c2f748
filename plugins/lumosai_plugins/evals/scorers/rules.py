"""Scorers that go by rules, without a model: the same answer has the same score, at no cost."""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any

from lumosai_plugins.evals.scorers.wanted import answer, share, texts, unfit, wanted
from lumosai_sdk.decorators import scorer
from lumosai_sdk.errors import InputError
from lumosai_sdk.jsontext import strict_json
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.scores import Sample, Score

_FENCE = re.compile(r"\A```(?:json)?[ \t]*\n(.*)\n```\Z", re.DOTALL)
_SPACE = re.compile(r"\s+")
# difflib is quadratic where texts repeat themselves.
_COMPARED = 4000
_LOOKED_AT = 200_000
_REFUSALS = (
    "i can't help", "i cannot help", "i can't assist", "i cannot assist", "i'm unable to", "i am unable to",
    "i won't be able to", "i'm not able to", "as an ai", "i cannot provide", "i can't provide", "i must decline",
)  # fmt: skip


def plain(text: str) -> str:
    """Return a text as it is compared: letters alike in all their forms, white space as one space."""
    return _SPACE.sub(" ", unicodedata.normalize("NFKC", text[:_LOOKED_AT])).strip().casefold()


class _Rule:
    """A scorer without settings."""

    def __init__(self, context: PluginContext) -> None:
        """Nothing is kept of the context."""


@scorer("evals.exact")
class Exact(_Rule):
    """Whether the answer is the expected one, white space and case aside; JSON is compared as values."""

    async def score(self, sample: Sample) -> Score:
        """Return 1 or 0."""
        if (want := answer(sample)) is None:
            return unfit("expected answer")
        same = plain(sample.output) == plain(want) or _same_json(sample.output, wanted(sample, "answer"))
        return Score(float(same), "the same" if same else f"expected {want[:200]!r}")


def _same_json(text: str, want: Any) -> bool:
    if isinstance(want, str):
        return False
    try:
        return bool(read_json(text) == want)
    except ValueError:
        return False


@scorer("evals.contains")
class Contains(_Rule):
    """The share of the expected texts the answer contains, white space and case aside."""

    async def score(self, sample: Sample) -> Score:
        """Return the share. Raises InputError for an expectation that is no text."""
        value = wanted(sample, "contains")
        value = answer(sample) if value is None else value
        if value is None:
            return unfit("expected texts")
        output = plain(sample.output)
        return _found(texts(value, "contains"), lambda t: plain(t) in output, "texts")


@scorer("evals.keywords")
class Keywords(_Rule):
    """The share of the expected keywords that stand in the answer as words of their own."""

    async def score(self, sample: Sample) -> Score:
        """Return the share. Raises InputError for an expectation that is no text."""
        if (value := wanted(sample, "keywords")) is None:
            return unfit("keywords")
        output = plain(sample.output)
        words = texts(value, "keywords")
        return _found(words, lambda w: re.search(rf"(?<!\w){re.escape(plain(w))}(?!\w)", output), "keywords")


def _found(wants: list[str], test: Any, what: str) -> Score:
    met = [w for w in wants if test(w)]
    return share(met, [w for w in wants if w not in met], what)


@scorer("evals.regex")
class Regex(_Rule):
    """Whether the answer matches the expected pattern, by an engine that takes linear time whatever it is fed."""

    async def score(self, sample: Sample) -> Score:
        """Return 1 or 0. Raises InputError for what is no pattern; there are no look-arounds and back-references."""
        if (pattern := wanted(sample, "regex")) is None:
            return unfit("pattern")
        if not isinstance(pattern, str):
            raise InputError("expected.regex must be a text")
        fits = bool(_matcher(pattern).is_valid(sample.output[:_LOOKED_AT]))
        return Score(float(fits), f"{'matches' if fits else 'does not match'} {pattern[:200]!r}")


@lru_cache(maxsize=64)
def _matcher(pattern: str) -> Any:
    return _compiled({"type": "string", "pattern": pattern}, f"expected.regex {pattern[:200]!r}")


@scorer("evals.json")
class Json(_Rule):
    """Whether the answer is JSON that fits the expected JSON Schema; without a schema, whether it is JSON."""

    async def score(self, sample: Sample) -> Score:
        """Return 1 or 0. Raises InputError for what is no schema."""
        try:
            value = read_json(sample.output)
        except ValueError as e:
            return Score(0.0, f"not JSON: {e}"[:500])
        if (schema := wanted(sample, "schema")) is None:
            return Score(1.0, "is JSON")
        found = _compiled(schema, "expected.schema").iter_errors(value)
        errors = [f"/{'/'.join(map(str, e.instance_path))}: {e.message}"[:300] for _, e in zip("123", found)]  # noqa: B905
        return Score(0.0 if errors else 1.0, "; ".join(errors) or "fits the schema", {"errors": errors})


def read_json(text: str) -> Any:
    """Return the value of an answer, of which the whole may stand in a fence. Raises ValueError."""
    text = text.strip()
    fenced = _FENCE.fullmatch(text)
    try:
        return strict_json(fenced[1] if fenced else text)
    except RecursionError:
        raise ValueError("nested too deep") from None


def _compiled(schema: Any, what: str) -> Any:
    import jsonschema_rs

    linear = jsonschema_rs.RegexOptions()
    try:
        return jsonschema_rs.Draft202012Validator(schema, pattern_options=linear, retriever=_refused)
    except (ValueError, TypeError, jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as e:
        raise InputError(f"{what} cannot be used: {str(e).splitlines()[0][:300]}") from None


def _refused(uri: str) -> Any:
    raise ValueError(f"references to other documents are not followed ({uri[:100]})")


@scorer("evals.similarity")
class Similarity(_Rule):
    """How much the answer's text is that of the expected one: the share of characters in common, in order."""

    async def score(self, sample: Sample) -> Score:
        """Return the similarity of the first 4,000 characters."""
        if (want := answer(sample)) is None:
            return unfit("expected answer")
        a, b = plain(sample.output)[:_COMPARED], plain(want)[:_COMPARED]
        ratio = 1.0 if a == b else await asyncio.to_thread(SequenceMatcher(None, a, b).ratio)
        return Score(ratio, f"{ratio:.0%} of the text is the same")


@scorer("evals.answered")
class Answered(_Rule):
    """Whether there is an answer at all: not an empty one, and none of the usual phrases of refusal."""

    async def score(self, sample: Sample) -> Score:
        """Return 1 or 0."""
        start = plain(sample.output.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'"))[:400]
        if not start:
            return Score(0.0, "the answer is empty")
        found = next((r for r in _REFUSALS if r in start), None)
        return Score(1.0, "answered") if found is None else Score(0.0, f"refused: {found!r}")


def as_json(value: Any) -> str:
    """Return a value as one line of JSON, keys sorted."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
