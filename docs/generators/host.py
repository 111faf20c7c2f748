"""The host in Python: what ``lumosai`` exports."""

from __future__ import annotations

from collections.abc import Iterator

import lumosai
from generators.markdown import page
from generators.python_source import Source, class_text, function_text
from lumosai.config import load
from lumosai.plugins.manager import Changes, Plugin, PluginManager
from lumosai.runs.service import Runs

INTRO = """
`from lumosai import Host, Agent` is all that most programs need; [embed the host](../how-to/embed.md) shows how.
"""


def pages() -> dict[str, str]:
    """Return the page."""
    return {"host.md": page("The host in Python", INTRO, *_exported(), "## Behind it", *_behind())}


def _exported() -> Iterator[str]:
    for name in ("Host", "Agent"):
        yield f"## {name}"
        yield class_text(Source.of(getattr(lumosai, name)))
    yield "## load_config"
    yield function_text(lumosai.load_config).replace("def load(", "def load_config(")
    yield "### Loaded"
    yield class_text(Source.of(load.Loaded))
    yield "## Config"
    yield "The shape of `lumos.toml`, each section an attribute: see [configuration](configuration.md)."


def _behind() -> Iterator[str]:
    for attribute, cls in (("host.runs", Runs), ("host.plugins", PluginManager)):
        yield f"### {attribute}"
        yield class_text(Source.of(cls), constructor=False)
    for data in (Plugin, Changes):
        yield f"### {data.__name__}"
        yield class_text(Source.of(data))
