"""What pydantic-ai and the vendors' SDKs raise, as ModelErrors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic_ai import exceptions as pai

from lumosai_plugins.multi.vendors import SETTINGS, VENDORS
from lumosai_sdk.errors import (
    ContextLengthError,
    LumosError,
    ModelAuthError,
    ModelError,
    ModelRateLimitError,
    ModelResponseError,
    ModelUnavailableError,
)
from lumosai_sdk.remote import blanked

_AWAY = (
    pai.ModelConnectionError,
    pai.ModelRequestTimeout,
    pai.ModelServerError,
    pai.ModelUnavailableError,
    TimeoutError,
)


def translate(error: Exception, model: str, secrets: Sequence[str]) -> LumosError:
    """Return the SDK's error for one of pydantic-ai's, without *secrets*."""
    if isinstance(error, LumosError):
        return error
    vendor = model.partition(":")[0]
    text = f"multi/{model}: {blanked(_words(error), secrets)}"
    wait = error.retry_after if isinstance(error, pai.ModelAPIError) else None
    if isinstance(error, pai.ModelQuotaExceededError):
        return ModelRateLimitError(text, hint=f"the account at {vendor} has no quota left")
    if isinstance(error, pai.ModelRateLimitError):
        return ModelRateLimitError(text, retryable=True, retry_after=wait)
    if isinstance(error, _AWAY):
        return ModelUnavailableError(text, retryable=True, retry_after=wait)
    return _refused(error, text, vendor)


def _refused(error: Exception, text: str, vendor: str) -> ModelError:
    if isinstance(error, pai.ModelContextWindowExceededError):
        return ContextLengthError(text, hint="shorten the conversation, or use a model with a longer context")
    if isinstance(error, pai.ModelAuthenticationError):
        return ModelAuthError(text, hint=key_hint(vendor))
    if isinstance(error, pai.ModelNotFoundError):
        return ModelError(text, hint="is the model's name right? lumos models lists those that are known")
    if isinstance(error, pai.ModelAPIError | pai.UserError | pai.ContentFilterError):
        return ModelError(text)
    # What is left comes from an SDK that could not make sense of what its server sent.
    return ModelResponseError(text)


def key_hint(vendor: str) -> str:
    """Say where the key comes from, for whoever has to mend it."""
    variables = " or ".join(VENDORS[vendor].variables)
    return f'set {variables} in the environment, or {SETTINGS}.{vendor}.api_key = "env:NAME" in lumos.toml'


def _words(error: Exception) -> str:
    if isinstance(error, pai.ModelHTTPError):
        said = _message(error.body)
        return f"the server answered {error.status_code}{': ' + said if said else ''}"
    if isinstance(error, pai.ModelRequestTimeout):
        return f"no answer within {error.timeout:g} s"
    if isinstance(error, pai.AgentRunError | pai.UserError):
        return error.message
    return f"{type(error).__name__}: {error}"


def _message(body: object) -> str:
    if isinstance(body, Mapping):
        inner = body.get("error", body)
        return str(inner.get("message", inner) if isinstance(inner, Mapping) else inner)
    return str(body or "")
