"""``lumos marketplace``, from nothing to an index that others publish to."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import contextlib
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.marketplace.service import spawned
from tests.marketplace.service.market import PASSWORD, Market, free_port, wheel

from lumosai.cli.main import main
from lumosai_marketplace.service.loading import load

Lumos = Callable[..., Any]


@pytest.fixture
def lumos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lumos:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PW", PASSWORD)

    def call(*words: str, code: int = 0) -> Any:
        found = main(["marketplace", *words])
        captured = capsys.readouterr()
        assert found == code, captured.err
        return captured.err if code else json.loads(captured.out) if "--json" in words else captured.out

    return call


@pytest.fixture(scope="module")
def inited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for what changes nothing in it."""
    folder = tmp_path_factory.mktemp("inited")
    with contextlib.chdir(folder):
        assert main(["marketplace", "init"]) == 0
    return folder


def test_from_nothing_to_a_published_plugin(lumos: Lumos, tmp_path: Path) -> None:
    port = free_port()
    made = lumos("init", "--url", f"http://127.0.0.1:{port}", "--json")
    assert made["made"] == ["private sigstore instance", "TUF repository"]
    assert lumos("init", "--json")["made"] == []
    lumos("user", "add", "dev@acme.example", "--password", "env:PW")
    lumos("namespace", "add", "acme", "--owner", "dev@acme.example")
    token = lumos("token", "add", "dev@acme.example", "--project", "acme-weather", "--json")["token"]
    process = spawned.start(tmp_path / "marketplace.toml", port)
    try:
        market = Market(load())
        filename, data = wheel()
        answer = market.upload(filename, data, market.sign(filename, data), token)
        assert answer.status_code == 200, answer.text
        assert lumos("yank", "acme/weather==1.0.0", "--reason", "it leaks").strip() == "acme/weather 1.0.0 is yanked"
        assert 'data-yanked="it leaks"' in market.client.get("/simple/acme-weather/").text
        assert lumos("quarantine", "acme/weather", "--json")["state"] == "quarantined"
        assert filename not in market.client.get("/simple/acme-weather/").text
        assert lumos("quarantine", "acme/weather", "--undo", "--json")["state"] == "active"
        _advisories(lumos, market, tmp_path)
        before = market.client.get("/sigstore/trust/trusted_root.json").json()
        lumos("rotate-keys", "ca")
        assert market.client.get("/sigstore/trust/trusted_root.json").json() != before
        market.publish("acme-clock")  # signed by the new CA, without a restart
        market.client.close()
        process.terminate()
        assert process.wait(20) is not None
    finally:
        spawned.kill(process)
    lines = lumos("audit", "acme/weather", "--json")
    advised = ["advisory.published", "advisory.withdrawn", "advisory.published"]
    assert [line["action"] for line in lines] == ["publish", "yank", "project.quarantine", "project.release", *advised]
    assert lines[1]["actor"].startswith("operator:")


def _advisories(lumos: Lumos, market: Market, folder: Path) -> None:
    """Write them about what is published, and find them where everybody does."""
    words = ("advisory", "add", "acme/weather", "--summary", "it leaks", "--severity", "high")
    told = lumos(*words, "--fixed", "1.0.1", "--alias", "CVE-2026-1")
    made = lumos("advisory", "--json")[0]
    assert f"{made['id']} is published: acme/weather <1.0.1" in told
    served = market.client.get(f"/api/v1/advisories/{made['id']}").json()
    assert (served["aliases"], served["database_specific"]) == (["CVE-2026-1"], {"severity": "HIGH"})
    assert lumos("advisory", "withdraw", made["id"]) == f"{made['id']} is withdrawn\n"
    assert "withdrawn" in market.client.get(f"/api/v1/advisories/{made['id']}").json()

    document = folder / "advisory.json"
    affected = {"package": {"ecosystem": "LumosAI", "name": "acme/weather"}, "versions": ["1.0.0"]}
    document.write_text(json.dumps({"summary": "it leaks more", "affected": [affected]}))
    second = lumos("advisory", "add", "--file", str(document), "--json")["id"]
    listed = lumos("advisory", "list", "acme/weather")
    assert [made["id"] in listed, second in listed, "withdrawn" in listed, "1.0.0" in listed] == [True] * 4

    assert "no plugin 'acme/none'" in lumos("advisory", "add", "acme/none", *words[3:], "--fixed", "1", code=1)
    assert "not a version" in lumos(*words, "--fixed", "1.x", code=1)
    assert "--fixed" in lumos(*words, code=1)
    assert "--summary" in lumos(*words[:3], "--fixed", "1", code=1)
    document.write_text("{")
    assert "is not JSON" in lumos("advisory", "add", "--file", str(document), code=1)


