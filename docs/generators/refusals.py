"""Every rule by which something is refused, from the code that refuses; what each means and what helps."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import lumosai_marketplace
from generators.markdown import code, page, prose, sentence, table
from generators.refusals_told import GROUPS, TOLD
from lumosai_marketplace.trust.rules import Rule
from lumosai_marketplace.wheels.rules import RULES

INTRO = """
Whatever a marketplace or a host does not let in is refused by a rule, and the rule is named: in the message of the
command, as `rule` in its JSON, and as `rule` in the problem that an index answers with. Rules are stable. The part
before the dot says who refuses; a command that was refused ends with 7, and nothing it would have written is there.

*Where* says who looks: the **host** that installs, the **index** that takes an upload, or **both**, each for itself.
[What it is good for](../explanation/threats.md) is told by the threat model.
"""
_RULE = re.compile(rf"({'|'.join(GROUPS)})\.[a-z][a-z0-9-]*", re.ASCII)
_FILES = ("md", "html", "json", "toml", "db")
_INDEX = ("service/", "log/envelope.py", "log/rows.py", "log/store.py")
_BOTH = ("wheels/", "statement.py", "trust/verify.py", "trust/strict.py", "trust/bundles.py", "trust/pep740.py",
         "trust/roots.py", "trust/certificates.py")  # fmt: skip
_WHO = ("issuer", "subject", "repository", "repository_id", "owner_id", "workflow", "ref")
_CONDITIONS = ("instance", "index", *_WHO, "kinds", "runtime", "max_permissions", "min_age")


def pages() -> dict[str, str]:
    """Return the page."""
    return {"refusals.md": page("Refusals", INTRO, *(t for group, told in GROUPS.items() for t in _group(group, told)))}


@cache
def rules() -> dict[str, str]:
    """Return every rule that the code names, with who looks."""
    root = Path(lumosai_marketplace.__file__).parent
    found: dict[str, set[str]] = {}
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and _is_rule(node.value):
                found.setdefault(node.value, set()).add(path.relative_to(root).as_posix())
    named = {rule: _where(paths) for rule, paths in found.items()}
    return {**dict.fromkeys(RULES, "both"), **dict.fromkeys(_conditions(), "host"), **named}


def undescribed() -> list[str]:
    """Return the rules that the code names and nobody explains, or the other way round."""
    return sorted(rules().keys() ^ {*TOLD, *RULES, *_conditions()})


def _is_rule(text: str) -> bool:
    return _RULE.fullmatch(text) is not None and not text.endswith(tuple(f".{f}" for f in _FILES))


def _where(paths: set[str]) -> str:
    sides = {"index" if p.startswith(_INDEX) else "both" if p.startswith(_BOTH) else "host" for p in paths}
    return sides.pop() if len(sides) == 1 else "both"


def _conditions() -> dict[str, tuple[str, str]]:
    """Return the conditions of the owner's rules, each of which is a rule that refuses."""
    return {f"trust.{key.replace('_', '-')}": (_condition(key), _allows(key)) for key in _CONDITIONS}


def _condition(key: str) -> str:
    return f"The rule that decides does not fit: its {code(key)}. {Rule.model_fields[key].description}"


def _allows(key: str) -> str:
    if key in _WHO:
        return "`lumos trust add`, as the refusal tells it, if that is whom you mean"
    return {"min_age": "wait, or change `min_age` in `lumos-trust.toml`"}.get(
        key, f"`lumos trust add … --{key.replace('_', '-')} …`, as the refusal tells it, if you mean that"
    )


def _group(group: str, told: str) -> Iterator[str]:
    yield f"## {code(group)}"
    yield prose(told)
    if group == "guard":
        yield table(("rule", "where", "what is let in"), ((r, where, line) for r, where, line, _ in _rows(group)))
    else:
        yield table(("rule", "where", "meaning", "what helps"), _rows(group))


def _rows(group: str) -> Iterator[tuple[str, str, str, str]]:
    explained = {**TOLD, **_conditions()}
    for rule, where in sorted(rules().items()):
        if rule.partition(".")[0] == group:
            if rule not in explained and rule not in RULES:
                msg = f"tell in docs/generators/refusals_told.py what {rule} means, and what helps"
                raise SystemExit(msg)
            meaning, helps = explained[rule] if rule in explained else (RULES[rule], "")
            yield code(rule), where, sentence(meaning), helps
