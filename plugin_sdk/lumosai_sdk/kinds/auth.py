"""The ``auth`` kind."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from lumosai_sdk.types.auth import AuthRequest, Principal


@runtime_checkable
class Authenticator(Protocol):
    """Tells who a caller is."""

    async def authenticate(self, request: AuthRequest) -> Principal | None:
        """Return the caller, or None for an unknown one. Raises UnauthenticatedError to refuse."""
        ...
