"""Building a plugin for the tour: ``lumos plugin build`` in a process of its own, which ends when the tour does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai_sdk.errors import LumosError

if TYPE_CHECKING:
    from lumosai_marketplace.embedded import Source

SECONDS = 600
_HINT = "hint: "


class NotBuiltError(LumosError):
    """A plugin of the checkout could not be built: what builds it is not installed, or its sources are broken."""

    code = "build"
    status = 422


async def build(source: Source, out: Path) -> Path:
    """Return the wheel of a plugin, built into *out*. Raises NotBuiltError."""
    await asyncio.to_thread(out.mkdir, parents=True, exist_ok=True)
    words = ("plugin", "build", str(source.folder), "--out", str(out), "--no-compile")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "lumosai", *words),
        cwd=out,
        env=_environment(),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is the tour's to hear: it ends the build, compilers and all
    )
    try:
        _, said = await asyncio.wait_for(process.communicate(), SECONDS)
    except TimeoutError:
        raise NotBuiltError(f"{source.name} was not built within {SECONDS} s") from None
    finally:
        await asyncio.shield(_end(process))
    if process.returncode:
        raise _why(said.decode(errors="replace"))
    return _wheel(source, out)


def _environment() -> dict[str, str]:
    """Return the environment of a build: of whoever tours, with the tools that ``make plugins`` has brought."""
    kept = {k: v for k, v in os.environ.items() if k != "LUMOS_CONFIG"}
    brought = Path(sys.prefix) / "lumos"
    if "LUMOS_CACHE" not in kept and brought.is_dir():
        kept["LUMOS_CACHE"] = str(brought)
    return kept


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a build that is still at it, and the compilers that it has started."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    await process.wait()


def _why(said: str) -> NotBuiltError:
    """Return what the command has said as the error that it was."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    why = next((x.removeprefix("lumos: ") for x in lines if x.startswith("lumos: ")), lines[-1] if lines else "")
    hint = next((x.removeprefix(_HINT) for x in lines if x.startswith(_HINT)), None)
    return NotBuiltError(why.rstrip(":") or "the build failed", hint=hint)


def _wheel(source: Source, out: Path) -> Path:
    start = f"{source.name.wire.replace('-', '_')}-{source.version}-"
    found = sorted(p for p in out.glob("*.whl") if p.name.startswith(start))
    if not found:
        raise NotBuiltError(f"no wheel of {source.name} {source.version} was built")
    return found[0]
