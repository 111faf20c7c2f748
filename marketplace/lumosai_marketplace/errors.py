"""What can go wrong between a publisher, an index and a host. Every refusal names the rule that refused."""

from __future__ import annotations

from typing import Any

from lumosai_sdk.errors import LumosError


class RefusedError(LumosError):
    """Something is not let in. ``rule`` is stable and machine-readable: ``guard.pth``, ``trust.no-rule``, ``log.fork``.

    The part before the dot says who refused: ``guard`` (what the wheel is), ``signature`` (whether it is whole and who
    signed it), ``trust`` (whether the owner trusts them), ``log`` and ``tuf`` (whether everybody is shown the same),
    ``index`` (what the index said), ``lock``, ``consent``.
    """

    code = "refused"
    status = 403

    def __init__(self, rule: str, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.rule = rule

    def to_json(self) -> dict[str, Any]:
        """Return ``{code, rule, message, hint?}``."""
        return {**super().to_json(), "rule": self.rule}


class IndexUnavailableError(LumosError):
    """An index does not answer, or not as an index does."""

    code = "index_unavailable"
    status = 502


class RateLimitedError(LumosError):
    """Too many requests; ``after`` are the seconds until the next is taken."""

    code = "rate_limited"
    status = 429

    def __init__(self, message: str, after: float) -> None:
        super().__init__(message, hint=f"try again in {after:.0f} s")
        self.after = after
