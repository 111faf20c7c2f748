"""What stores do with what they are given: ids that can be keys, events packed into rows of bounded size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lumosai_sdk.errors import InputError, StorageError

MAX_ID = 1024
_MAX_SEQ = 2**63 - 1
_MAX_CUTS = 4
_KEPT = frozenset({"type", "run_id", "seq", "at"})

EventRow = tuple[int, int, str]
"""The first and the last ``seq``, and the events as JSON."""
Encode = Callable[[Any, str], str]
"""Returns a value as JSON; raises InputError, which calls it by the name that is given second."""


def size_of(text: str) -> int:
    """Return the length of *text* in UTF-8."""
    return len(text) if text.isascii() else len(text.encode())


def check_size(text: str, what: str, limit: int, plugin: str) -> None:
    """Raise StorageError when *text* is over *limit* bytes, which the setting ``max_value_bytes`` of *plugin* says."""
    if len(text) * 4 > limit and (size := size_of(text)) > limit:
        raise StorageError(
            f"{what} takes {size} bytes, more than max_value_bytes allows ({limit})",
            hint=f"raise max_value_bytes in [plugins.{plugin}.settings], or send less",
        )


def check_ids(*ids: str | None) -> None:
    """Raise InputError when one of *ids* is not text that can be a key."""
    for value in ids:
        if value and (len(value) > MAX_ID or not (value.isascii() or is_utf8(value))):
            raise InputError(f"{value[:40]!r}… is no id: at most {MAX_ID} characters of valid Unicode")


def is_utf8(text: str) -> bool:
    """Tell whether text has no half of a surrogate pair in it."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def event_rows(run_id: str, events: Sequence[Mapping[str, Any]], limit: int, encode: Encode) -> list[EventRow]:
    """Return the events packed into rows, each within *limit* bytes; an event longer than that is cut.

    Raises InputError when an event is not JSON or has no ``seq``.
    """
    numbers = [_seq(run_id, e) for e in events]
    text = encode(events, f"an event of run {run_id!r}")
    if len(text) * 4 <= limit or size_of(text) <= limit:
        return [(min(numbers), max(numbers), text)]
    return list(_split(run_id, events, numbers, limit, encode))


def _seq(run_id: str, event: Mapping[str, Any]) -> int:
    seq = event.get("seq")
    if type(seq) is not int or not 0 <= seq <= _MAX_SEQ:
        raise InputError(f"an event of run {run_id!r} has no seq: {seq!r}")
    return seq


def _split(
    run_id: str, events: Sequence[Mapping[str, Any]], numbers: list[int], limit: int, encode: Encode
) -> Iterator[EventRow]:
    texts: list[str] = []
    seqs: list[int] = []
    total = 1
    for event, seq in zip(events, numbers, strict=True):
        text = _cut(run_id, event, limit, encode)
        size = size_of(text) + 1
        if texts and total + size > limit:
            yield min(seqs), max(seqs), f"[{','.join(texts)}]"
            texts, seqs, total = [], [], 1
        texts.append(text)
        seqs.append(seq)
        total += size
    yield min(seqs), max(seqs), f"[{','.join(texts)}]"


def _cut(run_id: str, event: Mapping[str, Any], limit: int, encode: Encode) -> str:
    """Return an event as JSON; if too long, with its longest fields cut or emptied and ``truncated`` naming them."""
    what = f"an event of run {run_id!r}"
    text = encode(event, what)
    whole = size_of(text)
    if whole + 2 <= limit:
        return text
    sizes = {name: size_of(encode(value, what)) for name, value in event.items() if name not in _KEPT}
    longest = sorted(sizes, key=lambda name: -sizes[name])[:_MAX_CUTS]
    out = {**event, **{name: _shortened(event[name], limit) for name in longest if sizes[name] > limit // _MAX_CUTS}}
    cut = {name: sizes[name] for name in longest if out[name] != event[name]}
    text = encode({**out, "truncated": {"bytes": whole, "fields": cut}}, what)
    if size_of(text) + 2 <= limit:
        return text
    return encode({"type": str(event.get("type"))[:200], "seq": event["seq"], "truncated": {"bytes": whole}}, what)


def _shortened(value: Any, limit: int) -> Any:
    # A character takes at most six bytes of JSON.
    return value[: limit // (8 * _MAX_CUTS)] if isinstance(value, str) else None
