"""Filters, and how many plugins each value of a filter would leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lumosai_marketplace.service.search.catalogue import BITS, KINDS, PERMISSIONS, Catalogue
from lumosai_marketplace.service.search.query import Count, SearchQuery

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Slots = NDArray[np.int64]
    Marks = NDArray[np.bool_]

MOST_PUBLISHERS = 12
"""Publishers that are counted out; there can be as many as plugins."""


def apply(catalogue: Catalogue, query: SearchQuery, slots: Slots) -> tuple[Slots, dict[str, tuple[Count, ...]]]:
    """Return the slots that pass all filters, and the counts of each facet: with all filters but its own."""
    masks = catalogue.masks[slots]
    passed = _filters(catalogue, query, slots, masks)
    whole = _both(passed, "")
    facets = {
        "kind": _bits("kind", KINDS, _of(masks, _both(passed, "kind"))),
        "permission": _bits("permission", PERMISSIONS, _of(masks, whole)),
        "runtime": _bits("runtime", ("wasm", "python"), _of(masks, _both(passed, "runtime"))),
        "verified": _bits("verified", ("yes",), _of(masks, _both(passed, "verified"))),
        "publisher": _publishers(catalogue, _of(slots, _both(passed, "publisher"))),
    }
    return _of(slots, whole), facets


def _filters(catalogue: Catalogue, query: SearchQuery, slots: Slots, masks: NDArray[np.int32]) -> dict[str, Marks]:
    """Return what passes each filter that is set."""
    import numpy as np

    out: dict[str, Marks] = {}
    if query.kinds:
        out["kind"] = (masks & _any("kind", query.kinds)) != 0
    if query.permissions:
        wanted = _any("permission", query.permissions)
        out["permission"] = (masks & wanted) == wanted
    if query.without:
        out["without"] = (masks & _any("permission", query.without)) == 0
    if query.publishers:
        numbers = [catalogue.namespace_number(p) for p in query.publishers]
        out["publisher"] = np.isin(catalogue.namespace[slots], numbers)
    if query.verified is not None:
        out["verified"] = ((masks & BITS["verified", "yes"]) != 0) == query.verified
    if query.runtime is not None:
        out["runtime"] = (masks & BITS.get(("runtime", query.runtime), 0)) != 0
    return out


def _any(facet: str, values: tuple[str, ...]) -> int:
    return sum(BITS.get((facet, v), 0) for v in set(values))


def _both(passed: dict[str, Marks], but: str) -> Marks | None:
    """Return what passes all filters but one; None when there is no other."""
    out: Marks | None = None
    for name, marks in passed.items():
        if name != but:
            out = marks if out is None else out & marks
    return out


def _of(values: NDArray[np.int32] | Slots, marks: Marks | None) -> NDArray[np.int64]:
    found: NDArray[np.int64] = values if marks is None else values[marks]  # type: ignore[assignment]
    return found


def _bits(facet: str, values: tuple[str, ...], masks: NDArray[np.int64]) -> tuple[Count, ...]:
    import numpy as np

    counts = [Count(v, int(np.count_nonzero(masks & BITS[facet, v]))) for v in values]
    return tuple(sorted((c for c in counts if c.count), key=lambda c: -c.count))


def _publishers(catalogue: Catalogue, slots: Slots) -> tuple[Count, ...]:
    import numpy as np

    counts = np.bincount(catalogue.namespace[slots], minlength=1)
    best = np.argsort(-counts, kind="stable")[:MOST_PUBLISHERS]
    return tuple(Count(catalogue.namespaces[i], int(counts[i])) for i in best if counts[i])
