"""What a worker process may use in all, whatever it claims of its guests."""

from __future__ import annotations

from pathlib import Path

from lumosai_sandbox.limits import MIB, Limits

OWN = 96 * MIB
"""What the worker itself may come to need: buffers of texts, the interpreter's own memory, garbage on its way out."""
PER_INSTANCE = 3 * MIB
"""Stack, tables and bookkeeping of an instance."""
RESERVED = 4 * 1024 * MIB + 256 * MIB
"""Addresses that wasmtime sets aside for a memory, guard pages included."""
SPARES = 4


def budget(limits: Limits, *, stateful: bool) -> tuple[int, int]:
    """Return the bytes of memory and the bytes of addresses that guests within *limits* may take together."""
    from lumosai_sandbox.engine.instances import MAX_KEPT

    instances = limits.concurrency + SPARES + (MAX_KEPT if stateful else 0)
    data = OWN + limits.memory * limits.concurrency + PER_INSTANCE * instances
    return data, OWN + instances * (limits.memories * RESERVED + PER_INSTANCE)


def apply(limits: Limits, *, stateful: bool) -> None:
    """Limit this process to what it uses now and its guests may in addition; nothing locked, written or dumped."""
    import resource

    data, addresses = budget(limits, stateful=stateful)
    used_addresses, used_data = _used()
    for name, wanted in (
        (resource.RLIMIT_AS, used_addresses + addresses),
        (resource.RLIMIT_DATA, used_data + data),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_MEMLOCK, 0),
        (resource.RLIMIT_MSGQUEUE, 0),
    ):
        hard = resource.getrlimit(name)[1]
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(name, (most, most))


def no_more_files() -> None:
    """Let this process open nothing from now on."""
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def _used() -> tuple[int, int]:
    """Return the bytes of addresses and of data this process has now (proc(5), ``/proc/pid/statm``)."""
    import resource

    fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    return int(fields[0]) * resource.getpagesize(), int(fields[5]) * resource.getpagesize()
