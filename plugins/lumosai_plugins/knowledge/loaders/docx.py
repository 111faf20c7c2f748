"""Word documents, as Markdown."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING
from zipfile import ZipFile

from docx import Document as WordDocument
from docx.table import Table

from lumosai_plugins.knowledge.documents import Document, clean
from lumosai_plugins.knowledge.loaders.plain import of_markdown
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from docx.document import Document as Opened
    from docx.text.paragraph import Paragraph

MAX_UNPACKED = 128 * 1024**2
MAX_PARTS = 5000
MAX_COLUMNS = 63  # as many as Word has


def docx(raw: bytes, source: str) -> Document:
    """Read paragraphs, headings and tables (ECMA-376). Raises InputError for one that unpacks to too much."""
    with ZipFile(BytesIO(raw)) as packed:
        parts = packed.infolist()
        if len(parts) > MAX_PARTS or sum(p.file_size for p in parts) > MAX_UNPACKED:
            raise InputError(f"{source}: it unpacks to more than {MAX_UNPACKED // 1024**2} MiB")
    opened = WordDocument(BytesIO(raw))
    _check_spans(opened, source)
    blocks = [b for inner in opened.iter_inner_content() if (b := _block(inner))]
    return of_markdown(clean("\n\n".join(blocks)), source, clean(opened.core_properties.title or ""))


def _check_spans(opened: Opened, source: str) -> None:
    # A cell is told once for every column it says it spans.
    spans = opened.element.body.xpath(".//w:gridSpan/@w:val")
    if any(not s.isdecimal() or int(s) > MAX_COLUMNS for s in spans):
        raise InputError(f"{source}: a cell spans more than {MAX_COLUMNS} columns")


def _block(inner: Paragraph | Table) -> str:
    if isinstance(inner, Table):
        rows = (" | ".join(" ".join(c.text.split()) for c in row.cells) for row in inner.rows)
        return "\n".join(r for r in rows if r.strip(" |"))
    text, style = inner.text.strip(), (inner.style.name or "") if inner.style is not None else ""
    if not text:
        return ""
    if style.startswith("Heading ") and style[8:].isdigit():
        return f"{'#' * min(int(style[8:]), 6)} {text}"
    return f"# {text}" if style == "Title" else f"- {text}" if style.startswith("List") else text