def test_lists(lumos: Lumos) -> None:
    lumos("init")
    assert "nobody yet" in lumos("user")
    lumos("user", "add", "dev@acme.example", "--password", "env:PW", "--admin")
    assert lumos("user", "--json") == [{"subject": "dev@acme.example", "admin": True, "enabled": True}]
    lumos("user", "disable", "dev@acme.example")
    assert lumos("user", "--json")[0]["enabled"] is False
    lumos("namespace", "add", "acme", "--owner", "dev@acme.example")
    assert [n["name"] for n in lumos("namespace", "--json")] == ["acme"]
    workflow = ("--repository-id", "1", "--owner-id", "2", "--workflow", ".github/workflows/release.yml")
    number = lumos("publisher", "add", "acme", *workflow, "--json")["id"]
    assert len(lumos("publisher", "list", "acme", "--json")) == 2
    lumos("publisher", "remove", "acme", "--id", str(number))
    lumos("token", "add", "dev@acme.example", "--project", "acme-*")
    (token,) = lumos("token", "--json")
    lumos("token", "remove", "--id", str(token["id"]))
    assert lumos("token", "--json") == []
    assert len(lumos("audit", "--limit", "3", "--json")) == 3


def test_the_tuf_root_is_kept_alive_with_keys_that_were_taken_elsewhere(lumos: Lumos, tmp_path: Path) -> None:
    folder = Path(lumos("init", "--json")["data"]) / "tuf"
    before = lumos("expires", "--json")
    assert set(before) == {"root", "targets", "snapshot", "timestamp"}
    (folder / "offline").rename(tmp_path / "vault")
    lumos("expires", "--renew", code=1)
    lumos("rotate-keys", "tuf-root", code=1)
    assert lumos("expires", "--renew", "--offline", "vault", "--json")["root"] >= before["root"]
    lumos("rotate-keys", "tuf-root", "--offline", "vault")
    lumos("rotate-keys", "tuf-targets", "--offline", "vault")
    assert sorted(p.name for p in (folder / "repository").glob("*.root.json")) == [
        f"{n}.root.json" for n in range(1, 5)
    ]
    assert "--retire" in lumos("rotate-keys", "tuf-root", "--retire", code=1)
    assert "--offline" in lumos("rotate-keys", "ca", "--offline", "vault", code=1)
    assert [line["subject"] for line in lumos("audit", "--json")] == ["tuf-root", "tuf-root", "tuf-targets"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("user", "add", "nobody", "--password", "env:PW"), "no e-mail address"),
        (("user", "add", "dev@acme.example", "--password", "env:NONE"), "NONE is not set"),
        (("user", "add", "dev@acme.example"), "no terminal to ask"),
        (("user", "password", "dev@acme.example", "--password", "env:PW"), "no user"),
        (("user", "add"), "needs a name"),
        (("namespace", "add", "acme"), "needs a owner"),
        (("namespace", "add", "Not-One", "--owner", "x@y.example"), "'Not-One' is not of the form"),
        (("namespace", "add", "Not-One", "--owner", "x@y.example"), "a letter first: acme"),
        (("namespace", "approve", "acme"), "no namespace"),
        (("namespace", "allow", "acme/weather"), "no namespace"),
        (("publisher", "add", "acme", "--repository-id", "1"), "a publisher is a person"),
        (("token", "add", "x@y.example", "--project", "../x"), "--project 'acme-*'"),
        (("token", "add", "x@y.example"), "--project acme-weather"),
        (("token", "remove", "--id", "9"), "no token"),
        (("yank", "acme/weather"), "a version is yanked"),
        (("yank", "acme/weather==1"), "no plugin"),
        (("quarantine", "nonsense"), "no plugin's name"),
        (("init", "--url", "http://other.example"), "is there already"),
    ],
)
def test_what_cannot_be(
    lumos: Lumos, inited: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(inited)
    assert said in lumos(*words, code=1)


def test_without_init_it_says_so(lumos: Lumos, tmp_path: Path) -> None:
    assert "lumos marketplace init" in lumos("serve", code=1)
    assert "there is no such file" in lumos("user", "--config", "none.toml", code=1)


def test_nothing_heavy_is_imported_to_parse_a_command_line(tmp_path: Path) -> None:
    import sys

    script = (
        "import sys; from lumosai.cli.main import main; main(['marketplace', '--help']);"
        "heavy = ('sqlalchemy', 'fastapi', 'sigstore', 'cryptography', 'tuf', 'obstore');"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines()[-1] == "[]"
