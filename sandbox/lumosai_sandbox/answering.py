"""The host's answer to what a guest asks, the same in every tier: whatever goes wrong becomes words for the guest."""

from __future__ import annotations

import asyncio

from lumosai_sandbox.guesterror import to_guest, unexpected
from lumosai_sandbox.metrics import Metrics
from lumosai_sandbox.runner import HostFunctions
from lumosai_sdk.errors import LumosError, PermissionDeniedError
from lumosai_sdk.types.caller import Caller

Answer = tuple[bool, bytes]
"""Whether it is the function's result, and its JSON; else the error's."""
TOO_MANY: Answer = False, b'{"code": "limit", "message": "too many calls of the host"}'


async def answered(
    host: HostFunctions, plugin: str, counts: Metrics, function: str, texts: tuple[str, ...], caller: Caller
) -> Answer:
    """Ask *host*. Raises CancelledError for the call's own cancellation, and nothing else."""
    try:
        return True, (await host(function, texts, caller)).encode("utf-8", "replace")
    except PermissionDeniedError as e:
        counts.denied += 1
        return False, to_guest(e).encode("utf-8", "replace")
    except LumosError as e:
        return False, to_guest(e).encode("utf-8", "replace")
    except asyncio.CancelledError as e:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        return False, unexpected(plugin, function, e)
    except Exception as e:  # noqa: BLE001 - whatever the host's own code did wrong, the guest is told no more of it
        return False, unexpected(plugin, function, e)
