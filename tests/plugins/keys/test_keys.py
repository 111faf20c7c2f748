"""API keys: who shows one, and how they are made and end."""

# ruff: noqa: PLR2004 - tests count things
from __future__ import annotations

import json
import os
import stat
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from lumosai_plugins.keys import authenticator as module
from lumosai_plugins.keys import command as command_module
from lumosai_plugins.keys.authenticator import Keys
from lumosai_plugins.keys.command import KeyCommand
from lumosai_plugins.keys.roles import SCOPES
from lumosai_plugins.keys.store import KeyStore, KeysUnavailableError
from lumosai_sdk import AuthRequest, PluginContext, Principal
from lumosai_sdk.errors import ConflictError, InputError, NotFoundError, UnauthenticatedError
from lumosai_sdk.testing.conformance.auth import AuthConformance
from lumosai_sdk.testing.conformance.command import CommandConformance
from lumosai_sdk.types.auth import Allowance, Budget

Cli = Callable[..., str]
DAY = 86_400.0


@pytest.fixture
def context(tmp_path: Path) -> PluginContext:
    return PluginContext("keys", data_dir=tmp_path / "keys")


@pytest.fixture
def cli(context: PluginContext, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Return the command as a function of its words, which returns what it prints."""

    def call(*words: str) -> str:
        command, parser = KeyCommand(context), ArgumentParser()
        command.add_arguments(parser)
        assert command.run(parser.parse_args(words), context) == 0
        return capsys.readouterr().out.strip()

    return call


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the time, to be changed."""
    now = [1_800_000_000.0]
    for where in (module, command_module):
        monkeypatch.setattr(where.time, "time", lambda: now[0])
    return now


def shown(token: str) -> AuthRequest:
    return AuthRequest({"authorization": f"Bearer {token}"})


def id_of(token: str) -> str:
    return token.split("_")[1]


class TestAuth(AuthConformance):
    @pytest.fixture
    def secret(self, cli: Cli) -> str:
        return cli("create", "ada", "--role", "run")

    @pytest.fixture
    def authenticator(self, context: PluginContext) -> Keys:
        return Keys(context)

    @pytest.fixture
    def known(self, secret: str) -> AuthRequest:
        return shown(secret)


class TestCommand(CommandConformance):
    @pytest.fixture
    def command(self, context: PluginContext) -> KeyCommand:
        return KeyCommand(context)

    @pytest.fixture
    def arguments(self) -> Sequence[str]:
        return ["list"]

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Sequence[str]]:
        return (["create", "x"], ["create", "x", "--role", "king"], ["rotate", "nope"], ["what"], [],
                ["create", "", "--role", "run"], ["create", "a\x1bb", "--role", "run"],
                ["create", "x", "--role", "run", "--tenant", "a/b"], ["create", "x", "--role", "run", "--rate", "nan"],
                ["create", "x", "--role", "run", "--rate", "0"], ["create", "x", "--role", "run", "--expires", "0"],
                ["create", "x", "--scope", "agent.rum"])  # fmt: skip


async def test_a_key_is_who_it_was_made_for_and_may_do_what_it_was_made_for(context: PluginContext, cli: Cli) -> None:
    token = cli("create", "ci", "--scope", "agent.run", "--subject", "robot", "--tenant", "acme", "--rate", "5")
    who = await Keys(context).authenticate(shown(token))
    key = f"key:{id_of(token)}"
    assert who == Principal("robot", "acme", frozenset({"agent.run"}), key, Allowance(rate=5.0))


async def test_what_is_no_key_is_left_to_others(context: PluginContext) -> None:
    keys = Keys(context)
    for header in ("Bearer eyJ.eyJ.x", "Basic bHVtb3M6eA==", "lumos_0_1", "Bearer  lumos_0_1"):
        assert await keys.authenticate(AuthRequest({"authorization": header})) is None


