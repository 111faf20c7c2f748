"""The command where the extra is not installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lumosai.cli.main import main

REMOTE = '[host]\ndata_dir = "data"\n[plugins.a2a.settings.remotes.x]\nurl = "http://127.0.0.1:9/"\n'


@pytest.mark.parametrize("words", [("card", "x"), ("accept", "x")])
def test_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, str]
) -> None:
    (tmp_path / "lumos.toml").write_text(REMOTE)
    monkeypatch.chdir(tmp_path)
    for name in ("a2a", "a2a.client", "google.protobuf.json_format"):
        monkeypatch.setitem(sys.modules, name, None)
    assert main(["a2a", *words]) == 1
    assert "pip install 'lumosai[a2a]'" in capsys.readouterr().err
