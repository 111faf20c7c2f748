"""`python bench/marketplace/guard.py`: what the guard costs, in processor time and memory, for the example plugins.

They have to be built before: `make plugins`.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[2]
sys.path[0] = str(ROOT)

from bench import environment  # noqa: E402

from lumosai_marketplace.wheels import extract, read_wheel  # noqa: E402
from lumosai_sdk.building import project, wheel  # noqa: E402

RUNS = 7
MB = 1_000_000


def main() -> None:
    print(", ".join(f"{k} {v}" for k, v in environment.describe().items() if k in {"python", "cpu", "cores", "load"}))
    print(f"{'wheel':<24}{'MB':>8}{'unpacked':>10}{'first':>9}{'guard':>9}{'extract':>9}  (ms of processor time)")
    built = sorted(ROOT.glob("plugins/*/.lumos/wasm/*/plugin.wasm"), key=lambda p: p.stat().st_size)
    with tempfile.TemporaryDirectory() as name:
        for wasm in built:
            folder = Path(name) / wasm.parent.name
            folder.mkdir()
            manifest = (wasm.parent / "lumos-plugin.toml").read_text(encoding="utf-8")
            _measure(wheel.write(project.read(wasm.parents[3]), wasm.read_bytes(), manifest, folder))
    print(f"peak memory of all of it: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB")


def _measure(path: Path) -> None:
    data = path.read_bytes()
    times = []
    for _ in range(RUNS):
        began = time.process_time()
        read_wheel(path.name, data)
        times.append(1000 * (time.process_time() - began))
    found = read_wheel(path.name, data)
    with tempfile.TemporaryDirectory() as name:
        began = time.process_time()
        extract(data, found, Path(name))
        writing = 1000 * (time.process_time() - began)
    size = sum(m.size for m in found.files)
    figures = f"{len(data) / MB:>8.2f}{size / MB:>10.2f}{times[0]:>9.1f}{median(times):>9.1f}{writing:>9.1f}"
    print(f"{found.name.screen:<24}{figures}")


if __name__ == "__main__":
    main()
