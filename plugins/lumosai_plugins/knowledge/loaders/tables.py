"""Rows and JSON: each row with the names of its columns, so that a chunk says what its values are."""

from __future__ import annotations

import csv
import json as json_
from collections.abc import Iterable, Iterator
from io import StringIO

from lumosai_plugins.knowledge.documents import Document
from lumosai_plugins.knowledge.loaders import MAX_CHARACTERS
from lumosai_plugins.knowledge.loaders.plain import decoded
from lumosai_sdk.errors import InputError

_SAMPLE = 8192
_MAX_FIELD = 1_000_000


def table(raw: bytes, source: str) -> Document:
    """Read CSV (RFC 4180) or what separates by something else; the first row names the columns. Raises InputError."""
    words = decoded(raw, source)
    csv.field_size_limit(_MAX_FIELD)
    try:
        dialect: type[csv.Dialect] = csv.Sniffer().sniff(words[:_SAMPLE], ",;\t|")
    except csv.Error:
        dialect = csv.excel
    rows = list(csv.reader(StringIO(words, newline=""), dialect))
    if not rows:
        raise InputError(f"{source}: it is empty")
    names, *rest = rows
    lines = ("; ".join(f"{n}: {v}" for n, v in zip(names, row, strict=False) if v.strip()) for row in rest)
    return Document(source, "\n".join(_bounded((line for line in lines if line), source)))


def _bounded(parts: Iterable[str], source: str) -> Iterator[str]:
    # Every row repeats the names of its columns: what is small as a file may be huge as text.
    total = 0
    for part in parts:
        total += len(part)
        if total > MAX_CHARACTERS:
            raise InputError(f"{source}: as text it has more than {MAX_CHARACTERS} characters")
        yield part


def json(raw: bytes, source: str) -> Document:
    """Read JSON, or JSON lines. Raises InputError for what is neither."""
    words = decoded(raw, source)
    try:
        if source.lower().endswith(".jsonl"):
            values = [json_.loads(line) for line in words.splitlines() if line.strip()]
        else:
            values = json_.loads(words)
        # Every line repeats its indentation.
        parts = json_.JSONEncoder(ensure_ascii=False, indent=1).iterencode(values)
        text = "".join(_bounded(parts, source))
    except (ValueError, RecursionError) as e:
        raise InputError(f"{source}: it is not JSON: {e}") from None
    return Document(source, text.encode("utf-8", "replace").decode(), form="json")
