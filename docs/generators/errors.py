"""Every error: its code, its HTTP status, and what it means."""

from __future__ import annotations

from collections.abc import Iterator

from generators.markdown import code, line, page, prose, table
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
    rows = [(code(c.__name__), code(c.code), str(c.status), line(c.__doc__), _parent(c)) for c in classes()]
    return {
        "errors.md": page(
            "Errors", INTRO, table(("error", "code", "status", "meaning", "is a"), rows), "## Suspension", _suspend()
        )
    }


def classes() -> list[type[LumosError]]:
    """Return the whole tree, root first, as the source has it."""
    return [c for c in vars(errors).values() if isinstance(c, type) and issubclass(c, LumosError)]


def _parent(cls: type[LumosError]) -> str:
    return "" if cls is LumosError else code(next(_named(cls)))


def _named(cls: type) -> Iterator[str]:
    return (base.__name__ for base in cls.__mro__[1:])


def _suspend() -> str:
    return f"`Suspend` is no error: {prose(errors.Suspend.__doc__)}"
