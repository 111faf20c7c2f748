"""The plugins that come with the host, as somebody meets them who has configured nothing."""

from __future__ import annotations

from pathlib import Path

from lumosai import Host


async def test_each_is_sound_before_anything_is_configured(tmp_path: Path) -> None:
    config = tmp_path / "lumos.toml"
    config.write_text(f'[host]\ndata_dir = "{tmp_path}"\n')
    async with Host(config) as host:
        broken = {p.name: p.reason for p in host.plugins.plugins.values() if p.state == "broken"}
    assert broken == {}
