"""A last look at a wheel, before everybody sees it, by the operator's own scanner."""

from __future__ import annotations

import asyncio
import contextlib

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.service.state import Service
from lumosai_sdk.errors import ConfigError


async def scan(service: Service, sha256: str, name: str) -> None:
    """Read the file back as it was kept, and show it to the scanner.

    Raises RefusedError ``guard.scan`` when the scanner says no, ConfigError when it cannot be asked, StorageError.
    """
    data = await service.blobs.get(sha256)
    publishing = service.settings.publishing
    if not publishing.scanner:
        return
    try:
        process = await asyncio.create_subprocess_exec(
            *publishing.scanner,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError as e:
        raise ConfigError(f"[publishing] scanner: {publishing.scanner[0]}: {e.strerror}") from None
    try:
        async with asyncio.timeout(publishing.scanner_seconds):
            await process.communicate(data)
    except TimeoutError:
        raise ConfigError(f"[publishing] scanner: no answer in {publishing.scanner_seconds:g} s") from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if process.returncode:
        raise RefusedError("guard.scan", f"the scanner of this index refuses {name}")
