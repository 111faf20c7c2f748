"""A load of what is installed imports nothing that only an installation needs."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("sigstore", "cryptography", "tuf", "requests", "sqlalchemy", "fastapi", "aiohttp", "tomlkit")
MODULES = ("lumosai.plugins.delivered", "lumosai.plugins.stored", "lumosai_marketplace.store.check",
           "lumosai_marketplace.client.lock", "lumosai_marketplace.client.keeper")  # fmt: skip


def test_a_load_imports_neither_sigstore_nor_anything_as_heavy() -> None:
    code = f"import sys, {', '.join(MODULES)}\nprint(*(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == []
