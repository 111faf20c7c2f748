"""A stranger's document that is small as a file and huge as text."""

from __future__ import annotations

import tracemalloc
from io import BytesIO
from typing import TYPE_CHECKING

import pytest
from docx import Document as WordDocument
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from lumosai_plugins.knowledge.loaders import load
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

_MOST_MEMORY = 100_000_000


def _refused_cheaply(path: Path) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(InputError):
            load(path, path.name)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < _MOST_MEMORY


def test_a_long_column_name_is_not_repeated_for_every_row_without_end(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(f"{'n' * 500_000},b\n" + "1,2\n" * 300)
    _refused_cheaply(path)


def test_deep_json_is_not_indented_without_end(tmp_path: Path) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 800 + ",".join("1" * 100_000) + "]" * 800)
    with pytest.raises(InputError, match="as text it has more than"):
        load(path, path.name)


def test_a_cell_that_claims_to_span_millions_of_columns_is_refused(tmp_path: Path) -> None:
    word = WordDocument()
    cell = word.add_table(1, 1).cell(0, 0)
    cell.text = "x"
    span = OxmlElement("w:gridSpan")
    span.set(qn("w:val"), "200000")
    cell._tc.get_or_add_tcPr().append(span)
    raw = BytesIO()
    word.save(raw)
    path = tmp_path / "wide.docx"
    path.write_bytes(raw.getvalue())
    with pytest.raises(InputError, match="columns"):
        load(path, path.name)


def test_elements_without_end_in_each_other_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.html"
    for text in ("<blockquote>x" * 300_000, "<DIV>" * 1000 + "<p>x" * 1000, "<b>" * 5000):
        path.write_text(text)
        with pytest.raises(InputError, match="stand in each other"):
            load(path, path.name)
    path.write_text("<div>" * 500 + "deep" + "</div>" * 500 + "<li>many<p>more<br>" * 5000)
    assert load(path, path.name).text.startswith("deep")
