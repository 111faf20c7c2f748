"""The commands, from a sign-in to an audit, against a real service."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import errno
import json
import os
import shlex
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.marketplace.client.wheels import make

from lumosai.cli.main import main
from lumosai.plugins import build, index

if TYPE_CHECKING:
    from tests.marketplace.client.world import World


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Cli = Callable[..., Done]


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Run commands in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LUMOS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))

    def run(*words: str) -> Done:
        capsys.readouterr()
        code = main(words)
        return Done(code, *capsys.readouterr())

    return run


@pytest.fixture
def connected(cli: Cli, world: World, tmp_path: Path) -> Cli:
    """The same, in a folder whose owner trusts the index."""
    (tmp_path / "lumos.toml").write_text(f'[marketplace]\nindex = "{world.url}"\n')
    root = tmp_path / "1.root.json"
    root.write_bytes(world.root)
    assert cli("trust", "index", world.url, "--root", str(root)).code == 0
    return cli


@pytest.fixture(scope="module", autouse=True)
def published(world: World) -> None:
    world.publish(version="1.0.0", permissions="clock = true")
    world.publish(version="1.1.0", permissions="clock = true\nkv = true")


def test_a_plugin_from_the_first_refusal_to_its_removal(connected: Cli, tmp_path: Path) -> None:
    done = connected("plugin", "install", "acme/weather==1.0.0", "--yes")
    assert done.code == 7
    assert "refused (trust.no-rule)" in done.err
    (command,) = [line for line in done.err.splitlines() if "lumos trust add" in line]
    words = shlex.split(command.partition("lumos trust add")[2])
    assert connected("trust", "add", *words).code == 0
    assert connected("trust", "check").code == 0
    assert "dev@acme.example" in connected("trust", "show").out

    done = connected("plugin", "install", "acme/weather==1.0.0", "--yes", "--json")
    assert (done.code, done.json["plugins"][0]["version"]) == (0, "1.0.0")
    assert "as lumos.lock says" in connected("plugin", "install", "acme/weather", "--yes").out
    assert connected("plugin", "lock", "--check").code == 0
    assert connected("plugin", "verify").out.startswith("✓ acme/weather 1.0.0: signed by dev@acme.example")
    listed = {p["name"]: p for p in connected("plugin", "list", "--json").json}
    assert (listed["weather"]["state"], listed["weather"]["delivered"]) == ("installed", "acme/weather")
    assert connected("plugin", "info", "weather", "--json").json["permissions"]["effective"] == {"clock": True}

    done = connected("plugin", "update", "--yes", "--json")  # it asks for more than the rule allows
    assert (done.code, done.json["refused"]["rule"]) == (7, "trust.max-permissions")
    done = connected("plugin", "rollback", "acme/weather", "--yes")
    assert (done.code, "no version of acme/weather before 1.0.0" in done.err) == (1, True)
    assert connected("plugin", "verify", "weather").out.startswith("✓ acme/weather 1.0.0")
    assert connected("plugin", "remove", "weather").out == "removed acme/weather 1.0.0\n"
    assert "nothing is installed" in connected("plugin", "verify").err
    assert connected("plugin", "lock").out == "lumos.lock names no plugin\n"


def test_changed_files_are_told_by_list_doctor_and_lock_with_what_mends_them(
    connected: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _trusting(connected)
    assert connected("plugin", "install", "acme/weather==1.0.0", "--yes").code == 0
    (component,) = (tmp_path / ".lumos" / "store").glob("sha256-*/files/acme_weather/plugin.wasm")
    component.write_bytes(b"evil")
    mend = "lumos plugin install acme/weather"
    (listed,) = [p for p in connected("plugin", "list", "--json").json if p["name"] == "weather"]
    assert listed["state"] == "broken"
    assert mend in listed["reason"]
    with monkeypatch.context() as patch:  # the built-in plugins load in a process each
        patch.setattr(index, "survey", lambda *_: ([], []))
        patch.setattr(build, "survey", lambda *_: ([], []))
        patch.setattr("importlib.metadata.entry_points", lambda **_: [])
        done = connected("plugin", "doctor")
    assert (done.code, mend in done.out) == (1, True)
    assert connected("plugin", "lock", "--check").code == 1
    done = connected("plugin", "verify", "--json")
    assert (done.code, done.json["plugins"][0]["refused"]["rule"]) == (7, "lock.changed")
    assert connected(*mend.split()[1:], "--yes").code == 0
    assert connected("plugin", "lock", "--check").code == 0


def test_a_bundle_goes_from_one_folder_to_another(
    connected: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _trusting(connected)
    assert connected("plugin", "install", "acme/weather==1.0.0", "--yes").code == 0
    assert connected("plugin", "bundle", "--out", "plugins.tar", "--json").json["plugins"] == ["acme/weather"]
    other = tmp_path / "other"
    other.mkdir()
    for name in ("lumos.toml", "lumos-trust.toml"):
        (other / name).write_bytes((tmp_path / name).read_bytes())
    os.rename(tmp_path / "lumos-trust", other / "lumos-trust")  # noqa: PTH104
    monkeypatch.chdir(other)
    done = connected("plugin", "import", str(tmp_path / "plugins.tar"), "--yes")
    assert (done.code, done.out) == (0, "installed acme/weather 1.0.0\n")


def test_whoever_has_not_signed_in_is_told_how(connected: Cli, world: World, tmp_path: Path) -> None:
    filename, data = make(version="3.0.0")
    (tmp_path / filename).write_bytes(data)
    done = connected("plugin", "publish", filename)
    assert done.code == 1
    assert f"lumos plugin login --index {world.url}" in done.err
    assert connected("plugin", "yank", "acme/weather", "1.0.0").code == 1


def test_signing_publishing_and_yanking(connected: Cli, world: World, tmp_path: Path) -> None:
    import time

    from lumosai.cli.plugins.login import tokens

    tokens().keep(world.url, world.token, time.time() + 600)
    assert tokens().path.stat().st_mode & 0o777 == 0o600
    filename, data = make("acme_mine", "1.0.0")
    (tmp_path / filename).write_bytes(data)
    assert connected("plugin", "sign", filename).code == 0
    assert sorted(p.name for p in tmp_path.glob("*.attestation")) == [
        f"{filename}.plugin.attestation",
        f"{filename}.publish.attestation",
    ]
    done = connected("plugin", "publish", filename, "--json")
    assert (done.code, done.json["plugin"], done.json["state"]) == (0, "acme/mine", "active")
    _trusting(connected)
    assert connected("plugin", "install", "acme/mine", "--yes").code == 0
    assert connected("plugin", "yank", "acme/mine", "1.0.0", "--reason", "oops").out == "acme/mine 1.0.0 is yanked\n"
    done = connected("plugin", "audit", "--json")
    assert (done.code, "index.yanked" in {f["rule"] for f in done.json["findings"]}) == (1, True)
    assert connected("plugin", "yank", "acme/mine", "1.0.0", "--undo").code == 0
    assert connected("plugin", "login", "--out").out == f"you are signed out of {world.url}\n"


def test_a_namespace_is_claimed_and_told_how_to_prove(connected: Cli, world: World) -> None:
    import time

    from lumosai.cli.plugins.login import tokens

    assert "lumos plugin login" in connected("plugin", "namespace").err
    tokens().keep(world.url, world.token, time.time() + 600)
    listed = {n["name"]: n["proof"] for n in connected("plugin", "namespace", "--json").json}
    assert "acme" in listed
    done = connected("plugin", "namespace", "quince")
    assert (done.code, "nothing is published in it until" in done.out) == (0, True)
    assert "dns: the TXT record" in done.out
    assert connected("plugin", "namespace", "quince").out == done.out
    assert "not proven yet" in connected("plugin", "namespace").out
    done = connected("plugin", "namespace", "quince", "--prove", "dns:other.example")
    assert (done.code, "other.example" in done.err) == (7, True)
    assert connected("plugin", "namespace", "--prove", "dns:acme.example").code == 2


def test_searching_and_looking_before_installing(connected: Cli) -> None:
    found = connected("plugin", "search", "weather", "--json").json["items"]
    assert [i["name"] for i in found][:1] == ["acme/weather"]
    assert "acme/weather" in connected("plugin", "search", "weather").out
    told = connected("plugin", "info", "acme/weather", "--json").json
    assert (told["installed"], told["versions"][0]["version"]) == (False, "1.1.0")
    shown = connected("plugin", "info", "acme/weather").out
    assert "lumos plugin install acme/weather" in shown
    assert ["keep small values between calls (low risk)" in shown, "dev@acme.example" in shown] == [True, True]
    assert [r["kind"] for r in told["latest"]["rights"]] == ["kv", "clock"]
    done = connected("plugin", "info", "acme/wether")
    assert (done.code, "no plugin 'acme/wether'" in done.err, "search wether" in done.err) == (1, True, True)
    _trusting(connected)
    assert connected("plugin", "install", "acme/weather==1.0.0", "--yes").code == 0
    assert connected("plugin", "info", "acme/weather", "--json").json["marketplace"]["plugin"] == "acme/weather"


def test_a_folder_that_cannot_be_written_to_is_told(connected: Cli, tmp_path: Path) -> None:
    _trusting(connected)

    def denied(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "there"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "mkdir", denied)
        done = connected("plugin", "install", "acme/weather==1.0.0", "--yes")
    assert (done.code, "unexpected" in done.err) == (1, False)
    assert f"{tmp_path / 'there'}: Permission denied\nhint: LumosAI has to write there" in done.err


def test_addresses_where_no_index_is_are_told_in_words(cli: Cli, world: World, tmp_path: Path) -> None:
    def said(*words: str) -> str:
        done = cli("plugin", *words)
        assert done.code != 0
        assert "Error" not in done.err
        return done.err

    with socket.create_server(("127.0.0.1", 0)) as closed:
        free = closed.getsockname()[1]
    assert "nothing listens there" in said("search", "x", "--index", f"http://127.0.0.1:{free}/")
    assert "does not speak TLS" in said("search", "x", "--index", world.url.replace("http:", "https:"))
    assert "'nonsense/' is no index's address" in said("search", "x", "--index", "nonsense")
    assert "has no search for plugins" in said("search", "x", "--index", f"{world.url}simple/")
    assert "index.insecure" in said("search", "x", "--index", "http://plugins.example.org/")
    assert "nope.tar cannot be read" in said("import", "nope.tar")

    (tmp_path / "lumos.toml").unlink(missing_ok=True)
    assert "[marketplace] index" in said("search", "x")
    tour = tmp_path / ".lumos/tour-8641"
    tour.mkdir(parents=True)
    (tour / "lumos.toml").write_text("")
    assert "cd .lumos/tour-8641" in said("search", "x")
    assert "cd .lumos/tour-8641" in said("install", "acme/weather")


def test_an_index_is_not_trusted_unseen(cli: Cli, world: World, tmp_path: Path) -> None:
    done = cli("trust", "index", world.url)
    assert done.code == 1
    (command,) = [line for line in done.err.splitlines() if "--fingerprint" in line]
    fingerprint = command.split()[-1]
    assert cli("trust", "index", world.url, "--fingerprint", "0" * 64).code == 1
    assert cli("trust", "index", world.url, "--fingerprint", fingerprint).code == 0
    assert cli("trust", "index", world.url, "--fingerprint", fingerprint).code == 0


def test_a_plugin_is_signed_in_to_with_a_browser(connected: Cli, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The person approves, on another device, what the terminal shows."""
    from lumosai_marketplace.client.login import Waiting
    from lumosai_marketplace.service import devices
    from lumosai_marketplace.service.people import Person

    async def approve(waiting: Waiting) -> None:
        async def decide() -> None:
            login = await devices.waiting(world.service, waiting.code)
            person = Person(1, "dev@acme.example", admin=False)
            await devices.decide(world.service, login, person, approved=True)

        world.run(decide())

    monkeypatch.setattr("lumosai.cli.plugins.login._show", approve)
    assert connected("plugin", "login").out == f"you are signed in to {world.url}\n"


def _trusting(cli: Cli) -> None:
    done = cli("plugin", "install", "acme/weather==1.0.0", "--yes")
    command = next(line for line in done.err.splitlines() if "lumos trust add" in line)
    words = shlex.split(command.partition("lumos trust add")[2])
    assert cli("trust", "add", "acme/*", *words[1:]).code == 0
