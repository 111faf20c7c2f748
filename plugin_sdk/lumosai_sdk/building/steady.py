"""Builds that come out the same each time although the compiler draws on chance and the clock (Linux, with Zig)."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from lumosai_sdk.building import toolchain
from lumosai_sdk.building.steps import BuildError, run

_SOURCE = Path(__file__).with_suffix(".c")


def environment(*, calls: bool = False) -> dict[str, str]:
    """Return what a compiler's environment needs for that; nothing where it cannot be had.

    With *calls* for one that asks the kernel without a C library between, and starts no other programs.
    """
    if not sys.platform.startswith("linux"):
        return {}
    try:
        return {"LD_PRELOAD": str(_library()), **({"LUMOS_STEADY_CALLS": "1"} if calls else {})}
    except (toolchain.MissingToolError, BuildError, OSError):
        return {}


def _library() -> Path:
    """Return the compiled form of ``steady.c``, made on first use."""
    text = _SOURCE.read_bytes()
    folder = toolchain.cache() / "toolchains" / "steady"
    library = folder / f"{hashlib.sha256(text).hexdigest()[:16]}.so"
    if not library.exists():
        zig = toolchain.zig("C")
        folder.mkdir(parents=True, exist_ok=True)
        made = folder / f"{library.name}.{os.getpid()}"
        command = [*zig, "cc", "-shared", "-fPIC", "-O1", "-s", "-o", str(made), str(_SOURCE)]
        run(command, cwd=folder, env=toolchain.environment(), what="zig")
        made.replace(library)
    return library
