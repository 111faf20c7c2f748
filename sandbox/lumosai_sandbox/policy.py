"""What a plugin may use, and where it runs: the manifest's wishes, the host's ceilings, and the owner's last word."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lumosai_sandbox.limits import GIB, KIB, MIB, Limits
from lumosai_sandbox.runner import KeyOf, no_key
from lumosai_sdk.errors import InputError, PermissionDeniedError
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.sandbox import SandboxPolicy, Tier

LARGE_COMPONENT = 10 * MIB
"""Bytes. A component of this size carries a Python (or the like) with it, which needs more memory to begin with."""
LARGE_MEMORY = 256 * MIB
_QUANTITY = re.compile(r"(?P<number>\d{1,6}(?:\.\d{1,6})?)\s*(?P<unit>B|KiB|MiB|GiB|ms|s|min)", re.ASCII)
_UNITS = {"B": 1, "KiB": KIB, "MiB": MIB, "GiB": GIB, "ms": 0.001, "s": 1.0, "min": 60.0}
_TIMES = frozenset({"ms", "s", "min"})
# The words of a manifest's [limits], and the fields of Limits they stand for.
_FIELDS = {"time": "wall"}
KEYS = frozenset(
    {
        "memory",
        "time",
        "cpu",
        "fuel",
        "arguments",
        "result",
        "log",
        "host_calls",
        "concurrency",
        "memories",
        "tables",
        "instances",
    }
)
_ARE_TIMES = frozenset({"time", "cpu"})


class Shape(Protocol):
    """What a component is, as ``lumosai_sandbox.artefacts`` tells it."""

    @property
    def ours(self) -> bool: ...

    @property
    def wasi(self) -> bool: ...


class Support(Protocol):
    """Whether this system can jail a process; ``reason`` says why not."""

    @property
    def reason(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Decision:
    """Where a plugin runs, and why there. ``loud`` is set where that is less than its owner asked for."""

    tier: Tier
    why: str
    loud: bool = False


def decide(shape: Shape, policy: SandboxPolicy, support: Support) -> Decision:
    """Return where a component runs. Raises PermissionDeniedError where it may run nowhere on this system."""
    no_process = _why_not_in_process(shape)
    if policy.tier == "process":
        if no_process is None:
            return Decision("process", 'its owner chose [plugins.<name>] or [sandbox] tier = "process"')
        if support.reason is None:
            return Decision("jail", f'its owner chose the tier "process", but {no_process}', loud=True)
    elif support.reason is None:
        return Decision("jail", "the default: a worker process without rights of its own")
    if no_process is not None:
        raise PermissionDeniedError(
            f"it needs a jail, which this system does not offer: {support.reason}; and {no_process}",
            hint="run the host where processes can be jailed (Linux with Landlock and seccomp)",
        )
    if policy.without_jail == "degrade":
        return Decision("process", f"DEGRADED: no jail on this system ({support.reason})", loud=True)
    raise PermissionDeniedError(
        f"it needs a jail, which this system does not offer: {support.reason}",
        hint='to run it in the host\'s own process, held by the engine alone: [sandbox] without_jail = "degrade"',
    )


def _why_not_in_process(shape: Shape) -> str | None:
    if not shape.ours:
        return "a component that was not made for this host runs in a jail only"
    if shape.wasi:
        return "a component that imports WASI runs in a jail only"
    return None


# --- limits


def limits_of(policy: SandboxPolicy, manifest: Mapping[str, Any], component_size: int = 0) -> Limits:
    """Return what a plugin may use: its manifest's wishes or the defaults, up to the ceilings, then its owner's word.

    *manifest* is the manifest's ``limits``, *component_size* in bytes. Raises InputError naming the key.
    """
    wanted = {"memory": LARGE_MEMORY} if component_size > LARGE_COMPONENT else {}
    out = {**Limits().to_json(), **wanted, **_parsed(manifest)}
    for name, ceiling in _parsed(policy.ceilings).items():
        out[name] = ceiling if out[name] is None else min(out[name], ceiling)
    return Limits(**{**out, **_parsed(policy.limits)})


def _parsed(words: Mapping[str, Any]) -> dict[str, Any]:
    return {_FIELDS.get(k, k): quantity(k, v) for k, v in words.items() if v is not None}


def quantity(key: str, value: Any) -> Any:
    """Return the value of a limit: bytes for ``"64MiB"``, seconds for ``"2s"``, a count as it is. Raises InputError."""
    if key not in KEYS:
        raise InputError(f"limits: there is no {key!r}; there are: {', '.join(sorted(KEYS))}")
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return float(value) if key in _ARE_TIMES else value
    match = _QUANTITY.fullmatch(value) if isinstance(value, str) else None
    if match is None or (match["unit"] in _TIMES) != (key in _ARE_TIMES):
        example = "2s" if key in _ARE_TIMES else "64MiB"
        raise InputError(f"limits.{key}: {value!r} is no quantity; write it as {example!r}")
    number = float(match["number"]) * _UNITS[match["unit"]]
    if number <= 0:
        raise InputError(f"limits.{key}: must be more than nothing")
    return number if key in _ARE_TIMES else int(number)


# --- state


def key_of(state: str) -> KeyOf:
    """Return what tells which calls share an instance, for a manifest's ``state``: ``no_key`` for one without."""
    return _KEYS[state]


def _of_session(caller: Caller) -> Hashable:
    # Without a thread, or a run, there is no session: such a call is one of its own.
    part = ("thread", caller.thread_id) if caller.thread_id else ("run", caller.run_id) if caller.run_id else None
    return None if part is None else (caller.tenant, caller.subject, *part)


def _of_tenant(caller: Caller) -> Hashable:
    return caller.tenant


def _of_plugin(_: Caller) -> Hashable:
    return "plugin"


_KEYS: dict[str, KeyOf] = {
    "none": no_key,
    "session": _of_session,
    "tenant": _of_tenant,
    "plugin": _of_plugin,
}
