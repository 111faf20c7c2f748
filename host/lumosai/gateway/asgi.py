"""The types of ASGI (https://asgi.readthedocs.io/en/stable/specs/www.html)."""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ASGIApp", "Message", "Receive", "Scope", "Send"]
