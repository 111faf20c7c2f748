"""Every error LumosAI raises on purpose. Messages say what happened, to whom, and what to do next."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable


class LumosError(Exception):
    """The root of the tree.

    ``code`` is stable and machine-readable, ``status`` is the HTTP status the gateway answers with (RFC 9110),
    ``hint`` is the next thing to do, often a command.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message

    def to_json(self) -> dict[str, Any]:
        """Return ``{code, message, hint?}``."""
        out: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.hint:
            out["hint"] = self.hint
        return out


class ConfigError(LumosError):
    """``lumos.toml`` or an environment override is wrong; the message names file, line and key."""

    code = "config"
    status = 500


class NotFoundError(LumosError):
    """Nothing has that id; the message offers what is near in *known*, if that is told."""

    code = "not_found"
    status = 404

    def __init__(self, kind: str, id: str, known: Iterable[str] | None = None, *, hint: str | None = None) -> None:  # noqa: A002
        super().__init__(f"no {kind} {id!r}{'' if known is None else _nearest(id, list(known))}", hint=hint)
        self.kind = kind
        self.id = id


class ConflictError(LumosError):
    """The thing is in a state that does not allow this."""

    code = "conflict"
    status = 409


class InputError(LumosError):
    """The caller's request is malformed."""

    code = "invalid_input"
    status = 422


class MissingExtraError(LumosError):
    """An optional dependency is not installed; ``hint`` is the pip command that installs it."""

    code = "missing_extra"
    status = 501

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs the extra {extra!r}", hint=f"pip install 'lumosai[{extra}]'")


class PermissionDeniedError(LumosError):
    """Something was asked for that was not granted; ``hint`` names the grant that would allow it."""

    code = "permission_denied"
    status = 403


class UnauthenticatedError(LumosError):
    """No authenticator knew the caller."""

    code = "unauthenticated"
    status = 401


# --- plugins


class PluginError(LumosError):
    """A plugin failed. Always says which plugin, at what, and why."""

    code = "plugin_error"
    status = 502

    def __init__(self, plugin: str, what: str, why: str, *, hint: str | None = None) -> None:
        super().__init__(f"plugin {plugin!r}: {what}: {why}", hint=hint)
        self.plugin = plugin
        self.what = what
        self.why = why

    def to_json(self) -> dict[str, Any]:
        """Return ``{code, message, hint?, plugin}``."""
        return {**super().to_json(), "plugin": self.plugin}


class ManifestError(PluginError):
    """The manifest cannot be used; names the file and the key."""

    code = "manifest"


class PluginLoadError(PluginError):
    """Importing or constructing a contribution failed."""

    code = "plugin_load"


class PluginTimeoutError(PluginError):
    """A contribution did not answer in time."""

    code = "plugin_timeout"
    status = 504


class PluginLimitError(PluginError):
    """A sandboxed contribution used more than it may; ``limit`` is the limit's name (``memory``, ``cpu``, …)."""

    code = "plugin_limit"
    status = 502

    def __init__(self, plugin: str, what: str, why: str, *, limit: str, hint: str | None = None) -> None:
        super().__init__(plugin, what, why, hint=hint)
        self.limit = limit


class PluginUnavailableError(PluginError):
    """The plugin is disabled, removed, or its circuit breaker is open."""

    code = "plugin_unavailable"
    status = 503


# --- models


class ModelError(LumosError):
    """A model call failed.

    ``retryable`` says whether the same call may succeed later, ``retry_after`` (seconds) what the server asked for
    (RFC 9110 section 10.2.3).
    """

    code = "model_error"
    status = 502

    def __init__(
        self, message: str, *, retryable: bool = False, retry_after: float | None = None, hint: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.retryable = retryable
        self.retry_after = retry_after


class ModelAuthError(ModelError):
    """The vendor refused the key."""

    code = "model_auth"


class ModelRateLimitError(ModelError):
    """Too many requests or tokens for now."""

    code = "model_rate_limit"
    status = 429


class ModelUnavailableError(ModelError):
    """The server is down, slow, or cut the connection."""

    code = "model_unavailable"
    status = 503


class ModelResponseError(ModelError):
    """The server answered with something that is not the protocol."""

    code = "model_response"


class ContextLengthError(ModelError):
    """The conversation does not fit the model."""

    code = "context_length"
    status = 413


# --- runs


class ToolError(LumosError):
    """A tool says no, in words meant for the model: a missing file, a bad date. Not a plugin failure."""

    code = "tool_error"
    status = 422


class BlockedError(LumosError):
    """A processor refused to let something pass; the run ends."""

    code = "blocked"
    status = 403


class NeedsApprovalError(BlockedError):
    """A processor wants a person's leave for a call of a tool, and says why; for the phase ``tool_call`` alone."""

    code = "needs_approval"


class AnswerRefusedError(BlockedError):
    """A processor wants another answer, and tells the model why; raised in the phase ``output`` alone.

    The model is asked again, as often as ``[limits] repairs`` says; then the run ends.
    """

    code = "answer_refused"


class LimitExceededError(LumosError):
    """A run reached one of its limits (steps, tokens, time, cost)."""

    code = "limit_exceeded"
    status = 429

    def __init__(self, limit: str, allowed: float, *, hint: str | None = None) -> None:
        super().__init__(f"the run reached its limit of {allowed:g} {limit}", hint=hint)
        self.limit = limit
        self.allowed = allowed


class BudgetExceededError(LumosError):
    """The caller has spent what it may spend on models; ``renews_after`` seconds from now it may again, if ever."""

    code = "budget_exceeded"
    status = 429

    def __init__(self, message: str, renews_after: float | None) -> None:
        super().__init__(message, hint="GET /v1/usage tells what was spent")
        self.renews_after = renews_after
        self.headers = () if renews_after is None else ((b"retry-after", b"%d" % math.ceil(renews_after)),)


class OutputInvalidError(LumosError):
    """The model's answer does not satisfy the output schema, after all repairs."""

    code = "output_invalid"
    status = 502


class RunCancelledError(LumosError):
    """The run was cancelled by request."""

    code = "run_cancelled"
    status = 409


class StorageError(LumosError):
    """The store cannot take or give data now; nothing that was acknowledged is lost."""

    code = "storage"
    status = 503


class Suspend(BaseException):
    """Raised by ``ToolContext.ask`` when nobody can answer now: the host suspends the run until it is resumed."""

    def __init__(self, question: str) -> None:
        super().__init__(question)
        self.question = question


def _nearest(wanted: str, known: list[str]) -> str:
    from difflib import get_close_matches

    if close := get_close_matches(wanted, known, n=1):
        return f"; did you mean {close[0]!r}?"
    if not known:
        return "; there are none"
    shown = ", ".join(sorted(known)[:8])
    return f"; there are: {shown}{', …' if len(known) > 8 else ''}"  # noqa: PLR2004