async def test_a_wrong_secret_and_no_such_key_are_told_in_the_same_words(context: PluginContext, cli: Cli) -> None:
    token, keys = cli("create", "ada", "--role", "run"), Keys(context)
    said = set()
    for wrong in (token[:-1], token[:-1] + "!", f"lumos_{'0' * 12}_{token[-43:]}", "lumos_", "lumos__", "lumos_a_"
                  + "b" * 9000, f"lumos_{id_of(token)}_"):  # fmt: skip
        with pytest.raises(UnauthenticatedError) as caught:
            await keys.authenticate(shown(wrong))
        said.add(str(caught.value))
    assert len(said) == 1


async def test_a_running_host_takes_up_what_the_command_does(context: PluginContext, cli: Cli) -> None:
    keys = Keys(context)
    token = cli("create", "ada", "--role", "run")
    assert await keys.authenticate(shown(token))
    cli("revoke", id_of(token))
    with pytest.raises(UnauthenticatedError):
        await keys.authenticate(shown(token))
    again = cli("create", "ada", "--role", "run")
    assert await keys.authenticate(shown(again))


async def test_a_key_expires(context: PluginContext, cli: Cli, clock: list[float]) -> None:
    token, keys = cli("create", "ada", "--role", "run", "--expires", "2d"), Keys(context)
    forever = cli("create", "bob", "--role", "run", "--expires", "never")
    clock[0] += 2 * DAY - 1
    assert await keys.authenticate(shown(token))
    clock[0] += 1
    with pytest.raises(UnauthenticatedError, match="expired"):
        await keys.authenticate(shown(token))
    clock[0] += 10_000 * DAY
    assert await keys.authenticate(shown(forever))


async def test_while_a_key_is_rotated_both_secrets_are_taken(
    context: PluginContext, cli: Cli, clock: list[float]
) -> None:
    first, keys = cli("create", "ada", "--role", "run"), Keys(context)
    second = cli("rotate", id_of(first), "--grace", "1h")
    assert id_of(second) == id_of(first)
    assert await keys.authenticate(shown(first)) == await keys.authenticate(shown(second))
    third = cli("rotate", id_of(first), "--grace", "24h")
    with pytest.raises(UnauthenticatedError):
        await keys.authenticate(shown(first))
    clock[0] += DAY
    assert await keys.authenticate(shown(third))
    with pytest.raises(UnauthenticatedError):
        await keys.authenticate(shown(second))
    last = cli("rotate", id_of(first), "--grace", "0")
    assert await keys.authenticate(shown(last))
    with pytest.raises(UnauthenticatedError):
        await keys.authenticate(shown(third))


def test_a_key_that_ended_is_not_rotated(cli: Cli, clock: list[float]) -> None:
    token = cli("create", "ada", "--role", "run", "--expires", "1d")
    clock[0] += DAY
    with pytest.raises(ConflictError, match="expired"):
        cli("rotate", id_of(token))
    cli("revoke", id_of(token), "--forget")
    with pytest.raises(NotFoundError):
        cli("rotate", id_of(token))
    with pytest.raises(InputError):
        cli("rotate", id_of(token), "--grace", "never")


def test_neither_list_nor_file_hold_the_secret(context: PluginContext, cli: Cli, tmp_path: Path) -> None:
    token = cli("create", "ada", "--role", "run")
    secret = token.rpartition(id_of(token))[2].lstrip("_")
    listed = cli("list", "--json")
    kept = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    assert secret not in listed
    assert secret.encode() not in kept
    assert "hash" not in listed
    assert json.loads(listed)[0]["scopes"]
    assert secret not in repr(KeyStore.of(context).keys())


@pytest.mark.skipif(os.name != "posix", reason="modes of files are POSIX")
async def test_the_file_is_its_owners_alone(context: PluginContext, cli: Cli) -> None:
    token = cli("create", "ada", "--role", "run")
    path = KeyStore.of(context).path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    with pytest.raises(KeysUnavailableError) as caught:
        await Keys(context).authenticate(shown(token))
    assert caught.value.hint == f"chmod 600 {path}"


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version": 2, "keys": []}', '{"version": 1, "keys": [{}]}',
                                  '{"version": 1, "keys": 5}', "[" * 100_000])  # fmt: skip
