"""marketplace.toml and the environment: what is wrong is told with file, line and key."""

from __future__ import annotations

from pathlib import Path

import pytest

from lumosai_marketplace.service.loading import build, load
from lumosai_sdk.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("url = 3\n", ":1: url: "),
        ("\nurll = 'x'\n", ":2: urll: unknown key; did you mean 'url'?"),
        ("[server]\nport = 99999\n", ":2: server.port: "),
        ("[server]\n\nhots = 'x'\n", ":3: server.hots: unknown key; did you mean 'hosts'?"),
        ("[servr]\nport = 1\n", ":1: servr: unknown key; did you mean 'server'?"),
        ("url = 'https://user:pw@x.example'\n", ":1: url: a URL such as"),
        ("url = 'ftp://x.example'\n", ":1: url: a URL such as"),
        ("[database]\nurl = 'mysql://x/y'\n", ":2: database.url: a database is postgresql://"),
        ("[database]\nurl = 'postgresql://u:secret@h/n'\n", ":2: database.url: the password stands in"),
        ("[database]\npassword = 'secret'\n", ":2: database.password: a secret is written as a reference"),
        ("[blobs]\nurl = 'gs://x'\n", ":2: blobs.url: a store of files is s3://"),
        ("[blobs]\nsecret_key = 'secret'\n", ":2: blobs.secret_key: a secret is written as a reference"),
        ("[trust]\nprivate = false\n", ":1: trust: without a private instance, root has to name"),
        ("[proof.hosts]\nx = 'https://x.example'\n", "proof.hosts: a host is a URL with {owner}"),
        ("[server]\nproxies = ['nonsense']\n", ":2: server.proxies.0: "),
        ("base = '/'\n", ":1: base: unknown key"),
        ("x = [", ": not TOML: "),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "marketplace.toml"
    path.write_text(text)
    with pytest.raises(ConfigError) as raised:
        load(path)
    assert f"{path}{said}" in str(raised.value) or (said in str(raised.value) and str(path) in str(raised.value))
    assert "secret@" not in str(raised.value)


def test_the_environment_wins_and_is_named_when_it_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "marketplace.toml"
    path.write_text("[server]\nport = 1\nhost = '127.0.0.2'\n")
    monkeypatch.setenv("MARKETPLACE__SERVER__PORT", "2")
    settings = load(path)
    assert (settings.server.port, settings.server.host, settings.folder) == (
        2,
        "127.0.0.2",
        tmp_path / "marketplace-data",
    )
    monkeypatch.setenv("MARKETPLACE__SERVER__PORT", "x")
    with pytest.raises(ConfigError, match="environment variable MARKETPLACE__SERVER__PORT: "):
        load(path)
    monkeypatch.setenv("MARKETPLACE__SERVER__PORT", "2")
    monkeypatch.setenv("MARKETPLACE__SERVER", "nonsense")
    with pytest.raises(ConfigError, match="environment variable MARKETPLACE__SERVER: "):
        load(path)


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        load(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"title = '\xe9'\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load(tmp_path / "latin.toml")
    (tmp_path / "long.toml").write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(ConfigError, match="larger than"):
        load(tmp_path / "long.toml")
    monkeypatch.chdir(tmp_path)
    assert load().folder == tmp_path / "marketplace-data"


def test_secrets_are_references(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "geheim")
    settings = build({"database": {"url": "postgresql://u@h/n", "password": "env:PW"}})
    assert settings.secret(settings.database.password) == "geheim"
    assert "geheim" not in repr(settings)


async def test_a_database_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from lumosai_marketplace.service.db import engine

    monkeypatch.setenv("PW", "geheim")
    database = {"url": "postgresql://u@127.0.0.1:1/n", "password": "env:PW"}
    made = engine.make_engine(build({"data": tmp_path, "database": database}))
    with pytest.raises(ConfigError, match="cannot be had") as raised:
        await engine.reachable(made)
    assert "geheim" not in str(raised.value)
    await made.dispose()


def test_a_service_without_keys_tells_which_command_makes_them(tmp_path: Path) -> None:
    import asyncio

    from lumosai_marketplace.service.opening import opened

    async def main() -> None:
        async with opened(build({"data": tmp_path})):
            pass

    with pytest.raises(ConfigError) as raised:
        asyncio.run(main())
    assert "lumos marketplace init" in str(raised.value)
