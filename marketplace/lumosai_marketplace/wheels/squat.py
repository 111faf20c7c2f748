"""Names that are taken for another's: typos, look-alikes, other separators, words in another order or with more words.

All of it is about names of others: in a namespace, its owner calls plugins what they like.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, overload

from lumosai_marketplace.names import Name

MOST = 20
"""Names told, the nearest ones."""
Reason = Literal["looks", "typo", "words", "namespace", "plugin"]
_SCORES: dict[Reason, float] = {"looks": 100, "typo": 96, "words": 84, "namespace": 82, "plugin": 60}
_SEPARATORS = str.maketrans("_. /", "----")
_LETTERS = str.maketrans("0123456789iqu", "olzeasbtbglgv")
_PAIRS = (("rn", "m"), ("vv", "w"), ("cl", "d"))
_NOISE = frozenset(
    """ai and api app apps bot by cli client com core dev for free get go hq inc io js kit labs lib llm lumos lumosai
    mcp my net new next node now official org plugin plugins plus pro py python real sdk server service software team
    the tool tools try use v1 v2 v3 wasm web with""".split()  # noqa: SIM905 - a list of ninety lines says no more
)
_SHORT, _MEDIUM = 5, 8
_NAMESPACE = 3
"""Letters that a namespace has at least, to be found within another."""


@dataclass(frozen=True, slots=True)
class Near:
    """A name that another may be taken for. ``score`` is 100 for one that looks the same.

    ``reason``: ``looks`` (the same but for separators and letters that look alike), ``typo`` (one or two keys away),
    ``words`` (the same words in another order, or with ``official`` and the like), ``namespace`` (the same plugin of a
    namespace that contains this one), ``plugin`` (nearly the same plugin of quite another namespace).
    """

    name: str
    reason: Reason
    score: float


class Known(Sequence[str]):
    """Names made ready to be compared with, which takes much longer than comparing; to be kept."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names: list[str] = []
        self._skeletons: list[str] = []
        self._words: defaultdict[str, list[int]] = defaultdict(list)
        self._plugins: defaultdict[str, list[int]] = defaultdict(list)
        for name in names:
            self.add(name)

    def add(self, name: str) -> None:
        """Take another name in, in either form: ``acme/weather`` or ``acme-weather``."""
        plain = normal(name)
        tokens = plain.split("-")
        self._words[_core(tokens)].append(len(self._names))
        self._plugins[_core(tokens[1:])].append(len(self._names))
        self._names.append(plain)
        self._skeletons.append(skeleton(plain))

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        return self._names[index]

    def __len__(self) -> int:
        return len(self._names)

    def near(self, name: Name) -> Iterator[Near]:
        """Yield what is near to *name*, some of it more than once."""
        yield from self._alike(skeleton(name.wire))
        yield from self._of(self._words.get(_core(name.wire.split("-")), ()), "words")
        yield from self._similar_plugins(name)

    def _alike(self, wanted: str) -> Iterator[Near]:
        from rapidfuzz.distance import OSA

        for distance, index in _within(wanted, self._skeletons, _allowed(wanted), OSA.distance):
            if distance == 0:
                yield from self._of([index], "looks")
            else:
                yield from self._of([index], "typo", 6 * (distance - 1) + 40 * distance / len(wanted))

    def _similar_plugins(self, name: Name) -> Iterator[Near]:
        from rapidfuzz.distance import OSA

        wanted, plugins = _core(name.plugin.split("-")), list(self._plugins)
        most = 1 if len(wanted) > _SHORT else 0
        for distance, index in _within(wanted, plugins, most, OSA.distance):
            for at in self._plugins[plugins[index]]:
                if _contained(name.namespace, self._names[at].partition("-")[0]):
                    yield from self._of([at], "namespace", 6 * distance)
                elif distance:
                    yield from self._of([at], "plugin")

    def _of(self, places: Iterable[int], reason: Reason, less: float = 0) -> Iterator[Near]:
        for at in places:
            yield Near(self._names[at], reason, round(_SCORES[reason] - less, 1))


def near(name: Name, names: Sequence[str]) -> list[Near]:
    """Return the names among *names* that *name* may be taken for, the nearest first, at most ``MOST``.

    Names of the same namespace are its owner's, and left out. Hand a ``Known`` in where it is to be quick.
    """
    known = names if isinstance(names, Known) else Known(names)
    best: dict[str, Near] = {}
    for found in known.near(name):
        if found.name.partition("-")[0] != name.namespace and found.score > getattr(best.get(found.name), "score", 0):
            best[found.name] = found
    return sorted(best.values(), key=lambda n: (-n.score, n.name))[:MOST]


def normal(name: str) -> str:
    """Return a name as pip writes it (PEP 503), whatever it is made of."""
    plain = name if name.isascii() else unicodedata.normalize("NFKC", name)
    plain = plain.lower().translate(_SEPARATORS)
    while "--" in plain:
        plain = plain.replace("--", "-")
    return plain


def skeleton(name: str) -> str:
    """Return what is the same for names that look the same at a glance."""
    plain = name.replace("-", "").translate(_LETTERS)
    for pair, one in _PAIRS:
        plain = plain.replace(pair, one)
    return plain


def _core(tokens: Sequence[str]) -> str:
    """Return the words that say something, in order of the alphabet."""
    return skeleton("".join(sorted(t for t in tokens if t not in _NOISE) or tokens))


def _allowed(wanted: str) -> int:
    return 1 if len(wanted) <= _MEDIUM else 2


def _contained(one: str, other: str) -> bool:
    short, long = sorted((skeleton(one), skeleton(other)), key=len)
    return len(short) >= _NAMESPACE and short in long


def _within(wanted: str, among: Sequence[str], most: int, distance: Any) -> Iterator[tuple[int, int]]:
    """Yield the distance and the place of all texts that are at most so far away."""
    from rapidfuzz import process

    for _, found, index in process.extract_iter(wanted, among, scorer=distance, score_cutoff=most):
        yield int(found), index
