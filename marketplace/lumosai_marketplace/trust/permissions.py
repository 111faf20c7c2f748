"""What a plugin asks for, in plain words with its risk, beside what a rule allows and what it asked for before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal

from lumosai_marketplace.trust.words import Risk, right_in_words
from lumosai_sdk.permissions import Grant, Permissions

What = Literal["added", "widened", "narrowed", "removed"]
MAX_PAIRS = 1_000
"""Rules before times rules after, of all kinds: beyond it they are told as added and removed, and not compared.

A plugin may ask for thousands, and whoever looks at its page would have them all compared with each other.
"""


@dataclass(frozen=True, slots=True)
class Right:
    """One thing a plugin asks for. ``kind`` is a permission's (or ``runtime``), ``rule`` as it is written there."""

    kind: str
    rule: str
    words: str
    risk: Risk

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"kind": self.kind, "rule": self.rule, "words": self.words, "risk": self.risk}


@dataclass(frozen=True, slots=True)
class Change:
    """What has become of a right. ``was`` is the rule it came from, where it was widened or narrowed."""

    what: What
    right: Right
    was: str | None = None

    @property
    def asks_for_more(self) -> bool:
        """Whether the owner is to be asked."""
        return self.what in {"added", "widened"}

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"what": self.what, **self.right.to_json(), **({} if self.was is None else {"was": self.was})}


def rights(permissions: Permissions, runtime: str = "wasm") -> tuple[Right, ...]:
    """Return what a plugin may do in the end, each right in plain words, by kind."""
    told = [_right("runtime", runtime)] if runtime == "python" else []
    return (*told, *(_right(kind, rule) for kind, rules in _kinds(permissions) for rule in rules))


def beyond(asked: Permissions, most: Permissions) -> Permissions:
    """Return what *asked* has and *most* does not cover; nothing of it means that it lies within."""
    within = dict(_kinds(Grant(requested=asked, granted=most).effective))
    left = {kind: tuple(r for r in rules if r not in within.get(kind, ())) for kind, rules in _kinds(asked)}
    return _permissions(left)


def diff(
    before: Permissions, after: Permissions, *, runtime_before: str = "wasm", runtime_after: str = "wasm"
) -> tuple[Change, ...]:
    """Return what changes for the owner from one version of a plugin to another, what is asked for anew first."""
    changes = list(_runtime(runtime_before, runtime_after))
    old, new = dict(_kinds(before)), dict(_kinds(after))
    kinds = [(f.name, old.get(f.name, ()), new.get(f.name, ())) for f in fields(Permissions)]
    compare = sum(len(o) * len(n) for _, o, n in kinds if o != n) <= MAX_PAIRS
    for kind, was, now in kinds:
        if was != now:
            changes += _kind_changes(kind, was, now) if compare else _replaced(kind, was, now)
    order = ("added", "widened", "narrowed", "removed")
    return tuple(sorted(changes, key=lambda c: order.index(c.what)))


def _runtime(before: str, after: str) -> Iterable[Change]:
    if before != after and "python" in {before, after}:
        yield Change("added" if after == "python" else "removed", _right("runtime", "python"))


def _replaced(kind: str, old: tuple[str, ...], new: tuple[str, ...]) -> list[Change]:
    before, after = set(old), set(new)
    added = [Change("added", _right(kind, r)) for r in new if r not in before]
    return added + [Change("removed", _right(kind, r)) for r in old if r not in after]


def _kind_changes(kind: str, old: tuple[str, ...], new: tuple[str, ...]) -> list[Change]:
    more = _uncovered(kind, new, old)
    gone = _uncovered(kind, old, new)
    changes, narrowed = [], set()
    for rule in new:
        if rule in old:
            continue
        if rule in more:
            was = next((o for o in old if _covers(kind, rule, o)), None)
            changes.append(Change("widened" if was else "added", _right(kind, rule), was))
        elif was := next((o for o in gone if _covers(kind, o, rule)), None):
            narrowed.add(was)
            changes.append(Change("narrowed", _right(kind, rule), was))
    return changes + [Change("removed", _right(kind, o)) for o in gone if o not in narrowed]


def _uncovered(kind: str, rules: tuple[str, ...], by: tuple[str, ...]) -> tuple[str, ...]:
    return dict(_kinds(beyond(_permissions({kind: rules}), _permissions({kind: by})))).get(kind, ())


def _covers(kind: str, wide: str, narrow: str) -> bool:
    return not _uncovered(kind, (narrow,), (wide,))


def _kinds(permissions: Permissions) -> list[tuple[str, tuple[str, ...]]]:
    """Return the rules by kind; a switch (``kv``) is one rule, named as its kind."""
    told = permissions.to_json().items()
    return [(k, (k,) if v is True else tuple(dict.fromkeys(v))) for k, v in told]


def _permissions(rules: dict[str, tuple[str, ...]]) -> Permissions:
    switches = {f.name for f in fields(Permissions) if f.default is False}
    return Permissions.from_json({k: bool(v) if k in switches else v for k, v in rules.items()})


def _right(kind: str, rule: str) -> Right:
    return Right(kind, rule, *right_in_words(kind, rule))
