"""A suite: what ``lumos eval run`` does, from ``evals.toml`` and its arguments."""

from __future__ import annotations

import tomllib
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from lumosai_sdk.errors import ConfigError, InputError

FILE = "evals.toml"
OVERALL = "score"
_KEYS = {"agent": str, "dataset": str, "scorers": list, "concurrency": int, "fail_under": dict}
_MOST_AT_ONCE = 256


@dataclass(frozen=True, slots=True)
class Suite:
    """An agent, a dataset (a file, or the name of one that is stored), the scorers, and what must be reached."""

    agent: str = ""
    dataset: str = ""
    scorers: tuple[str, ...] = ()
    concurrency: int = 4
    fail_under: Mapping[str, float] = field(default_factory=dict)
    base: Path = Path()

    def checked(self) -> Suite:
        """Return it if nothing is missing. Raises InputError."""
        for key in ("agent", "dataset", "scorers"):
            if not getattr(self, key):
                raise InputError(
                    f"which {key}?", hint=f"name it in {FILE}, or by --{key.rstrip('s') if key == 'scorers' else key}"
                )
        if not 1 <= self.concurrency <= _MOST_AT_ONCE:
            raise InputError(f"concurrency is from 1 to {_MOST_AT_ONCE}")
        if strange := self.fail_under.keys() - {OVERALL, *self.scorers}:
            raise InputError(f"fail_under: {min(strange)!r} is not among the scorers of this run")
        return self


def scorer_id(name: str) -> str:
    """Return the id of a scorer; those of this plugin may be named without its name."""
    return name if "." in name else f"evals.{name}"


def load(path: Path) -> Suite:
    """Return the suite of a file. Raises ConfigError naming the file and key."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as e:
        raise ConfigError(f"{path}: cannot be read: {e.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise ConfigError(f"{path}: is not TOML: {e}") from None
    for key, value in data.items():
        if key not in _KEYS:
            raise ConfigError(f"{path}: there is no {key!r}; there are {', '.join(_KEYS)}")
        if not isinstance(value, _KEYS[key]) or isinstance(value, bool):
            raise ConfigError(f"{path}: {key} must be {_KEYS[key].__name__}")
    if not all(isinstance(s, str) for s in data.get("scorers", ())):
        raise ConfigError(f"{path}: scorers must be ids of scorers")
    data["scorers"] = tuple(map(scorer_id, data.get("scorers", ())))
    data["fail_under"] = {_gate(k): _share(v, f"{path}: fail_under.{k}") for k, v in data.get("fail_under", {}).items()}
    return Suite(**data, base=path.resolve().parent)


def _gate(name: str) -> str:
    return name if name == OVERALL else scorer_id(name)


def _share(value: Any, where: str) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1.0
    if not 0 <= number <= 1:
        raise ConfigError(f"{where}: {value!r} must be a number from 0 to 1")
    return number


def gates(given: Sequence[str]) -> dict[str, float]:
    """Return what ``--fail-under`` says: ``0.8``, or ``relevancy=0.7``. Raises ConfigError."""
    out: dict[str, float] = {}
    for text in given:
        name, is_named, number = text.rpartition("=")
        out[_gate(name) if is_named else OVERALL] = _share(number, "--fail-under")
    return out


def of(arguments: Namespace, base: Path) -> Suite:
    """Return the suite of the arguments, which go before those of the file. Raises ConfigError, InputError."""
    named = Path(arguments.suite) if arguments.suite else base / FILE
    suite = load(named) if arguments.suite or named.is_file() else Suite(base=base)
    changes: dict[str, Any] = {k: getattr(arguments, k) for k in ("agent", "concurrency") if getattr(arguments, k)}
    if arguments.dataset:
        changes |= {"dataset": arguments.dataset, "base": Path()}
    if arguments.scorer:
        changes["scorers"] = tuple(map(scorer_id, arguments.scorer))
    fail_under = {**suite.fail_under, **gates(arguments.fail_under)}
    if arguments.scorer:
        kept = {OVERALL, *changes["scorers"], *gates(arguments.fail_under)}
        fail_under = {k: v for k, v in fail_under.items() if k in kept}
    return replace(suite, **changes, fail_under=fail_under).checked()
