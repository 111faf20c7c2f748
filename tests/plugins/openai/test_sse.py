from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumosai_plugins.openai.sse import EventParser
from lumosai_sdk.errors import ModelResponseError


def parse(*chunks: bytes) -> list[str]:
    parser = EventParser()
    return [data for c in chunks for data in parser.feed(c)] + list(parser.close())


def split(stream: bytes, cuts: list[int]) -> list[bytes]:
    marks = sorted({0, len(stream), *(c % (len(stream) + 1) for c in cuts)})
    return [stream[a:b] for a, b in pairwise(marks)]


NOISE = st.sampled_from([": a comment", ":", "event: message", "id: 7", "retry: 10", "unknown", "datax: no"])
LINES = st.text(st.characters(exclude_characters="\r\n", exclude_categories=["Cs"]), max_size=30)
EVENTS = st.lists(st.tuples(st.lists(LINES, min_size=1, max_size=3), st.lists(NOISE, max_size=2)), max_size=6)


@given(EVENTS, st.sampled_from(["\n", "\r\n", "\r"]), st.lists(st.integers(0, 10_000), max_size=12), st.booleans())
def test_events_come_out_however_the_bytes_are_split(
    events: list[tuple[list[str], list[str]]], end: str, cuts: list[int], bom: bool
) -> None:
    lines = [line for data, noise in events for line in (*noise, *(f"data: {d}" for d in data), "")]
    stream = ("\ufeff" * bom + "".join(line + end for line in lines)).encode()
    assert parse(*split(stream, cuts)) == ["\n".join(data) for data, _ in events]


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=8))
def test_garbage_never_breaks_it_and_splitting_changes_nothing(stream: bytes, cuts: list[int]) -> None:
    assert parse(*split(stream, cuts)) == parse(stream)


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (b"data:no space\n\n", ["no space"]),
        (b"data:  one space taken\n\n", [" one space taken"]),
        (b"data\n\n", [""]),
        (b"data: a\ndata: b\n\n", ["a\nb"]),
        (b"\n\n\ndata: a\n\n\n", ["a"]),
        (b"data: no end", ["no end"]),
        (b"data: \xff\xfe\n\n", ["\ufffd\ufffd"]),
        (b"event: x\n\n", []),
    ],
)
def test_the_small_print(stream: bytes, data: list[str]) -> None:
    assert parse(stream) == data


def test_a_character_split_between_chunks_survives() -> None:
    whole = "data: grüße 🙂\n\n".encode()
    assert parse(*(whole[i : i + 1] for i in range(len(whole)))) == ["grüße 🙂"]


@pytest.mark.parametrize("piece", [b"x" * 100, b"data: " + b"y" * 30 + b"\n", b"data: z" * 40])
def test_an_event_that_never_ends_is_refused(piece: bytes) -> None:
    parser = EventParser(max_event=1000)

    def feed() -> None:
        for _ in range(50):
            list(parser.feed(piece))

    with pytest.raises(ModelResponseError, match="more than 1000 bytes"):
        feed()
