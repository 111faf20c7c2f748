"""Failures of the host as the protocol's errors (A2A 1.0, section 9.5): the message and hint, nothing else of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from a2a.utils.errors import (
    A2AError,
    InternalError,
    InvalidParamsError,
    InvalidRequestError,
    TaskNotFoundError,
    UnsupportedOperationError,
)

from lumosai_sdk.errors import ConflictError, InputError, LumosError, NotFoundError

_log = logging.getLogger("lumosai.plugin.a2a")
FAILED = "the agent could not answer"


@contextmanager
def told() -> Iterator[None]:
    """Turn what the host raises into an A2AError; of failures that are no LumosError nothing is told."""
    try:
        yield
    except A2AError:
        raise
    except LumosError as e:
        raise error(e) from None
    except (asyncio.CancelledError, GeneratorExit):
        raise
    except Exception as e:
        _log.exception("an A2A call failed")
        raise InternalError(FAILED) from e


def quieten() -> None:
    """Let the SDK log no errors of clients: they are told them, and what they sent does not belong in logs."""
    for name in ("a2a.server", "a2a.compat"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def error(failure: LumosError) -> A2AError:
    """Return the protocol's error for a failure of the host."""
    text = f"{failure.message} ({failure.hint})" if failure.hint else failure.message
    if isinstance(failure, NotFoundError):
        return TaskNotFoundError(text)
    if isinstance(failure, ConflictError):
        return UnsupportedOperationError(text)
    if isinstance(failure, InputError):
        return InvalidParamsError(text)
    return InvalidRequestError(text) if failure.status < 500 else InternalError(text)  # noqa: PLR2004 - HTTP's line
