"""Asking the owner: what a plugin wants, in plain words, and who answers for whom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.trust.permissions import Change, Right


@dataclass(frozen=True, slots=True)
class Question:
    """All that the owner needs to decide. ``before`` is the version that is installed, or nothing.

    ``rights`` is all that the plugin wants, ``changes`` what of it is new, wider, narrower or gone; ``allowed_unasked``
    tells whether a rule of lumos-trust.toml has said beforehand that this much is granted. Of a plugin of one's own,
    ``signs`` is the wheel that the answer signs, and ``adds_rule`` tells that *rule* is not there yet, and is added.
    """

    name: Name
    version: str
    before: str
    runtime: str
    description: str
    rights: tuple[Right, ...]
    changes: tuple[Change, ...]
    signer: Signer
    signed: float
    index: str
    rule: str
    allowed_unasked: bool
    signs: str = ""
    adds_rule: bool = False

    @property
    def asks_for_more(self) -> bool:
        """Whether anything is wanted that was not agreed to before."""
        return any(c.asks_for_more for c in self.changes)

    def to_json(self) -> dict[str, Any]:
        """Return it for a user interface."""
        return {
            "plugin": self.name.screen,
            "version": self.version,
            "before": self.before or None,
            "runtime": self.runtime,
            "description": self.description,
            "rights": [r.to_json() for r in self.rights],
            "changes": [c.to_json() for c in self.changes],
            "asks_for_more": self.asks_for_more,
            "signer": self.signer.to_json(),
            "signed": self.signed,
            "index": self.index,
            "rule": self.rule,
            "signs": self.signs or None,
            "adds_rule": self.adds_rule,
        }


Ask = Callable[[Question], Awaitable[bool]]


async def up_to_policy(question: Question) -> bool:
    """Agree as far as lumos-trust.toml says: this is ``--yes``. Raises RefusedError ``consent.needed``."""
    if question.adds_rule:
        raise RefusedError(
            "consent.needed",
            f"{question.name} {question.version}: no rule lets your own {question.name} in, and --yes adds none",
            hint=f"leave out --yes and answer, or: lumos trust add {question.name} --instance {question.index}",
        )
    if not question.asks_for_more or question.allowed_unasked:
        return True
    raise RefusedError(
        "consent.needed",
        f"{question.name} {question.version} asks to {'; '.join(wanted(question))}; that is yours to grant",
        hint="leave out --yes and answer, or set max_permissions, and kinds if it brings other things, of the rule"
        f" {question.rule!r} in lumos-trust.toml",
    )


async def nobody(question: Question) -> bool:
    """Agree, where nobody can be asked, to what asks for nothing new. Raises RefusedError ``consent.nobody``."""
    if not (question.asks_for_more or question.adds_rule or question.signs):
        return True
    asks = f"asks to {'; '.join(wanted(question))}" if question.asks_for_more else "is to be signed by you"
    raise RefusedError(
        "consent.nobody",
        f"{question.name} {question.version} {asks}, and there is nobody to ask",
        hint="run it in a terminal, or with --yes and max_permissions (and kinds) in lumos-trust.toml",
    )


def wanted(question: Question) -> list[str]:
    """Return what is asked for anew, in plain words."""
    return [c.right.words for c in question.changes if c.asks_for_more]


def declined(question: Question) -> RefusedError:
    """Return the refusal of somebody who said no."""
    return RefusedError(
        "consent.declined",
        f"{question.name} {question.version} is not installed: you said no",
        hint="what is installed stays as it is",
    )
