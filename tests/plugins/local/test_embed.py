"""The embeddings: tokens as BERT makes them, numbers held against another implementation, meanings apart."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lumosai_plugins.local.embed import DIMENSIONS, Embedder
from lumosai_plugins.local.wordpiece import MAX_TOKENS, WordPiece
from lumosai_sdk.errors import MissingExtraError

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "un", "##aff", "##able", "cafe", "!", "日", "a", "##a"]


@pytest.fixture
def tiny(tmp_path: Path) -> WordPiece:
    file = tmp_path / "vocab.txt"
    file.write_text("\n".join(VOCABULARY), encoding="utf-8")
    return WordPiece(file)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Unaffable!", ["un", "##aff", "##able", "!"]),
        ("CAFÉ\tcafe\u0301", ["cafe", "cafe"]),
        ("日日", ["日", "日"]),
        ("un\u200baff\x00able", ["un", "##aff", "##able"]),
        ("unknown", ["[UNK]"]),
        ("a" * 101, ["[UNK]"]),
        ("aa", ["a", "##a"]),
        ("", []),
    ],
)
def test_splits_as_bert_does(tiny: WordPiece, text: str, pieces: list[str]) -> None:
    assert tiny.encode(text) == [VOCABULARY.index(p) for p in ("[CLS]", *pieces, "[SEP]")]


def test_a_long_text_is_cut(tiny: WordPiece) -> None:
    ids = tiny.encode("a " * 100_000)
    assert len(ids) == MAX_TOKENS
    assert VOCABULARY[ids[-1]] == "[SEP]"


def test_real_tokens(embedder: Embedder) -> None:
    ids = embedder._tokenizer.encode("Ünïcödé naïve café — “quotes” 日本語 🎉")
    assert ids == [101, 27260, 15743, 7668, 1517, 1523, 16614, 1524, 1864, 1876, 1950, 100, 102]


# Our own numbers, kept against change. Whole vectors were compared once with an eight-bit ONNX export of the model:
# cosine 0.976 (300 times the letter a) to 0.995 over ten texts, which is about what eight bits cost.
@pytest.mark.parametrize(
    ("text", "begins"),
    [
        ("What phase is the moon in tonight?", [0.01787, -0.00253, 0.04712, 0.03921, -0.04249, -0.03165]),
        ("The capital of France is Paris.", [0.10322, 0.03038, 0.02914, -0.03743, 0.07874, -0.05481]),
    ],
)
def test_reference_numbers(embedder: Embedder, text: str, begins: list[float]) -> None:
    (vector,) = embedder.embed([text])
    assert vector[: len(begins)].tolist() == pytest.approx(begins, abs=1e-3)


def test_meanings_are_told_apart(embedder: Embedder) -> None:
    food, bread, cheetah = embedder.embed(
        ["A man is eating food.", "A man is eating a piece of bread.", "A cheetah is running behind its prey."]
    )
    assert float(food @ bread) == pytest.approx(0.7553, abs=1e-3)
    assert float(food @ cheetah) < 0.2  # noqa: PLR2004


def test_a_batch_is_what_its_texts_are(embedder: Embedder) -> None:
    texts = ["one", "a rather longer text about very little", "", "eins zwei drei " * 100, "one"] * 9
    together = embedder.embed(texts)
    assert together.shape == (len(texts), DIMENSIONS)
    for text, vector in zip(texts[:5], together, strict=False):
        assert vector.tolist() == pytest.approx(embedder.embed([text])[0].tolist(), abs=1e-4)
        assert float(vector @ vector) == pytest.approx(1, abs=1e-4)


def test_nothing_makes_nothing(embedder: Embedder) -> None:
    assert embedder.embed([]).shape == (0, DIMENSIONS)


def test_counts_tokens(embedder: Embedder) -> None:
    assert embedder.count(["hello world", ""]) == len(["[CLS]", "hello", "world", "[SEP]", "[CLS]", "[SEP]"])


def test_without_numpy_the_pip_command_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'lumosai\[local\]'"):
        Embedder(tmp_path)
