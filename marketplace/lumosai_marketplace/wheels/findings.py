"""What is wrong with a wheel: found one by one, told all at once."""

from __future__ import annotations

from dataclasses import dataclass, field

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.wheels.rules import RULES

MAX_SHOWN = 40
MAX_TEXT = 160


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a wheel breaks, where (a member's name; empty: the file as a whole) and how."""

    rule: str
    member: str
    why: str

    def __str__(self) -> str:
        where = f"{shown(self.member)}: " if self.member else ""
        return f"{self.rule}: {where}{shown(self.why, 2 * MAX_TEXT)}"


@dataclass(slots=True)
class Findings:
    """All findings about the wheel *filename*, the first ``MAX_SHOWN`` of them kept."""

    filename: str
    kept: list[Finding] = field(default_factory=list)
    count: int = 0

    def add(self, rule: str, member: str, why: str) -> None:
        """Note a finding, one for each rule and member. *rule* stands without ``guard.``."""
        found = Finding(f"guard.{rule}", member, why)
        if any((f.rule, f.member) == (found.rule, member) for f in self.kept):
            return
        self.count += 1
        if len(self.kept) < MAX_SHOWN:
            self.kept.append(found)

    def refusal(self) -> RefusedError:
        """Return the error that tells them, by the rule of the first. There has to be one."""
        first = self.kept[0].rule
        lines = [f"{shown(self.filename)} is not let in:", *(f"  {f}" for f in self.kept)]
        if self.count > len(self.kept):
            lines.append(f"  and {self.count - len(self.kept)} more")
        return RefusedError(first, "\n".join(lines), hint=RULES[first])

    def check(self) -> None:
        """Raise RefusedError if anything was found."""
        if self.kept:
            raise self.refusal()


def shown(text: str, most: int = MAX_TEXT) -> str:
    """Return a stranger's text as one line that a terminal, a log or a page can show: printable ASCII, not too long."""
    plain = "".join(c if " " <= c <= "~" else ascii(c)[1:-1] for c in text[:most])
    return plain if len(text) <= most else f"{plain}…"
