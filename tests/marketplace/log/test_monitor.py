# ruff: noqa: PLR2004
from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.marketplace.log.test_rekor import issuers

from lumosai.cli.main import main
from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.client.index import Index
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log import rekor
from lumosai_marketplace.log.envelope import propose
from lumosai_marketplace.log.monitor import MOST, Monitor, State
from lumosai_marketplace.log.note import LogKey, keys_of
from lumosai_marketplace.log.remote import RemoteLog, Shown
from lumosai_marketplace.log.seen import Filter, Seen, understand
from lumosai_marketplace.log.store import Log
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.statement import PUBLISH, Statement
from lumosai_sdk.errors import ConfigError

if TYPE_CHECKING:
    from tests.marketplace.log.signing import Person

HOST = "localhost"
Lumos = Callable[..., Awaitable[tuple[int, str, str]]]


class Direct:
    """A log asked without HTTP."""

    def __init__(self, log: Log) -> None:
        self.log = log

    async def checkpoint(self) -> str:
        return await self.log.checkpoint()

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        return await self.log.consistency(old, new)

    async def proof(self, index: int, size: int) -> Sequence[bytes]:
        return await self.log.proof(index, size)

    async def entries(self, start: int, count: int) -> Sequence[Shown]:
        return [Shown(e.index, e.at, e.body, e.statement) for e in await self.log.entries(start, start + count)]


@pytest.fixture
def keys(authority: Authority) -> list[LogKey]:
    return keys_of(authority.trusted_root(), HOST, time.time())


MonitorMaker = Callable[[], Monitor]


@pytest.fixture
def monitor(instance_log: Log, keys: list[LogKey], tmp_path: Path) -> MonitorMaker:
    return lambda: Monitor(Direct(instance_log), keys, HOST, tmp_path / "state" / "log.json")


async def publish(log: Log, person: Person, filename: str) -> None:
    now = time.time()
    await rekor.add(log, propose(person.envelope(filename), person.pem, issuers(person.authority), now), now)


async def test_each_entry_is_told_once_over_any_number_of_starts(instance_log: Log, monitor: MonitorMaker) -> None:
    told: list[int] = []
    for batch in (0, 3, 1, 0, 700, 300):
        await instance_log.append([b"%d" % i for i in range(batch)])
        watching = monitor()
        step = await watching.step()
        told += [e.index for e in step.entries]
        watching.remember(step)
        assert step.left == 0
    assert told == list(range(1004))


async def test_what_was_not_remembered_comes_again(instance_log: Log, monitor: MonitorMaker) -> None:
    await instance_log.append([b"a", b"b"])
    assert [e.index for e in (await monitor().step()).entries] == [0, 1]
    assert [e.index for e in (await monitor().step()).entries] == [0, 1]


async def test_a_long_log_is_read_in_steps(instance_log: Log, monitor: MonitorMaker) -> None:
    await instance_log.append([b"%d" % i for i in range(MOST + 10)])
    watching = monitor()
    first = await watching.step()
    assert (len(first.entries), first.left) == (MOST, 10)
    watching.remember(first)
    second = await monitor().step()
    assert ([e.index for e in second.entries], second.left) == (list(range(MOST, MOST + 10)), 0)


@pytest.mark.parametrize("before", [0, 1, 7, 256])
async def test_one_may_begin_at_the_end(before: int, instance_log: Log, monitor: MonitorMaker) -> None:
    await instance_log.append([b"%d" % i for i in range(before)])
    watching = monitor()
    step = await watching.step(from_now=True)
    assert (step.entries, step.left) == ((), 0)
    watching.remember(step)
    await instance_log.append([b"new"])
    assert [e.index for e in (await monitor().step(from_now=True)).entries] == [before]


async def test_entries_are_understood(instance_log: Log, person: Person, monitor: MonitorMaker) -> None:
    await publish(instance_log, person, "acme_weather-1.0.0-py3-none-any.whl")
    await instance_log.append([b"something else"], 0.0)
    first, second = (await monitor().step()).entries
    assert first.name is not None
    assert first.name.screen == "acme/weather"
    assert first.signer is not None
    assert first.signer.subject == "dev@acme.com"
    assert first.to_json()["file"] == "acme_weather-1.0.0-py3-none-any.whl"
    assert (second.name, second.signer, second.statement) == (None, None, None)
    assert second.to_json()["at"] == "1970-01-01T00:00:00+00:00"


async def test_a_statement_that_was_not_signed_is_not_told(instance_log: Log, person: Person) -> None:
    await publish(instance_log, person, "acme_weather-1.0.0-py3-none-any.whl")
    entry = await instance_log.entry(0)
    other = Statement("acme_other-1.0.0-py3-none-any.whl", "cd" * 32, PUBLISH).encode()
    seen = understand(Shown(0, entry.at, entry.body, other))
    assert seen.statement is None
    assert seen.signer is not None


WEATHER = Seen(
    0,
    0.0,
    Signer(
        "https://issuer",
        "https://github.com/acme/weather/.github/workflows/x.yml@refs/tags/v1",
        "https://github.com/acme/weather",
    ),
    Statement("acme_weather-1.0.0-py3-none-any.whl", "ab" * 32, PUBLISH),
)


