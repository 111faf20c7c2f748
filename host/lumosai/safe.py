"""What others wrote, made harmless for a terminal: the SDK's washing, under the name the host knows it by."""

from __future__ import annotations

from lumosai_sdk.safe import json_text, line, lines

__all__ = ["json_text", "line", "lines"]
