"""WebAssembly plugins behind the SDK's Protocols: engine, jail, rights."""

from __future__ import annotations

__all__: list[str] = []
