"""Where the compilers are, and which command installs one that is not there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from shlex import quote

from lumosai_sdk.errors import LumosError

LOCK = Path(__file__).parent / "js"
"""The folder with the package.json and lock file of the JavaScript toolchain."""
_RUST_TARGET = "wasm32-unknown-unknown"
_PASSED_ON = ("HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "USERPROFILE", "LOCALAPPDATA")


class MissingToolError(LumosError):
    """A build needs a program that is not installed; ``hint`` is the command that installs it."""

    code = "missing_tool"
    status = 501


def environment(**more: str) -> dict[str, str]:
    """Return a build's environment: little of ours, and a fixed epoch, for the same bytes each time."""
    kept = {k: v for k in _PASSED_ON if (v := os.environ.get(k))}
    return {**kept, "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", "315532800"), "LC_ALL": "C.UTF-8", **more}


def cache() -> Path:
    """Return the folder that toolchains are shared in: ``$LUMOS_CACHE``, or one in the user's cache folder."""
    if found := os.environ.get("LUMOS_CACHE"):
        return Path(found)
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "lumosai"


def componentize_py() -> list[str]:
    """Return the command of componentize-py. Raises MissingToolError."""
    if find_spec("componentize_py") is None:
        raise MissingToolError(
            "a Python plugin is made a component by componentize-py, which is not installed",
            hint=f"{sys.executable} -m pip install componentize-py",
        )
    return [sys.executable, "-I", "-c", "import sys, componentize_py; sys.exit(componentize_py.script())"]


def zig(language: str) -> list[str]:
    """Return the command of the Zig compiler, which compiles C too. Raises MissingToolError."""
    if find_spec("ziglang") is not None:
        return [sys.executable, "-I", "-m", "ziglang"]
    if found := shutil.which("zig"):
        return [found]
    raise MissingToolError(
        f"a plugin in {language} is compiled by Zig, which is not installed",
        hint=f"{sys.executable} -m pip install ziglang",
    )


def rustc() -> list[str]:
    """Return the command of the Rust compiler, one that can compile to WebAssembly. Raises MissingToolError."""
    hint = f"apt install rustc libstd-rust-dev-wasm32 lld (Debian, Ubuntu), or: rustup target add {_RUST_TARGET}"
    found = shutil.which("rustc")
    if found is None:
        raise MissingToolError("a plugin in Rust needs rustc, which is not installed", hint=hint)
    asked = [found, "--print", "target-libdir", "--target", _RUST_TARGET]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=30)  # noqa: S603 - as found
    if done.returncode or not Path(done.stdout.strip()).is_dir():
        raise MissingToolError(f"rustc has no standard library for {_RUST_TARGET}", hint=hint)
    return [found, "--target", _RUST_TARGET]


def node() -> str:
    """Return the path of Node. Raises MissingToolError."""
    if found := shutil.which("node"):
        return found
    raise MissingToolError(
        "a plugin in JavaScript or TypeScript is built with Node, which is not installed",
        hint="install Node 20 or later (Debian, Ubuntu: apt install nodejs npm)",
    )


def node_modules(project: Path, packages: tuple[str, ...]) -> Path:
    """Return a node_modules with *packages* in it, the plugin's own or the shared one. Raises MissingToolError."""
    shared = cache() / "toolchains" / "js"
    for folder in (project / "node_modules", shared / "node_modules"):
        if all((folder / p / "package.json").is_file() for p in packages):
            return folder
    raise MissingToolError(
        f"the packages {' and '.join(packages)} are not installed",
        hint=f"{install_js(shared)}\n  or, for this plugin alone: npm install --ignore-scripts {' '.join(packages)}",
    )


def install_js(into: Path) -> str:
    """Return the command that installs the JavaScript toolchain, exactly as its lock file has it."""
    folder, lock = quote(str(into)), quote(str(LOCK))
    return f"mkdir -p {folder} && cp {lock}/package*.json {folder} && npm ci --ignore-scripts --prefix {folder}"
