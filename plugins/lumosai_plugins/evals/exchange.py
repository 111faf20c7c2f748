"""Datasets as files: CSV (RFC 4180, with a header) and JSONL, read and written."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from lumosai_plugins.evals.items import KEYS, MOST_BYTES, MOST_ITEM, Item, checked
from lumosai_sdk.errors import InputError
from lumosai_sdk.jsontext import bounded_json

SUFFIXES = (".csv", ".jsonl")
# What a spreadsheet takes for a formula: such a cell is written with an apostrophe before it, and read without.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")


def read_file(path: Path) -> tuple[Item, ...]:
    """Return the items of a file. Raises InputError naming the file and line."""
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path}: a dataset is a .csv or .jsonl file")
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
        text = data.decode("utf-8-sig")
    except OSError as e:
        raise InputError(f"{path}: cannot be read: {e.strerror}") from None
    except UnicodeDecodeError:
        raise InputError(f"{path}: is not UTF-8") from None
    if len(data) > MOST_BYTES:
        raise InputError(f"{path}: is larger than {MOST_BYTES} bytes")
    return read_text(text, path.suffix, str(path))


def read_text(text: str, suffix: str, where: str = "dataset") -> tuple[Item, ...]:
    """Return the items of a text in the format of a suffix. Raises InputError naming *where* and the line."""
    rows = _csv_rows(text, where) if suffix == ".csv" else _jsonl_rows(text, where)
    out: list[Item] = []
    for line, row in rows:
        try:
            out.append(Item.from_json(row))
        except InputError as e:
            raise InputError(f"{where}:{line}: {e.message}") from None
    return checked(out)


def _jsonl_rows(text: str, where: str) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, _json(line)
        except (ValueError, RecursionError) as e:
            raise InputError(f"{where}:{number}: is not JSON: {e}") from None


def _json(text: str) -> Any:
    return bounded_json(text, depth=64, weight=200_000)


def _csv_rows(text: str, where: str) -> Iterator[tuple[int, Any]]:
    csv.field_size_limit(MOST_ITEM)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    try:
        for cells in reader:
            if header is None:
                header = [c.strip() for c in cells]
                _check_header(header, where)
            elif any(cells):
                if len(cells) != len(header):
                    raise InputError(f"{where}:{reader.line_num}: {len(cells)} cells, the header has {len(header)}")
                yield reader.line_num, {k: _cell(k, c) for k, c in zip(header, cells, strict=True) if c != ""}
    except csv.Error as e:
        raise InputError(f"{where}:{reader.line_num}: is not CSV: {e}") from None


def _check_header(header: list[str], where: str) -> None:
    if "input" not in header or len(set(header)) != len(header) or not set(header) <= set(KEYS):
        raise InputError(f"{where}:1: the header has the columns {', '.join(KEYS)}, of which input must be there")


def _cell(key: str, cell: str) -> Any:
    text = cell[1:] if cell[:1] == "'" and cell[1:2] in _FORMULA else cell
    # What would be read as JSON and is not meant so is written as a JSON text.
    if key in {"id", "input"} or text[:1] not in {"{", "[", '"'}:
        return text
    try:
        return _json(text)
    except (ValueError, RecursionError):
        return text


def write_text(items: Sequence[Item], suffix: str) -> str:
    """Return items as text in the format of a suffix; ``read_text`` gives the same items."""
    if suffix == ".jsonl":
        return "".join(json.dumps(i.to_json(), ensure_ascii=False) + "\n" for i in items)
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(KEYS)
    for item in items:
        data = item.to_json()
        writer.writerow([_written(k, data.get(k)) for k in KEYS])
    return out.getvalue()


def _written(key: str, value: Any) -> str:
    if value is None:
        return ""
    plain = isinstance(value, str) and (key in {"id", "input"} or (value != "" and value[0] not in '{["'))
    text = value if plain else json.dumps(value, ensure_ascii=False)
    # A number or a truth value as such comes back as text from a table; JSONL keeps what it was.
    return f"'{text}" if text.startswith(_FORMULA) else text