@pytest.mark.parametrize(
    ("identities", "names", "fits"),
    [
        ([], [], True),
        (["https://github.com/acme/*"], [], True),
        (["dev@acme.com"], [], False),
        (["dev@acme.com", "*/weather"], [], True),
        ([], ["acme/*"], True),
        ([], ["acme-weather"], True),
        ([], ["other/*"], False),
        (["https://github.com/acme/*"], ["other/*"], False),
    ],
)
def test_entries_are_chosen_by_who_and_what(identities: list[str], names: list[str], fits: bool) -> None:
    assert Filter(identities, names).fits(WEATHER) is fits
    assert Filter(identities, names).fits(Seen(0, 0.0, None, None)), "what is kept from the watcher is told"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"schema": 2, "checkpoint": null, "read": {"size": 0, "hashes": []}}',
        '{"schema": 1, "checkpoint": null, "read": {"size": 1, "hashes": []}}',
        '{"schema": 1, "checkpoint": null, "read": {"size": 1, "hashes": ["00"]}}',
        '{"schema": 1, "checkpoint": "x", "read": {"size": 0, "hashes": []}}',
        '{"schema": 1, "checkpoint": null, "read": {"size": "0", "hashes": []}}',
    ],
)
async def test_a_file_that_is_not_its_own_is_told(text: str, monitor: MonitorMaker, tmp_path: Path) -> None:
    file = tmp_path / "state" / "log.json"
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(ConfigError, match="remembers"):
        await monitor().step()
    assert file.read_text() == text


async def test_what_is_remembered_is_read_as_it_was_written(instance_log: Log, monitor: MonitorMaker) -> None:
    await instance_log.append([b"%d" % i for i in range(11)])
    state = (await monitor().step()).state
    again = State.decode(state.encode(), "it")
    assert (again.read, again.checkpoint) == (state.read, state.checkpoint)


# --- the command


@pytest.fixture
def lumos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Lumos:
    """Runs the command in a thread, beside the log's server."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("NO_COLOR", "1")

    async def call(*words: str) -> tuple[int, str, str]:
        code = await asyncio.to_thread(main, ["log", "monitor", *words])
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def root_file(authority: Authority, tmp_path: Path) -> str:
    file = tmp_path / "trusted_root.json"
    file.write_text(json.dumps(authority.trusted_root()))
    return str(file)


async def test_the_command_tells_what_is_new(
    served: str, instance_log: Log, person: Person, root_file: str, lumos: Lumos
) -> None:
    await publish(instance_log, person, "acme_weather-1.0.0-py3-none-any.whl")
    await publish(instance_log, person, "acme_other-1.0.0-py3-none-any.whl")
    words = (served, "--root", root_file, "--once")
    code, out, err = await lumos(*words, "--name", "acme/w*")
    assert code == 0, err
    assert "acme/weather acme_weather-1.0.0-py3-none-any.whl, signed by dev@acme.com" in out
    assert "other" not in out
    assert "has only grown" in err
    code, out, _ = await lumos(*words, "--json")
    assert [json.loads(line)["type"] for line in out.splitlines()] == ["checkpoint"]
    await publish(instance_log, person, "acme_third-1.0.0-py3-none-any.whl")
    code, out, _ = await lumos(*words, "--json")
    entry, checkpoint = [json.loads(line) for line in out.splitlines()]
    assert (code, entry["name"], entry["index"], checkpoint["size"]) == (0, "acme/third", 2, 3)
    assert entry["signer"]["subject"] == "dev@acme.com"


async def test_the_command_says_when_the_log_lies(
    served: str, instance_log: Log, root_file: str, lumos: Lumos, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await instance_log.append([b"a", b"b"])
    words = (served, "--root", root_file, "--once", "--json", "--state", str(tmp_path / "seen.json"))
    assert (await lumos(*words))[0] == 0
    small = await instance_log.checkpoint(1)

    async def checkpoint(size: int | None = None) -> str:
        return small

    monkeypatch.setattr(instance_log, "checkpoint", checkpoint)
    code, out, err = await lumos(*words)
    assert code == 1
    assert json.loads(out)["rule"] == "log.rollback"
    assert "has 1 entries, and had 2" in err
    (evidence,) = tmp_path.glob("seen-evidence-*.json")  # noqa: ASYNC240 - a test's own folder
    assert json.loads(evidence.read_text())["shown"] == small


async def test_the_command_says_what_it_lacks(served: str, tmp_path: Path, root_file: str, lumos: Lumos) -> None:
    code, _, err = await lumos(served, "--once")
    assert (code, "--root" in err) == (2, True)
    for text, said in (("{", "not JSON"), ("{}", "no trusted_root"), ('{"tlogs": []}', "no key of a log")):
        (tmp_path / "bad.json").write_text(text)
        code, _, err = await lumos(served, "--once", "--root", str(tmp_path / "bad.json"))
        assert (code, said in err) == (1, True), err
    code, _, err = await lumos("http://127.0.0.1:9", "--once", "--root", root_file)
    assert code == 1
    code, _, err = await lumos("http://localhost:9", "--once", "--root", root_file)
    assert code == 1


async def test_over_http_it_is_the_same(served: str, instance_log: Log, keys: list[LogKey], tmp_path: Path) -> None:
    await instance_log.append([b"%d" % i for i in range(130)])
    async with Index(served) as index:
        watching = Monitor(RemoteLog(index), keys, HOST, tmp_path / "log.json")
        step: Any = await watching.step()
        assert len(step.entries) == 130


async def test_entries_that_are_not_the_trees_are_refused(
    instance_log: Log, monitor: MonitorMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await instance_log.append([b"a", b"b", b"c"])
    monkeypatch.setattr(Direct, "entries", lambda *_: asyncio.sleep(0, [Shown(i, 0.0, b"x", None) for i in range(3)]))
    with pytest.raises(RefusedError) as refused:
        await monitor().step()
    assert refused.value.rule == "log.entries"
