"""What every vector store refuses, before it takes anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import get_args

from lumosai_sdk.errors import InputError
from lumosai_sdk.filters import check_metadata
from lumosai_sdk.storing import check_ids, is_utf8
from lumosai_sdk.types.vectors import Metric, VectorItem

MAX_DIMENSIONS = 16_000
MAX_LIMIT = 10_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def check_collection(name: str, dimensions: int, metric: Metric) -> None:
    """Raise InputError for what no collection can be."""
    if not _NAME.fullmatch(name):
        raise InputError(f"no name of a collection: {name!r:.200} (letters, digits, and . _ - after the first)")
    if not 0 < dimensions <= MAX_DIMENSIONS:
        raise InputError(f"vectors have 1 to {MAX_DIMENSIONS} dimensions, not {dimensions}")
    if metric not in get_args(Metric):
        raise InputError(f"no metric: {metric!r:.100}; there are: {', '.join(get_args(Metric))}")


def check_items(items: Sequence[VectorItem]) -> None:
    """Raise InputError for an item no store can keep; their vectors are for the store to look at."""
    for item in items:
        if not item.id:
            raise InputError("an item needs an id")
        check_ids(item.id)
        if "\0" in item.text or "\0" in item.id or not is_utf8(item.text):
            raise InputError(f"item {item.id!r:.200}: its text is no valid Unicode without NUL")
        check_metadata(item.metadata)


def check_limit(limit: int) -> None:
    """Raise InputError for a limit that is none."""
    if not 0 < limit <= MAX_LIMIT:
        raise InputError(f"the limit is 1 to {MAX_LIMIT}, not {limit}")
