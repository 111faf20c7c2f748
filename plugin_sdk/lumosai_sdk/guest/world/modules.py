"""Modules and codecs that were not imported when the component was built: there are no files to load them from."""

from __future__ import annotations

import codecs
import importlib
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.machinery import PathFinder

from lumosai_sdk.guest.world.state import World

_ENCODINGS = """
ascii cp1252 idna iso8859_1 iso8859_15 latin_1 punycode raw_unicode_escape unicode_escape utf_16 utf_16_be utf_16_le
utf_32 utf_8 utf_8_sig
""".split()  # noqa: SIM905 - names are best read as words
"""What texts from elsewhere are written in; a plugin imports others itself."""


_KEPT: list[object] = []


class _NoMore:
    """Comes last, and says of a module that is not there how it comes to be."""

    @staticmethod
    def find_spec(name: str, path: Sequence[str] | None = None, target: object = None) -> None:  # noqa: ARG004
        # Whoever only asks whether there is such a module (importlib.util.find_spec) gets an answer.
        if sys._getframe(2).f_code.co_name != "find_spec":  # noqa: SLF001
            raise ModuleNotFoundError(World.words.module(name), name=name)


def install() -> None:
    """Load the codecs that many need, and have others named."""
    for name in _ENCODINGS:
        with suppress(ImportError):
            importlib.import_module(f"encodings.{name}")
    codecs.register(_unknown)


def _unknown(name: str) -> None:
    if World.closed:
        raise LookupError(World.words.encoding(name))


def close() -> None:
    """Let nothing look for a module in a folder."""
    # What was found in folders is kept, out of reach: to let it go would take longer than most calls.
    _KEPT.append(sys.path_importer_cache)
    sys.path_importer_cache = {}
    sys.path_hooks = []
    sys.path = []
    sys.meta_path = [f for f in sys.meta_path if f is not PathFinder] + [_NoMore]
