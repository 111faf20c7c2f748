"""How long ``lumos up`` takes from its start to the first 200 of ``/readyz``: ``python bench/cold.py``.

``--imports N`` also tells which modules it imports for longest, by ``python -X importtime`` of one more start.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench.environment import describe, lines
from bench.load.service import cpu_of, free_port, is_ready
from bench.report import heading, target

if TYPE_CHECKING:
    from collections.abc import Iterator

REPEATS: Final = 9
TARGET_SECONDS: Final = 1.5
LIMIT_SECONDS: Final = 60.0
POLL_SECONDS: Final = 0.005
SETTINGS: Final = '[host]\ndata_dir = "data"\n[agents.bench]\nmodel = "scripted/echo"\n'
IMPORTED: Final = re.compile(r"import time:\s*(\d+) \|\s*(\d+) \|( *)(\S+)")


@contextlib.contextmanager
def folder() -> Iterator[tuple[Path, dict[str, str]]]:
    """Yield a folder with a configuration, and an environment whose caches are in it."""
    with tempfile.TemporaryDirectory(prefix="lumos-cold-") as name:
        place = Path(name)
        (place / "lumos.toml").write_text(SETTINGS, encoding="utf-8")
        environment = {key: value for key, value in os.environ.items() if not key.startswith("LUMOS_")}
        environment |= {f"XDG_{kind}_HOME": str(place / kind.lower()) for kind in ("CACHE", "DATA", "CONFIG")}
        yield place, {**environment, "HOME": name}


class Started(NamedTuple):
    """One start: seconds until it was ready, CPU seconds of its own until then, and its standard error."""

    seconds: float
    cpu: float
    said: str


def start(place: Path, environment: dict[str, str], *options: str) -> Started:
    """Start the service with options of the interpreter, wait until it is ready, and stop it.

    Raises:
        SystemExit: when it ends or is not ready in time, with its last words.
    """
    port = free_port()
    argv = [sys.executable, *options, "-m", "lumosai", "up", "--port", str(port)]
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(argv, cwd=place, env=environment, stdout=subprocess.DEVNULL, stderr=said, text=True)
        try:
            while not is_ready(port):
                if process.poll() is not None or time.perf_counter() - began > LIMIT_SECONDS:
                    said.seek(0)
                    sys.exit(f"bench: it does not start: {said.read()[-500:]}\nrun: {' '.join(argv)}")
                time.sleep(POLL_SECONDS)
            took, cpu = time.perf_counter() - began, cpu_of(process.pid)
        finally:
            process.terminate()
            process.wait()
        said.seek(0)
        return Started(took, cpu, said.read())


def imports(text: str, count: int) -> list[str]:
    """Return the modules of an ``-X importtime`` report that took longest, with all they import, as lines."""
    found = [(int(own), int(whole), name) for own, whole, _, name in IMPORTED.findall(text)]
    total = sum(own for own, _, _ in found)
    ranked = sorted(found, key=lambda item: -item[1])[:count]
    told = [f"  {name:56}{whole / 1e3:>9.1f}{own / 1e3:>9.1f}" for own, whole, name in ranked]
    return [heading(f"imports: {len(found)} modules, {total / 1e3:.0f} ms"), f"{'':58}{'ms':>9}{'own':>9}", *told]


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=REPEATS, help="starts (default: %(default)s)")
    parser.add_argument("--imports", type=int, default=0, metavar="N", help="tell the N dearest imports")
    options = parser.parse_args()
    print(*lines(describe()), sep="\n")
    with folder() as (place, environment):
        first = start(place, environment)  # makes the database, the keys, the compiled modules
        starts = [start(place, environment) for _ in range(options.repeats)]
        said = start(place, environment, "-X", "importtime").said if options.imports else ""
    print(heading(f"cold start: lumos up to /readyz, median of {options.repeats}"))
    times = sorted(each.seconds for each in starts)
    print(f"  first {first.seconds:.2f} s; then {times[0]:.2f} .. {times[-1]:.2f} s")
    print(f"  CPU of its own until then {median(each.cpu for each in starts):.2f} s")
    middle = median(times)
    print(target("to the first 200", f"{middle:.2f} s", f"<= {TARGET_SECONDS} s", met=middle <= TARGET_SECONDS))
    if options.imports:
        print(*imports(said, options.imports), sep="\n")


if __name__ == "__main__":
    main()
