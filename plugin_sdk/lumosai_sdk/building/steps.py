"""What the steps of a build have in common: whom they tell, what they lean on, and how they fail."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from lumosai_sdk.errors import LumosError

Say = Callable[[str], None]
BUILD_SECONDS = 300
_MOST_LINES = 30


class BuildError(LumosError):
    """The sources do not come to a plugin; the message says which file, and what the compiler said."""

    code = "build"
    status = 422


class Sandbox(Protocol):
    """What a build leaves to the sandbox, which the SDK does not know."""

    def componentize(self, core: bytes) -> bytes:
        """Return a core module (C, Zig, Rust) as a component. Raises LumosError in words."""
        ...

    def describe(self, wasm: Path) -> Mapping[str, Any]:
        """Return what a component says of itself when it is asked, with no rights at all. Raises LumosError."""
        ...


def run(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], what: str) -> None:
    """Run a compiler. Raises BuildError with the end of what it said."""
    try:
        done = subprocess.run(  # noqa: S603 - the toolchain, its arguments of ours
            command, cwd=cwd, env=dict(env), capture_output=True, text=True, timeout=BUILD_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise BuildError(f"{what} took longer than {BUILD_SECONDS} s") from None
    except OSError as e:
        raise BuildError(f"{what}: {e.filename or command[0]}: {e.strerror}") from None
    if done.returncode:
        said = (done.stderr.strip() + "\n" + done.stdout.strip()).strip().splitlines()
        raise BuildError("\n".join([f"{what} failed:", *said[-_MOST_LINES:]]))
