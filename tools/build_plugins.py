"""Build the sandboxed plugins of this repository where their sources or their builders changed: ``make plugins``.

What is built lies in the plugin's ``.lumos`` folder, which git ignores: the component and its manifest, as
``lumos plugin test`` leaves them, and the code compiled from it. The tests take it from there.
"""
# ruff: noqa: INP001, D103 - a script, whose functions say by their names what they do

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SDK = ROOT / "plugin_sdk" / "lumosai_sdk"
SANDBOX = ROOT / "sandbox" / "lumosai_sandbox"
SCRATCH = ".lumos"
LANGUAGES = {"python": "componentize-py", "zig": "ziglang", "c": "ziglang", "js": "", "rust": ""}
IGNORED = frozenset({SCRATCH, "dist", "node_modules", "tests", "README.md"})
JOBS = 2


def main() -> int:
    """Return 1 when a plugin could not be built that has to be: on a CI machine, all of them."""
    os.environ.setdefault("LUMOS_CACHE", str(ROOT / ".venv" / "lumos"))
    stale = [f for f in folders() if not is_fresh(f)]
    if any(language(f) == "js" for f in stale) and not has_node():
        lacking = [f for f in stale if language(f) == "js"]
        names = ", ".join(f.name for f in lacking)
        say(f"not built: {names}: they need Node 20 and npm (Debian, Ubuntu: apt install nodejs npm)")
        if os.environ.get("CI"):
            return 1
        stale = [f for f in stale if f not in lacking]
    if any(language(f) == "js" for f in stale):
        install_toolchain()
    with ThreadPoolExecutor(JOBS) as pool:
        return int(not all(pool.map(build, stale)))


def folders() -> list[Path]:
    """Return the folders of the sandboxed plugins; those in Python first, which take longest."""
    found = [p.parent for p in sorted(ROOT.glob("plugins/*/pyproject.toml")) if options(p.parent)]
    return sorted(found, key=lambda f: language(f) != "python")


def options(folder: Path) -> dict[str, str]:
    """Return ``[tool.lumos.build]``, empty for a plugin that is not sandboxed."""
    data = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    found = data.get("tool", {}).get("lumos", {}).get("build", {})
    return dict(found)


def language(folder: Path) -> str:
    return options(folder)["language"]


def package(folder: Path) -> str:
    return folder.name.replace("-", "_")


# --- what a build depends on


def key(folder: Path) -> str:
    """Return the digest of all that a build is made of."""
    spoken = language(folder)
    parts = [*sources(folder), *sources(SDK if spoken == "python" else SDK / "building"), *sources(SDK / "wit")]
    parts += [SANDBOX / "componentize.py", SANDBOX / "building.py"]
    digest = hashlib.sha256()
    for path in parts:
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    if tool := LANGUAGES[spoken]:
        digest.update(version(tool).encode())
    return digest.hexdigest()


def sources(folder: Path) -> Iterator[Path]:
    """Yield the files below *folder* that a build reads."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if path.is_file() and not IGNORED & set(inside) and not any(p.startswith((".", "__pycache__")) for p in inside):
            yield path


def is_fresh(folder: Path) -> bool:
    """Tell whether what was built before is what would be built now."""
    stamp = folder / SCRATCH / "built"
    built = folder / SCRATCH / "wasm" / package(folder) / "plugin.wasm"
    return stamp.is_file() and built.is_file() and stamp.read_text(encoding="utf-8") == key(folder)


# --- building


def build(folder: Path) -> bool:
    """Build a plugin and compile it, and tell whether that worked."""
    from lumosai_sandbox.artefacts import prepare
    from lumosai_sandbox.building import Builder
    from lumosai_sdk.building import build as to_component
    from lumosai_sdk.errors import LumosError

    began = time.perf_counter()
    scratch = folder / SCRATCH
    (scratch / "built").unlink(missing_ok=True)
    shutil.rmtree(scratch / "cache", ignore_errors=True)
    try:
        if (folder / "package-lock.json").is_file():
            npm_ci(folder)
        out = scratch / "wasm" / package(folder)
        made = to_component(folder, out=out, sandbox=Builder(scratch / "cache"), pack=False)
        asyncio.run(prepare(made.wasm, cache=scratch / "cache"))
    except (LumosError, subprocess.CalledProcessError) as e:
        hint = getattr(e, "hint", None)
        say(f"{folder.name}: {e}" + (f"\n  {hint}" if hint else ""))
        return False
    (scratch / "built").write_text(key(folder), encoding="utf-8")
    say(f"built {folder.name} in {time.perf_counter() - began:.1f} s, {made.wasm.stat().st_size / 1024:.0f} KiB")
    return True


def has_node() -> bool:
    return all(shutil.which(name) for name in ("node", "npm"))


def install_toolchain() -> None:
    """Install what JavaScript is built with, as its lock file has it, unless that is there."""
    from lumosai_sdk.building.toolchain import LOCK, cache

    into = cache() / "toolchains" / "js"
    stamp = into / "installed"
    wanted = hashlib.sha256((LOCK / "package-lock.json").read_bytes()).hexdigest()
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted:
        return
    into.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(LOCK / name, into / name)
    npm_ci(into)
    stamp.write_text(wanted, encoding="utf-8")


def npm_ci(folder: Path) -> None:
    """Install a lock file's packages; their scripts do not run."""
    npm = shutil.which("npm") or "npm"
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    subprocess.run(command, cwd=folder, check=True, timeout=300)  # noqa: S603 - npm, its arguments of ours


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
