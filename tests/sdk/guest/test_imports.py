"""What a guest carries around: no pydantic, no event loop, no threads."""

from __future__ import annotations

import json
import subprocess
import sys

HEAVY = ["pydantic", "pluggy", "packaging", "asyncio", "threading", "concurrent.futures", "socket", "subprocess"]


def test_decorated_code_and_the_guests_runtime_import_nothing_heavy() -> None:
    code = f"""
import sys, json
from lumosai_sdk import host, tool, step, processor, ToolContext, ToolError, Message
import lumosai_sdk.guest.component, lumosai_sdk.guest.describe, lumosai_sdk.kinds.storage, lumosai_sdk.sansio
@tool
def f(x: int) -> int:
    "F."
    return x
print(json.dumps([m for m in {HEAVY!r} if m in sys.modules]))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert json.loads(done.stdout) == []
