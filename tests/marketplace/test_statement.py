from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.statement import MAX_BYTES, PAYLOAD, PLUGIN, PUBLISH, PluginFacts, Statement

FILE, DIGEST = "acme_weather-1.0-py3-none-any.whl", "ab" * 32
FACTS = PluginFacts("weather", "1.0", "wasm", ">=1.0,<2", {"http": ["GET https://a.example/*"]}, "cd" * 32, ("http",))


def test_a_statement_is_read_as_it_was_written() -> None:
    for made in (Statement(FILE, DIGEST, PUBLISH), Statement(FILE, DIGEST, PLUGIN, FACTS.to_json())):
        assert Statement.decode(PAYLOAD, made.encode()) == made


@pytest.mark.parametrize("facts", [FACTS, PluginFacts("a", "1", "python", ">=1", repository="https://a", commit="c")])
def test_so_are_the_facts(facts: PluginFacts) -> None:
    assert PluginFacts.from_json(json.loads(json.dumps(facts.to_json()))) == facts


def test_it_is_about_one_file() -> None:
    made = Statement(FILE, DIGEST, PUBLISH)
    made.check(FILE, DIGEST)
    for filename, digest in ((FILE, "00" * 32), ("other-1.0-py3-none-any.whl", DIGEST)):
        with pytest.raises(RefusedError) as e:
            made.check(filename, digest)
        assert e.value.rule == "signature.subject"


def _changed(**fields: Any) -> bytes:
    return json.dumps({**json.loads(Statement(FILE, DIGEST, PUBLISH).encode()), **fields}).encode()


SUBJECT = {"name": FILE, "digest": {"sha256": DIGEST}}


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 10_000,
        b"{" + b'"a":1,' * 30_000 + b'"b":1}',
        b" " * (MAX_BYTES + 1),
        _changed(_type="https://in-toto.io/Statement/v0.1"),
        _changed(subject=[]),
        _changed(subject=[SUBJECT, SUBJECT]),
        _changed(subject=[{"name": FILE, "digest": {"sha256": DIGEST, "sha1": "00"}}]),
        _changed(subject=[{"name": FILE, "digest": {"sha256": DIGEST.upper()}}]),
        _changed(subject=[{"name": 1, "digest": {"sha256": DIGEST}}]),
        _changed(predicateType=None),
        _changed(predicate=[]),
    ],
    ids=range(14),
)
def test_anything_else_is_refused(payload: bytes) -> None:
    with pytest.raises(RefusedError) as e:
        Statement.decode(PAYLOAD, payload)
    assert e.value.rule == "signature.statement"


def test_so_is_another_payload_type() -> None:
    with pytest.raises(RefusedError):
        Statement.decode("text/plain", Statement(FILE, DIGEST, PUBLISH).encode())


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_no_predicate_breaks_anything(data: Any) -> None:
    with contextlib.suppress(RefusedError):
        PluginFacts.from_json(data)
