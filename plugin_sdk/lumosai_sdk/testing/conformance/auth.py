"""What every authenticator must do."""

# ruff: noqa: PT017, S101 - the class is a test
from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from lumosai_sdk.errors import UnauthenticatedError
from lumosai_sdk.kinds.auth import Authenticator
from lumosai_sdk.types.auth import AuthRequest, Principal


class AuthConformance:
    """Subclass it, override ``authenticator``, ``known`` and ``secret``; the rest has defaults."""

    pytestmark = pytest.mark.asyncio

    @pytest.fixture
    def authenticator(self) -> Any:
        """The authenticator under test. Override it."""
        raise NotImplementedError

    @pytest.fixture
    def known(self) -> AuthRequest:
        """A request of a caller it knows. Override it."""
        raise NotImplementedError

    @pytest.fixture
    def secret(self) -> str:
        """What the caller proves itself with; it must not show up anywhere. Override it."""
        raise NotImplementedError

    @pytest.fixture
    def strangers(self, known: AuthRequest, secret: str) -> Sequence[AuthRequest]:
        """Requests of callers it must not take for anybody."""
        values = (
            "",
            " ",
            "Bearer",
            "Bearer ",
            "Basic",
            "Basic !!!!",
            "Basic OnBhc3N3b3Jk",
            f"{secret}x",
            f"Bearer {secret}x",
            f"Bearer {secret[:-1]}",
            f"Bearer {secret},{secret}",
            f"Bearer {secret}, Bearer {secret}",
            "Bearer \x00",
            "Bearer *",
            "Bearer null",
            "Bearer undefined",
            "Bearer \N{LATIN SMALL LETTER E WITH ACUTE}",
            "Bearer " + "x" * 100_000,
            "Bearer eyJhbGciOiJub25lIn0.e30.",
        )
        plain = {name: value for name, value in known.headers.items() if secret not in value}
        carriers = [name for name, value in known.headers.items() if secret in value] or ["authorization"]
        anonymous = [replace(known, headers=plain), AuthRequest()]
        return [*anonymous, *(replace(known, headers={**plain, n: v}) for n in carriers for v in values)]

    async def test_is_an_authenticator(self, authenticator: Any) -> None:
        """It has ``authenticate``."""
        assert isinstance(authenticator, Authenticator)

    async def test_knows_a_caller(self, authenticator: Any, known: AuthRequest) -> None:
        """A known caller is a Principal with an id and a tenant, the same one every time."""
        first, second = await authenticator.authenticate(known), await authenticator.authenticate(known)
        assert isinstance(first, Principal)
        assert first.id
        assert first.tenant
        assert first == second

    async def test_knows_no_stranger(self, authenticator: Any, strangers: Sequence[AuthRequest], secret: str) -> None:
        """Whoever shows nothing, garbage or almost the secret is None or refused, in words without the secret."""
        for request in strangers:
            try:
                assert await authenticator.authenticate(request) is None, f"took {request.headers} for somebody"
            except UnauthenticatedError as e:
                assert secret not in f"{e} {e.to_json()}"

    async def test_keeps_the_secret(self, authenticator: Any, known: AuthRequest, secret: str) -> None:
        """The secret is in neither the Principal, which is recorded, nor the authenticator's repr."""
        principal = await authenticator.authenticate(known)
        assert secret not in f"{principal!r} {principal.to_json()} {authenticator!r}"

    async def test_serves_callers_at_once(self, authenticator: Any, known: AuthRequest) -> None:
        """Concurrent callers do not become each other."""
        requests = [known, AuthRequest()] * 4
        out = await asyncio.gather(*(authenticator.authenticate(r) for r in requests), return_exceptions=True)
        assert len({p for p in out[::2] if isinstance(p, Principal)}) == 1
        assert not any(isinstance(p, Principal) for p in out[1::2])