async def test_a_broken_file_lets_nobody_in_and_is_not_written_over(
    context: PluginContext, cli: Cli, text: str
) -> None:
    token = cli("create", "ada", "--role", "run")
    path = KeyStore.of(context).path
    path.write_text(text)
    with pytest.raises(KeysUnavailableError):
        await Keys(context).authenticate(shown(token))
    with pytest.raises(KeysUnavailableError):
        cli("create", "bob", "--role", "run")
    assert path.read_text() == text


async def test_when_a_key_was_used_is_known_to_the_minute(context: PluginContext, cli: Cli, clock: list[float]) -> None:
    token, keys = cli("create", "ada", "--role", "run"), Keys(context)
    assert json.loads(cli("list", "--json"))[0]["last_used"] is None
    await keys.authenticate(shown(token))
    await keys.aclose()
    used = KeyStore.of(context).last_used()[id_of(token)]
    assert used == clock[0] - clock[0] % 60
    assert json.loads(cli("list", "--json"))[0]["last_used"].endswith("Z")


def test_the_table_fits_a_terminal_and_keeps_ids_whole(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    token = cli("create", "a-name-of-sixty-characters-which-is-longer-than-most-names-are", "--role", "build")
    lines = cli("list").splitlines()
    assert len(lines) == 2
    assert max(map(len, lines)) <= 80
    assert lines[1].startswith(id_of(token))


def test_the_scopes_are_those_the_service_asks_for() -> None:
    from lumosai.gateway.app import RESOURCES

    asked = {o.action for r in RESOURCES for o in r.OPERATIONS if o.action}
    assert asked <= set(SCOPES), "a key could not be made for what an operation needs"


def test_writers_at_once_lose_no_key(context: PluginContext) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def make(n: int) -> None:
        command: Any = KeyCommand(context)
        parser = ArgumentParser()
        command.add_arguments(parser)
        command.run(parser.parse_args(["create", f"k{n}", "--role", "run", "--json"]), context)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(make, range(12)))
    assert len(KeyStore.of(context).keys()) == 12


async def test_a_key_may_have_a_budget_and_name_what_it_may(
    cli: Cli, context: PluginContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    token = cli(
        "create", "ada", "--role", "build", "--budget-cost", "5", "--budget-tokens", "1e6", "--period", "day",
        "--models", "fast", "--models", "local/*",
    )  # fmt: skip
    principal = await Keys(context).authenticate(shown(token))
    assert principal is not None
    assert principal.allowance == Allowance(budget=Budget(1_000_000, 5.0, "day"), models=("fast", "local/*"))
    assert principal.allowance.names("local/x")
    assert not principal.allowance.names("openai/x")
    (told,) = json.loads(cli("list", "--json"))
    assert told["budget"] == {"tokens": 1_000_000, "cost": 5.0, "period": "day"}
    assert told["models"] == ["fast", "local/*"]
    assert "$5 and 1,000,000 tokens a day" in cli("list")


@pytest.mark.parametrize(
    "budget", [("--budget-tokens", "0"), ("--budget-tokens", "nan"), ("--budget-cost", "-1"), ("--budget-cost", "inf")]
)
def test_a_budget_that_is_none_is_refused(cli: Cli, budget: tuple[str, str]) -> None:
    with pytest.raises(InputError, match="budget"):
        cli("create", "ada", "--role", "run", *budget)


async def test_keys_of_earlier_versions_are_taken(cli: Cli, context: PluginContext) -> None:
    token = cli("create", "ada", "--role", "run")
    path = KeyStore.of(context).path
    data = json.loads(path.read_text())
    for key in data["keys"]:
        for later in ("budget_tokens", "budget_cost", "budget_period", "models"):
            del key[later]
    path.write_text(json.dumps(data))
    principal = await Keys(context).authenticate(shown(token))
    assert principal is not None
    assert principal.allowance is None
