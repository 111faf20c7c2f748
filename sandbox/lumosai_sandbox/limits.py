"""What a guest may use."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

KIB = 1024
MIB = 1024 * KIB
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a call, and of the instance that serves it. Sizes in bytes, times in seconds.

    ``fuel`` is wasmtime's count of instructions, None for no count; it makes a call end at the same place every time.
    ``memory`` is the sum over all linear memories, ``tables`` and ``instances`` count the core ones of one component.
    """

    wall: float = 5.0
    cpu: float = 0.5
    memory: int = 128 * MIB
    memories: int = 1
    tables: int = 32
    table_elements: int = 65_536
    instances: int = 64
    fuel: int | None = None
    arguments: int = 64 * KIB
    result: int = MIB
    log: int = 64 * KIB
    host_calls: int = 1_000
    host_text: int = MIB
    concurrency: int = 16

    def to_json(self) -> dict[str, Any]:
        """Return the limits as JSON, for another process."""
        return {f.name: getattr(self, f.name) for f in fields(self)}
