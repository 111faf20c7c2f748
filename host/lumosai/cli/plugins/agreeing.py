"""Asking the person at the terminal whether a plugin may have what it wants."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lumosai.cli import style
from lumosai.cli.output import tell
from lumosai_marketplace.trust.rules import LOCAL
from lumosai_sdk import safe

if TYPE_CHECKING:
    from lumosai_marketplace.client.consent import Question
    from lumosai_marketplace.signer import Signer

_MARKS = {"low": ("·", style.DIM), "medium": ("!", style.YELLOW), "high": ("‼", style.RED)}
_WORDS = {"added": "new", "widened": "wider", "narrowed": "narrower", "removed": "gone"}


async def at_terminal(question: Question) -> bool:
    """Show what a plugin is and wants, and take nothing but a clear yes."""
    from lumosai.cli.asking import read_terminal

    show(question)
    default = not (question.asks_for_more or question.signs or question.adds_rule)
    ask = "sign it, as yours, and install it?" if question.signs else "install it?"
    while True:
        said = await read_terminal(f"{ask} [{'Y/n' if default else 'y/N'}] ")
        match (said or "").strip().casefold():
            case "y" | "yes":
                return True
            case "":
                return default and said is not None
            case "n" | "no":
                return False
        tell("  y or n")


def show(question: Question) -> None:
    """Show what there is to decide."""
    before = f" (installed: {question.before})" if question.before else ""
    tell(style.paint(safe.line(f"{question.name} {question.version}{before}"), style.BOLD, sys.stderr))
    if question.description:
        tell(f"  {safe.line(question.description)[:300]}")
    for line in _from(question):
        tell(f"  {safe.line(line)}")
    told = {(c.right.kind, c.right.rule): c for c in question.changes}
    if not question.rights:
        tell("  it asks for nothing: it computes, and cannot reach anything else")
    for right in question.rights:
        change = told.get((right.kind, right.rule))
        _line(right.risk, right.words, _WORDS[change.what] if change and question.before else "")
    for change in question.changes:
        if change.what == "removed":
            tell(style.paint(safe.line(f"  - no longer wants to {change.right.words}"), style.DIM, sys.stderr))


def _from(question: Question) -> Iterator[str]:
    """Yield whose it is, and what lets it in."""
    if question.index != LOCAL:
        yield f"signed by {who(question.signer)}"
        yield f"from {question.index}; let in by the rule {question.rule!r}"
        return
    if question.signs:
        yield f"signed by nobody yet: your answer signs {question.signs}, as you, on this machine"
        yield "whoever gave it to you has not signed it here: sign what you have built, or have read"
    else:
        yield "signed by you, on this machine"
    if question.adds_rule:
        yield f"your answer adds the rule {question.rule!r}: {question.name} is let in where you have signed it here"
    else:
        yield f"let in by the rule {question.rule!r}"


def _line(risk: str, words: str, news: str) -> None:
    mark, code = _MARKS[risk]
    more = f"  ({news})" if news else ""
    tell(f"  {style.paint(mark, code, sys.stderr)} may {safe.line(words)}{style.paint(more, style.YELLOW, sys.stderr)}")


def who(signer: Signer) -> str:
    """Return a signer on one line."""
    if signer.repository:
        return f"{signer.repository} ({signer.workflow or 'a workflow'} at {signer.ref or 'some ref'})"
    return f"{signer.subject}, says {signer.issuer}"
