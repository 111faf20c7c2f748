"""PDF, page by page."""

from __future__ import annotations

import logging
from io import BytesIO

from pypdf import PdfReader

from lumosai_plugins.knowledge.documents import Document, Mark, clean
from lumosai_plugins.knowledge.loaders import MAX_CHARACTERS
from lumosai_sdk.errors import InputError

MAX_PAGES = 5000
# What is odd about a file that can be read is of no use to whoever adds it.
logging.getLogger("pypdf").setLevel(logging.ERROR)


def pdf(raw: bytes, source: str) -> Document:
    """Read the text of a PDF (ISO 32000). Raises InputError for one that is locked, or has no text."""
    reader = PdfReader(BytesIO(raw))
    if reader.is_encrypted and not reader.decrypt(""):
        raise InputError(f"{source}: it is locked by a password")
    if len(reader.pages) > MAX_PAGES:
        raise InputError(f"{source}: it has {len(reader.pages)} pages; at most {MAX_PAGES} are read")
    parts, marks, at = [], [], 0
    for number, page in enumerate(reader.pages, 1):
        words = clean(page.extract_text()).strip()
        if words:
            marks.append(Mark(at, f"page {number}"))
            parts.append(words)
            at += len(words) + 2
        if at > MAX_CHARACTERS:
            break  # told by whoever called
    if not parts:
        raise InputError(f"{source}: it has no text; pages that are pictures are not read")
    title = (reader.metadata.title if reader.metadata else None) or ""
    return Document(source, "\n\n".join(parts), clean(str(title)).strip(), "text", marks)
