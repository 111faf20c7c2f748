"""The contract between host and sandboxed plugins, as WIT. A folder a version; the newest is ``CURRENT``.

The WIT files are the only place where the interfaces stand: the sandbox, the builders and the docs read them from here.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

PACKAGE = "lumos:plugin"
CURRENT = "1.0.0"
_FOLDERS = {"1.0.0": "v1_0"}
_INTERFACE = re.compile(r"^interface (?P<name>[a-z-]+) \{(?P<body>.*?)^\}", re.MULTILINE | re.DOTALL)
_FUNCTION = re.compile(r"^  (?P<name>[a-z-]+): func\((?P<parameters>[^)]*)\) -> result<string, string>;", re.MULTILINE)

Interface = dict[str, tuple[str, ...]]


def source(file: str, version: str = CURRENT) -> str:
    """Return the text of ``host.wit`` or ``guest.wit``."""
    return (files(__name__) / _FOLDERS[version] / file).read_text(encoding="utf-8")


@cache
def imports(version: str = CURRENT) -> dict[str, Interface]:
    """Return what a plugin may import: interface to function to the names of its parameters."""
    return _interfaces(source("host.wit", version))


@cache
def exports(version: str = CURRENT) -> dict[str, Interface]:
    """Return what a plugin may export: interface to function to the names of its parameters."""
    return _interfaces(source("guest.wit", version))


def qualified(interface: str, version: str = CURRENT) -> str:
    """Return the full name of an interface, ``lumos:plugin/tool@1.0.0``."""
    return f"{PACKAGE}/{interface}@{version}"


def _interfaces(text: str) -> dict[str, Interface]:
    return {
        m["name"]: {f["name"]: _names(f["parameters"]) for f in _FUNCTION.finditer(m["body"])}
        for m in _INTERFACE.finditer(text)
    }


def _names(parameters: str) -> tuple[str, ...]:
    return tuple(p.partition(":")[0].strip() for p in parameters.split(",") if p.strip())
