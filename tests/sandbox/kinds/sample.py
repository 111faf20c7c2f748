"""The sample plugin, staged with the storage it borrows, and built once for all sessions that need the same."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from lumosai_sandbox.building import Builder
from lumosai_sdk.building import build

ROOT = Path(__file__).parents[3]
SOURCE = ROOT / "tests/sandbox/plugins/sample"
MEMORY = ROOT / "plugins/lumosai_plugins/memory"
SDK = ROOT / "plugin_sdk/lumosai_sdk"


def staged(folder: Path) -> Path:
    """Copy the sample to *folder*, with the memory storage as a part of it, and return that."""
    target = folder / "sample"
    shutil.copytree(SOURCE, target, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
    memory = target / "lumos_sample/memory"
    memory.mkdir(exist_ok=True)
    for path in MEMORY.glob("*.py"):
        text = path.read_text(encoding="utf-8").replace("lumosai_plugins.memory", "lumos_sample.memory")
        (memory / path.name).write_text(text, encoding="utf-8")
    return target


def built(project: Path, cache: Path) -> Path:
    """Return the folder with the staged sample's component and manifest, built below *cache* if it is not there."""
    done = cache / f"sample-{_digest(project)}"
    with _alone(cache / "lock"):
        if not (done / "plugin.wasm").exists():
            making = cache / "making"
            shutil.rmtree(making, ignore_errors=True)
            build(project, out=making, sandbox=Builder(cache / "compiled"), pack=False)
            making.replace(done)
    return done


def _digest(project: Path) -> str:
    out = hashlib.sha256(f"{version('componentize-py')} {sys.version_info[:2]}".encode())
    folders = (project, *(SDK / n for n in ("building", "guest", "host", "kinds", "types", "wit")))
    files = [p for f in folders for p in f.rglob("*") if p.suffix in {".py", ".toml", ".wit"}]
    for path in [*sorted(files), *sorted(SDK.glob("*.py"))]:
        out.update(path.name.encode() + b"\0" + path.read_bytes())
    return out.hexdigest()[:24]


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Keep the other workers of the test run waiting: one build is enough."""
    with lock.open("w") as f:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(f, fcntl.LOCK_EX)
        yield
