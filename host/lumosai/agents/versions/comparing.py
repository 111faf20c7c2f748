"""What is different between two versions of an agent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any


@dataclass(frozen=True, slots=True)
class Change:
    """One key that is different: ``was`` is None where it is new, ``now`` where it is gone."""

    key: str
    was: Any
    now: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the version ``number`` changes of ``base``; None is what ``lumos.toml`` says, of which there is no version.

    ``diff`` is a unified diff of the two as they stand in ``lumos.toml``, nothing where they are the same.
    """

    base: int | None
    number: int
    changes: Sequence[Change]
    diff: str


def changes(was: Mapping[str, Any], now: Mapping[str, Any], before: str = "") -> Iterator[Change]:
    """Yield the keys that differ, dotted, in order; of tables those within."""
    for key in sorted({*was, *now}):
        old, new = was.get(key), now.get(key)
        if old == new:
            continue
        dotted = f"{before}{key}"
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from changes(old, new, f"{dotted}.")
        else:
            yield Change(dotted, old, new)


def patch_between(was: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Return the merge patch (RFC 7396) that makes the one the other."""
    out: dict[str, Any] = dict.fromkeys(was.keys() - now.keys())
    for key, value in now.items():
        old = was.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping):
            if within := patch_between(old, value):
                out[key] = within
        elif key not in was or old != value:
            out[key] = value
    return out


def as_toml(agent: str, table: Mapping[str, Any]) -> str:
    """Return an agent's table as it stands in ``lumos.toml``. Texts of several lines are shown as such."""
    import tomlkit

    made = tomlkit.table()
    for key, value in table.items():
        many = isinstance(value, str) and "\n" in value
        made[key] = tomlkit.string(value, multiline=True) if many else value
    agents = tomlkit.table(is_super_table=True)
    agents[agent] = made
    return tomlkit.dumps({"agents": agents})


def diff(agent: str, was: tuple[str, Mapping[str, Any]], now: tuple[str, Mapping[str, Any]]) -> str:
    """Return the unified diff of two named tables as TOML; nothing where they are the same."""
    (before, old), (after, new) = ((name, as_toml(agent, table).splitlines()) for name, table in (was, now))
    return "\n".join(unified_diff(old, new, before, after, lineterm=""))
