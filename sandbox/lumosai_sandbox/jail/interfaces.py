"""What a component offers and may ask for, read from its shape: the host's side needs no engine for that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from lumosai_sandbox.jail.frames import BrokenFrameError, texts_of
from lumosai_sdk import wit

if TYPE_CHECKING:
    from lumosai_sandbox.artefacts import Shape


class Source(Protocol):
    """What is needed of an ``Artefact``."""

    @property
    def shape(self) -> Shape: ...

    def open(self) -> int:
        """Return a descriptor of the compiled code, read-only and checked, for the caller to close. Raises OSError."""
        ...


@dataclass(frozen=True, slots=True)
class Offer:
    """``exports`` are functions (``tool.call``), ``imports`` interfaces, ``asks`` the functions that may be asked for.

    ``generic``: it is none of ours, and its exports are the keys of its plain functions.
    """

    generic: bool
    exports: frozenset[str]
    imports: frozenset[str]
    asks: dict[bytes, int]

    def asked(self, payload: bytes, longest: int) -> tuple[str, tuple[str, ...]]:
        """Read a call of the host: the function, and its texts of at most *longest* bytes. Raises BrokenFrameError."""
        function, *texts = texts_of(payload) or [b""]
        if self.asks.get(function) != len(texts):
            raise BrokenFrameError("a call of a function it does not import")
        if any(len(t) > longest for t in texts):
            raise BrokenFrameError("a text that is too long")
        try:
            return function.decode(), tuple([t.decode() for t in texts])
        except UnicodeDecodeError:
            raise BrokenFrameError("a text that is none") from None


def offered(shape: Shape) -> Offer:
    """Return what the component of *shape* offers, and may ask for."""
    if not shape.ours:
        return Offer(True, frozenset(f.key for f in shape.functions), frozenset(), {})  # noqa: FBT003 - a field
    exports = _known(shape.exports, wit.exports())
    imports = _known(shape.imports, wit.imports())
    return Offer(
        generic=False,
        exports=frozenset(f"{i}.{f}" for i in exports for f in wit.exports()[i]),
        imports=imports,
        asks={f"{i}.{f}".encode(): len(p) for i in imports for f, p in wit.imports()[i].items()},
    )


def _known(names: tuple[str, ...], interfaces: dict[str, wit.Interface]) -> frozenset[str]:
    """Return the interfaces of the contract among *names*, which were checked when the component was compiled."""
    found = (name.partition("/") for name in names)
    return frozenset(
        i for package, _, rest in found if package == wit.PACKAGE and (i := rest.partition("@")[0]) in interfaces
    )
