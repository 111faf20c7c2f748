"""What a host reads at its start does not bring sigstore along: it takes a third of a second, and 55 MiB."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("sigstore", "cryptography", "tuf", "requests", "sqlalchemy", "rfc3161_client", "tomlkit")


@pytest.mark.parametrize(
    "module",
    [
        "bundles",
        "certificates",
        "checkpoints",
        "pep740",
        "permissions",
        "policy",
        "revocations",
        "roots",
        "signing",
        "strict",
        "tufclient",
        "verify",
    ],
)
def test_importing_a_module_imports_nothing_heavy(module: str) -> None:
    code = f"import sys, lumosai_marketplace.trust.{module}\nprint(*(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not done.stdout.strip()
