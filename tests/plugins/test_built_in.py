"""The plugins that come with the host, as somebody meets them who has configured nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from lumosai import Host


async def test_each_is_sound_before_anything_is_configured(tmp_path: Path) -> None:
    config = tmp_path / "lumos.toml"
    config.write_text(f'[host]\ndata_dir = "{tmp_path}"\n')
    async with Host(config) as host:
        broken = {p.name: p.reason for p in host.plugins.plugins.values() if p.state == "broken"}
    assert broken == {}


def test_the_doctor_calls_none_broken_that_lacks_its_owners_word(tmp_path: Path) -> None:
    """It says what to do to use it."""
    lumos = Path(sys.executable).with_name("lumos")
    command = [str(lumos), "plugin", "doctor", "postgres", "qdrant", "--json"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    told = {p["name"]: (p["problems"], " ".join(p["notes"])) for p in json.loads(done.stdout)["plugins"]}
    assert done.returncode == 0
    for name, setting in (("postgres", "dsn"), ("qdrant", "url")):
        problems, notes = told[name]
        assert problems == []
        assert notes.startswith(f"to use it: set {setting}")
