"""What a plugin brings, beside what it asks for: some kinds see all that passes, whatever their permissions are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from lumosai_marketplace.trust.permissions import Change, Right
from lumosai_marketplace.trust.words import Risk

KIND = "contributes"
USUAL: Final = frozenset({"tool"})
"""What a plugin is expected to bring: nobody is asked about it when they install one."""

_WORDS: Final[dict[str, tuple[str, Risk]]] = {
    "tool": ("give your agents tools to call", "low"),
    "step": ("take part in workflows, where they name it", "low"),
    "command": ("add commands to lumos, which run with your rights", "medium"),
    "scorer": ("judge what your agents answer, and see it", "medium"),
    "panel": ("show pages of its own in the Studio", "medium"),
    "provider": ("answer as a model, and see all that it is asked", "medium"),
    "route": ("answer requests from the network, at an address of its own in this host", "high"),
    "monitor": ("watch all that happens in the host", "high"),
    "processor": ("see and change what passes between people, agents and models", "high"),
    "memory": ("see your conversations, and change what agents remember of them", "high"),
    "vectors": ("keep what your agents know and remember, and hand it out", "high"),
    "storage": ("keep the host's conversations, and hand them out", "high"),
    "auth": ("say who may use the host, and see what they prove it with", "high"),
    "hooks": ("see and change whatever the host does", "high"),
}


def brought(kinds: Collection[str], changes: Collection[Change] = ()) -> tuple[Right, ...]:
    """Return what contributions of *kinds* let a plugin do: all but the usual, and that where *changes* has it."""
    new = {c.right.rule for c in changes if c.right.kind == KIND}
    return tuple(_right(kind) for kind in sorted(kinds) if kind not in USUAL or kind in new)


def compared(before: Collection[str], after: Collection[str]) -> tuple[Change, ...]:
    """Return which kinds are new in what a plugin brings, and which are gone."""
    added = [Change("added", _right(kind)) for kind in sorted(set(after) - set(before))]
    return *added, *(Change("removed", _right(kind)) for kind in sorted(set(before) - set(after)))


def _right(kind: str) -> Right:
    words, risk = _WORDS.get(kind, (f"do what a plugin of the kind {kind} does", "high"))
    return Right(KIND, kind, words, risk)
