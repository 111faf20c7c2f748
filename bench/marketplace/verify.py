"""What verifying costs: warm in a running process, and cold with all imports, as ``lumos plugin verify`` has it.

``python -m bench.marketplace.verify`` prints the figures beside their targets: 5 ms for a warm verification at the
median, and 0.8 s for a cold one from the start of the interpreter. It makes a private instance in a temporary folder.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.marketplace.trust.making import DESCRIBED, FILENAME, SHA256, Instance, workflow

from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.trust.verify import Verifier

WARM_MS, COLD_MS = 5.0, 800.0
_COLD = """
import json, sys, time
began = time.perf_counter()
from pathlib import Path
from lumosai_marketplace.trust.roots import Roots
from lumosai_marketplace.trust.verify import Verifier
folder = Path(sys.argv[1])
verifier = Verifier(Roots.from_file(folder / "root.json"))
attestation = json.loads((folder / "attestation.json").read_bytes())
verifier.verify(attestation, sys.argv[2], sys.argv[3])
print((time.perf_counter() - began) * 1000)
"""


def warm(verifier: Verifier, attestations: list[dict[str, Any]], rounds: int) -> list[float]:
    """Return the milliseconds of *rounds* verifications."""
    out = []
    for n in range(rounds + 20):
        begin = time.perf_counter()
        verifier.verify(attestations[n % len(attestations)], FILENAME, SHA256)
        out.append((time.perf_counter() - begin) * 1000)
    return out[20:]


def cold(folder: Path, times: int) -> list[tuple[float, float]]:
    """Return the milliseconds of processes that verify once: all of it, and without the interpreter's start."""
    out = []
    for _ in range(times):
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", _COLD, str(folder), FILENAME, SHA256], check=True, capture_output=True, text=True
        )
        out.append(((time.perf_counter() - begin) * 1000, float(done.stdout)))
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=500)
    parser.add_argument("--cold", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        instance = Instance(Authority.create(folder / "authority", url="https://market.example"))
        made = [instance.attestation(DESCRIBED, workflow()) for _ in range(20)]
        (folder / "root.json").write_text(instance.roots.text, encoding="utf-8")
        (folder / "attestation.json").write_text(json.dumps(made[0]), encoding="utf-8")
        times = sorted(warm(Verifier(instance.roots), made, arguments.rounds))
        p50, p95 = statistics.median(times), times[int(len(times) * 0.95)]
        print(f"warm verify        p50 {p50:7.2f} ms   p95 {p95:7.2f} ms   target p50 <= {WARM_MS:g} ms")
        runs = cold(folder, arguments.cold)
        whole, inner = (statistics.median(r[i] for r in runs) for i in (0, 1))
        print(f"cold verify        all {whole:7.0f} ms   work {inner:6.0f} ms   target all <= {COLD_MS:g} ms")


if __name__ == "__main__":
    main()
