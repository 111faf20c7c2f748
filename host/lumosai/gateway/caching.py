"""What a request wants of caches of answers: its ``Cache-Control`` (RFC 9111 section 5.2.1)."""

from __future__ import annotations

from lumosai.gateway.call import Call
from lumosai_sdk.types.caller import CACHING, Caching


def heed(call: Call) -> None:
    """Tell whoever keeps answers what the request says, for as long as it is answered."""
    if call.gate.host.plugins.hooks.implementations("lumos_around_model_call"):
        told = {d.strip().lower() for d in call.header(b"cache-control").split(",")}
        write = "no-store" not in told
        CACHING.set(Caching(write and not told & {"no-cache", "max-age=0"}, write))
