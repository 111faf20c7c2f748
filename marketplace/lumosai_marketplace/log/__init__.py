"""The transparency log: what was published, for everybody to see.

``tree``, ``tiles``, ``note``, ``verify`` and ``monitor`` are for clients; ``store`` and ``rekor`` are the log itself.
"""

from __future__ import annotations

__all__: list[str] = []
