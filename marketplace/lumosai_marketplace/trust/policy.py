"""Whom the owner trusts: ``lumos-trust.toml``, and what it says of one plugin.

What an index says about a publisher counts for nothing: a rule is held against the certificate that has been verified.

**Which rule decides.** The rules that name a plugin most closely: its whole name before any glob, then the glob with
the longest beginning (``acme/*`` before ``*``). Where several name it equally closely, one that holds is enough, in the
order of the file. A wider rule does not help where a closer one refuses: who pins a plugin to its publisher is not
undone by a rule for everybody, wherever in the file that stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from lumosai_marketplace.names import Name
from lumosai_marketplace.trust import policyfile, refusals
from lumosai_marketplace.trust.policyfile import FILE_NAME
from lumosai_marketplace.trust.rules import Request, Rule

__all__ = ["FILE_NAME", "Policy", "Request", "Rule"]


@dataclass(frozen=True, slots=True)
class Policy:
    """The rules, in the order of the file *path*, and the file's *text*. Without rules nothing is let in."""

    rules: tuple[Rule, ...] = ()
    path: Path = Path(FILE_NAME)
    text: str = ""

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file; where there is none, nothing is let in. Raises ConfigError naming file, line and key."""
        where = Path(path)
        return cls.parse(policyfile.read(where), where)

    @classmethod
    def parse(cls, text: str, path: Path = Path(FILE_NAME)) -> Self:
        """Read a text, as ``load`` does."""
        return cls(policyfile.parse(text, str(path)).rule, path, text)

    def candidates(self, name: Name) -> tuple[Rule, ...]:
        """Return the rules that decide about a plugin: those that name it most closely."""
        fits = [(fit, rule) for rule in self.rules if (fit := rule.fit(name)) is not None]
        closest = max((fit for fit, _ in fits), default=None)
        return tuple(rule for fit, rule in fits if fit == closest)

    def decide(self, request: Request) -> Rule:
        """Return the rule that lets a plugin in.

        Raises RefusedError ``trust.no-rule``, or ``trust.`` and the key of the closest rule that does not hold, such as
        ``trust.repository-id``; its hint is the command that would let the plugin in.
        """
        judged = [(rule, rule.failures(request)) for rule in self.candidates(request.name)]
        for rule, failed in judged:
            if not failed:
                return rule
        if not judged:
            raise refusals.no_rule(request, self.rules)
        rule, failed = min(judged, key=lambda j: len(j[1]))
        raise refusals.failed(request, rule, failed, self.where(rule))

    def where(self, rule: Rule) -> str:
        """Return where a rule stands: ``lumos-trust.toml:12``."""
        line = policyfile.line_of(self.text, ("rule", self.rules.index(rule)))
        return f"{self.path.name}:{line}" if line else self.path.name

    def add(self, rule: Rule) -> Policy:
        """Write a rule more to the file; comments and order stay. Returns the policy it makes. Raises ConfigError."""
        return self._changed(policyfile.with_rule(policyfile.read(self.path), rule))

    def remove(self, label: str) -> Policy:
        """Take a rule out of the file. Raises NotFoundError, ConfigError."""
        text = policyfile.read(self.path)
        rules = policyfile.parse(text, str(self.path)).rule
        return self._changed(policyfile.without_rule(text, policyfile.find(rules, label)))

    def _changed(self, text: str) -> Policy:
        """Check a text before it takes the file's place: what cannot be read would let nothing in any more."""
        changed = Policy.parse(text, self.path)
        policyfile.write(self.path, text)
        return changed

    def free_name(self, wanted: str) -> str:
        """Return *wanted*, or the next number of it that no rule is called."""
        taken = {r.name for r in self.rules}
        names = (wanted, *(f"{wanted}-{n}" for n in range(2, len(taken) + 3)))
        return next(n for n in names if n not in taken)
