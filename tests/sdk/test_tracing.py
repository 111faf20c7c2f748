"""W3C trace context, read from strangers (https://www.w3.org/TR/trace-context/)."""

from __future__ import annotations

import pytest

from lumosai_sdk.types.trace import OUTGOING, Trace, read_trace, trace_headers

ID, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{ID}-{SPAN}-01"


def test_a_header_is_read_and_written() -> None:
    trace = read_trace(PARENT, "a=1, b@vendor=x y ,\tc=z")
    assert trace is not None
    assert (trace.trace_id, trace.span_id, trace.flags) == (ID, SPAN, 1)
    assert trace.headers() == {"traceparent": PARENT, "tracestate": "a=1,b@vendor=x y,c=z"}


@pytest.mark.parametrize("later", [f"cc-{ID}-{SPAN}-01", f"cc-{ID}-{SPAN}-01-what-will-be"])
def test_a_version_to_come_is_read_as_far_as_it_is_known(later: str) -> None:
    assert read_trace(later) == Trace(PARENT)


@pytest.mark.parametrize(
    "parent",
    [
        "",
        PARENT[:-1],
        PARENT + "0",
        PARENT + "-",
        PARENT + "\n",
        f" {PARENT}",
        PARENT.upper(),
        f"ff-{ID}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{ID}-{'0' * 16}-01",
        f"00-{ID[:-1]}g-{SPAN}-01",
        f"cc-{ID}-{SPAN}-01.x",
        f"cc-{ID}-{SPAN}-01-" + "x" * 1000,
        PARENT.replace("0", "\u0660"),
    ],
)
def test_what_is_none_is_none(parent: str) -> None:
    assert read_trace(parent, "a=1") is None


@pytest.mark.parametrize(
    "state",
    [
        "a",
        "=1",
        "A=1",
        "a=1,a=2",
        "a=\x00",
        "a=\r\nx-evil: 1",
        "a=é",
        "a==",
        "x" * 600,
        ",".join(f"k{i}=1" for i in range(33)),
    ],
)
def test_a_state_that_is_none_is_left_out(state: str) -> None:
    assert read_trace(PARENT, state) == Trace(PARENT)


def test_nothing_is_sent_unless_somebody_says_so() -> None:
    assert trace_headers("http") == {}
    token = OUTGOING.set(Trace(PARENT, "", frozenset({"openai"})))
    try:
        assert trace_headers("http") == {}
        assert trace_headers("openai") == {"traceparent": PARENT}
    finally:
        OUTGOING.reset(token)
