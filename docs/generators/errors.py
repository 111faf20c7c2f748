"""Every error: its code, its HTTP status, and what it means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import ModuleType

from generators.markdown import code, line, page, prose, table
from lumosai.gateway import errors as gateway
from lumosai.gateway.peers.errors import SilentError
from lumosai_sdk import errors
from lumosai_sdk.errors import LumosError

INTRO = """
Everything LumosAI raises on purpose is a `LumosError` (`lumosai_sdk.errors`). Its `code` is stable and meant for
programs, `message` says what happened and to whom, and `hint`, if there is one, what to do next. `error.to_json()`
has the three; a `run.failed` event and a run's record carry the same object.

Over HTTP the status below is the answer's, and the body is a problem (RFC 9457).
"""


def pages() -> dict[str, str]:
    """Return the page."""
    http = [*(c for c in _found(gateway) if c.__module__ == gateway.__name__), SilentError]
    return {
        "errors.md": page(
            "Errors", INTRO, _table(classes()), "## Only over HTTP", _table(http), "## Suspension", _suspend()
        )
    }


def classes() -> list[type[LumosError]]:
    """Return the whole tree, root first, as the source has it."""
    return _found(errors)


def _found(module: ModuleType) -> list[type[LumosError]]:
    return [c for c in vars(module).values() if isinstance(c, type) and issubclass(c, LumosError)]


def _table(found: Iterable[type[LumosError]]) -> str:
    rows = [(code(c.__name__), code(c.code), str(c.status), line(c.__doc__), _parent(c)) for c in found]
    return table(("error", "code", "status", "meaning", "is a"), rows)


def _parent(cls: type[LumosError]) -> str:
    return "" if cls is LumosError else code(next(_named(cls)))


def _named(cls: type) -> Iterator[str]:
    return (base.__name__ for base in cls.__mro__[1:])


def _suspend() -> str:
    return f"`Suspend` is no error: {prose(errors.Suspend.__doc__)}"
