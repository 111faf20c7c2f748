"""Which problems an operation may answer with, by what it takes and does: for the document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lumosai.gateway import errors
from lumosai.gateway.operation import Operation
from lumosai.gateway.problems import OPENAI_FAMILY
from lumosai_sdk import errors as sdk
from lumosai_sdk.errors import LumosError

Kinds = tuple[type[LumosError], ...]
ALWAYS: Final[Kinds] = (
    errors.BadRequestError,
    errors.TooManyRequestsError,
    errors.HeadTooLargeError,
    LumosError,
    errors.StoppingError,
)
KNOWN: Final[Kinds] = (sdk.UnauthenticatedError, sdk.PermissionDeniedError, errors.AuthUnavailableError)
BODY: Final[Kinds] = (
    errors.RequestTimeoutError,
    errors.BodyTooLargeError,
    errors.UnsupportedMediaError,
    sdk.InputError,
)
ONCE: Final[Kinds] = (
    errors.RequestUnderWayError,
    errors.AnswerNotKeptError,
    errors.UnknownOutcomeError,
    errors.KeyReusedError,
    errors.KeysUnavailableError,
    sdk.StorageError,
)
PLUGIN: Final[Kinds] = (
    sdk.PluginError,
    sdk.PluginLoadError,
    sdk.PluginTimeoutError,
    sdk.PluginLimitError,
    sdk.PluginUnavailableError,
)
MODEL: Final[Kinds] = (
    sdk.BudgetExceededError,
    sdk.ContextLengthError,
    sdk.ModelAuthError,
    sdk.ModelError,
    sdk.ModelRateLimitError,
    sdk.ModelResponseError,
    sdk.ModelUnavailableError,
    sdk.NotFoundError,
)
RUN: Final[Kinds] = (
    *MODEL,
    *PLUGIN,
    sdk.BlockedError,
    sdk.ConflictError,
    sdk.LimitExceededError,
    sdk.OutputInvalidError,
    sdk.RunCancelledError,
    sdk.StorageError,
)
BY_ACTION: Final[dict[str, Kinds]] = {
    "agent.run": RUN,
    "config.manage": (*PLUGIN, sdk.ConfigError),
    "model.call": (*MODEL, *PLUGIN),
    "plugin.manage": (*PLUGIN, sdk.ConflictError),
    "route.call": PLUGIN,
    "run.cancel": (sdk.ConflictError, sdk.StorageError),
    "run.read": (sdk.StorageError,),
    "run.resume": RUN,
    "thread.delete": (sdk.ConflictError, sdk.StorageError),
    "thread.read": (sdk.StorageError,),
    "thread.write": (sdk.StorageError,),
    "tool.call": (*PLUGIN, sdk.ConflictError, sdk.ToolError, sdk.BlockedError),
    "tool.read": (sdk.PluginLoadError, sdk.PluginUnavailableError),
    "usage.manage": (sdk.StorageError,),
    "usage.read": (sdk.StorageError,),
}


def refusals(operation: Operation) -> dict[int, list[str]]:
    """Return the codes of an operation's problems by status, each once."""
    out: dict[int, list[str]] = {}
    for kind in dict.fromkeys(_kinds(operation)):
        codes = out.setdefault(status_of(operation, kind), [])
        if kind.code not in codes:
            codes.append(kind.code)
    return {status: sorted(out[status]) for status in sorted(out)}


def status_of(operation: Operation, kind: type[LumosError]) -> int:
    """Return the status an error is answered with: OpenAI's clients know no 422."""
    unfit = sdk.InputError.status
    return 400 if kind.status == unfit and operation.path.startswith(OPENAI_FAMILY) else kind.status


def _kinds(operation: Operation) -> Iterator[type[LumosError]]:
    yield from ALWAYS
    if operation.action:
        yield from KNOWN
    if operation.takes is not None:
        yield from BODY
    if operation.query is not None:
        yield sdk.InputError
    if "{" in operation.path:
        yield sdk.NotFoundError
    if operation.once is not None:
        yield from ONCE
    yield from BY_ACTION.get(operation.action, ())
    if operation.tag == "openai" and operation.takes is not None:
        yield from (*RUN, sdk.StorageError)
    yield from operation.problems
