"""The bench's guests, built from source into a folder of the user's cache, anew when their source changes."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
SOURCE: Final = HERE / "guest.c"
CACHE: Final = HERE / ".guests"
SDK: Final = HERE.parents[1] / "plugin_sdk" / "lumosai_sdk"
FLAGS: Final = ("--target=wasm32-freestanding", "-nostdlib", "-O2", "-Wl,--no-entry")
BUILD_SECONDS: Final = 300


PLUGINS: Final = {"js": HERE / "guest-js", "python": HERE / "guest-python"}


class GuestsError(Exception):
    """A guest could not be built; the message says what to install."""


def find(names: Iterable[str]) -> dict[str, Path]:
    """Return guests by name (``c``, ``extism``, ``js``, ``python``), built where they are not. Raises GuestsError."""
    others = {"c": component, "extism": extism}
    return {name: others[name]() if name in others else plugin(name) for name in sorted(names)}


def component() -> Path:
    """Return the C guest as a component of the contract. Raises GuestsError."""
    from lumosai_sandbox.componentize import componentize

    out = CACHE / f"guest-{_mark(SOURCE)}.wasm"
    if not out.exists():
        core = _compiled("core")
        CACHE.mkdir(exist_ok=True)
        out.write_bytes(componentize(core.read_bytes()))
    return out


def extism() -> Path:
    """Return the same work as a module for Extism. Raises GuestsError."""
    return _compiled("extism", "-DEXTISM")


def plugin(language: str) -> Path:
    """Return the guest in a language whose builder makes whole plugins. Raises GuestsError."""
    from lumosai_sandbox.building import Builder
    from lumosai_sdk.building import build
    from lumosai_sdk.errors import LumosError

    folder, out = PLUGINS[language], CACHE / f"{language}-{_mark(PLUGINS[language], SDK)}"
    if not (out / "plugin.wasm").exists():
        print(f"building the {language} guest ...", file=sys.stderr)
        try:
            build(folder, out=out, sandbox=Builder(), pack=False)
        except LumosError as e:
            raise GuestsError(f"the {language} guest was not built: {e}") from None
    return out / "plugin.wasm"


def _compiled(name: str, *more: str) -> Path:
    out = CACHE / f"{name}-{_mark(SOURCE)}.wasm"
    if out.exists():
        return out
    CACHE.mkdir(exist_ok=True)
    argv = [sys.executable, "-m", "ziglang", "cc", *FLAGS, *more, "-o", str(out), str(SOURCE)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
    if done.returncode:
        raise GuestsError(f"the C guest was not built (pip install ziglang?): {done.stderr.strip()[-500:]}")
    return out


def _mark(*sources: Path) -> str:
    """Return what changes when a file of *sources* does."""
    files = sorted(f for s in sources for f in (s.rglob("*") if s.is_dir() else [s]) if f.is_file())
    made = {"dist", "__pycache__"}
    return hashlib.sha256(b"".join(f.read_bytes() for f in files if made.isdisjoint(f.parts))).hexdigest()[:12]
