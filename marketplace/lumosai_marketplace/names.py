"""Names of plugins: ``acme/weather`` on the screen, ``acme-weather`` to pip.

The first segment is a namespace, which somebody has proven to be theirs; it has no dash, so that the two forms say the
same (PEP 503 for the second).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self

from lumosai_sdk.errors import InputError

NAMESPACE = r"[a-z][a-z0-9]{1,38}"
PLUGIN = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
MAX_LENGTH = 64
_SCREEN = re.compile(rf"(?P<namespace>{NAMESPACE})/(?P<plugin>{PLUGIN})", re.ASCII)
_WIRE = re.compile(rf"(?P<namespace>{NAMESPACE})-(?P<plugin>{PLUGIN})", re.ASCII)
_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True, order=True)
class Name:
    """A plugin's name in an index. ``plugin`` is also its name in a host: the ``name`` of its manifest."""

    namespace: str
    plugin: str

    @property
    def screen(self) -> str:
        """``acme/weather``."""
        return f"{self.namespace}/{self.plugin}"

    @property
    def wire(self) -> str:
        """``acme-weather``: the project of the simple index, PEP 503."""
        return f"{self.namespace}-{self.plugin}"

    def __str__(self) -> str:
        return self.screen

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read either form, as people write it. Raises InputError."""
        if len(text) <= MAX_LENGTH:
            found = _SCREEN.fullmatch(text.lower()) or _WIRE.fullmatch(_SEPARATORS.sub("-", text).lower())
            if found is not None:
                return cls(found["namespace"], found["plugin"])
        raise InputError(
            f"{text[:80]!r} is no plugin's name: NAMESPACE/PLUGIN, in lower case letters, digits and (in the second"
            f" part) dashes, at most {MAX_LENGTH} characters",
            hint="for example acme/weather",
        )
