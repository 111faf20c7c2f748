"""Chunks: pieces of the text, none too long, nothing left out."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lumosai_plugins.knowledge.chunking import Chunker, chunks, spans
from lumosai_plugins.knowledge.chunking.semantic import semantic
from lumosai_plugins.knowledge.documents import Document
from lumosai_plugins.knowledge.loaders.plain import of_markdown

CHUNKERS: Sequence[Chunker] = ("auto", "recursive", "sentence", "token", "markdown", "json")
TEXTS = st.text(st.sampled_from('ab .!?\n#`{}[]":,é。'), max_size=400)


@pytest.mark.parametrize("chunker", CHUNKERS)
@given(text=TEXTS, size=st.integers(1, 60), overlap=st.integers(0, 30))
def test_all_of_a_text_is_in_a_chunk(chunker: Chunker, text: str, size: int, overlap: int) -> None:
    found = spans(of_markdown(text, "a.md"), chunker, size, overlap)
    reached = 0
    for start, end in found:
        assert start < end <= start + size
        assert start <= reached < end, "each goes on where the one before ended, or a little before"
        assert reached - start <= overlap
        reached = end
    assert reached == len(text)


@given(text=TEXTS, size=st.integers(1, 60))
def test_a_chunk_says_where_it_stands(text: str, size: int) -> None:
    document = of_markdown(text, "a.md")
    for chunk in chunks(document, spans(document, "auto", size, 0)):
        assert text[chunk.start : chunk.end] == chunk.text == chunk.text.strip() != ""


def texts(document: Document, chunker: Chunker, size: int, overlap: int = 0) -> list[str]:
    return [c.text for c in chunks(document, spans(document, chunker, size, overlap))]


def test_sentences_stay_whole_where_they_can() -> None:
    document = Document("a", "One two. Three four! Five? Six seven eight nine ten.")
    assert texts(document, "sentence", 22) == ["One two. Three four!", "Five? Six seven eight", "nine ten."]


def test_paragraphs_come_before_lines_and_lines_before_words() -> None:
    document = Document("a", "aaa bbb\nccc ddd\n\neee fff")
    assert texts(document, "recursive", 20) == ["aaa bbb\nccc ddd", "eee fff"]
    assert texts(document, "recursive", 10) == ["aaa bbb", "ccc ddd", "eee fff"]
    assert texts(document, "recursive", 5) == ["aaa", "bbb", "ccc", "ddd", "eee", "fff"]


def test_the_end_of_a_chunk_is_said_again() -> None:
    document = Document("a", "one two three four five six")
    assert texts(document, "token", 14, 6) == ["one two three", "three four", "four five six"]


def test_markdown_is_cut_at_headings_and_keeps_them() -> None:
    document = of_markdown(
        "# Guide\n\nHello there.\n\n## Install\n\nRun it.\n```\n# no heading\n```\n## Use\n\nUse it.\n", "g.md"
    )
    found = chunks(document, spans(document, "auto", 60, 0))
    assert [(c.label, c.text.splitlines()[0]) for c in found] == [
        ("Guide", "# Guide"),
        ("Guide > Install", "## Install"),
        ("Guide > Use", "## Use"),
    ]
    assert document.title == "Guide"


def test_json_is_cut_between_its_members() -> None:
    from lumosai_plugins.knowledge.loaders.tables import json

    document = json(b'[{"name": "Ada", "born": 1815}, {"name": "Grace", "born": 1906}]', "p.json")
    first, second = texts(document, "auto", 45)
    assert ("Ada" in first, "1815" in first, "Grace" in first) == (True, True, False)
    assert ("Grace" in second, "1906" in second) == (True, True)


async def test_where_the_subject_changes_a_chunk_ends() -> None:
    async def embed(texts: Sequence[str]) -> Sequence[Sequence[float]]:
        return [[1.0, 0.1 * n] if "cat" in t else [0.0, 1.0] for n, t in enumerate(texts)]

    text = "A cat sat. The cat ate. One cat ran. Taxes rose. Taxes fell. Taxes went."
    found = await semantic(text, 400, embed)
    assert [text[a:b].strip() for a, b in found] == [
        "A cat sat. The cat ate. One cat ran.",
        "Taxes rose. Taxes fell. Taxes went.",
    ]
