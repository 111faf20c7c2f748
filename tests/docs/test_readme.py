"""What the front page shows is so: its Python runs, its configuration is taken."""

from __future__ import annotations

import contextlib
import io
import tomllib
from pathlib import Path
from typing import Any

import pytest
from harness.blocks import blocks

from lumosai.config.load import build

ROOT = Path(__file__).parents[2]
README = list(blocks(ROOT / "README.md", ROOT))


def of(language: str) -> list[Any]:
    return [pytest.param(b.text, id=b.where) for b in README if b.language == language]


# What talks to a service is tried in how-to/openai-client.md, which has one.
@pytest.mark.parametrize("text", [p for p in of("python") if "base_url" not in p.values[0]])
def test_its_python_runs(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path))
    monkeypatch.setenv("LUMOS_MODELS__DEFAULT", "scripted/tool")  # the embedded model would have to be fetched
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(text, "README.md", "exec"), {"__name__": "__main__"})


@pytest.mark.parametrize("text", of("toml"))
def test_its_settings_are_taken(text: str) -> None:
    data = tomllib.loads(text)
    if "project" not in data and "schema" not in data:
        build(data, text, "README.md")
