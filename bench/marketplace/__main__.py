"""All benches of the marketplace, each in a process of its own: ``python -m bench.marketplace``."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

BENCHES: Final = ("verify", "guard", "install", "service", "squat", "search", "log")


def main() -> int:
    """Run one after another; tell whether all ended well."""
    failed = 0
    for name in BENCHES:
        print(f"\n== {name}", flush=True)
        failed |= subprocess.run([sys.executable, "-m", f"bench.marketplace.{name}"], check=False).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
