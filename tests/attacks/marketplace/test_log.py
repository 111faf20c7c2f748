"""A log that lies, and people who lie to a log. Each attack stands beside what honest people do, which passes."""

# ruff: noqa: PLR2004
from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import delete, update
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from lumosai_marketplace.authority.keys import LogSigner
from lumosai_marketplace.client.index import Index
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log import note
from lumosai_marketplace.log.monitor import Monitor
from lumosai_marketplace.log.note import Checkpoint, LogKey
from lumosai_marketplace.log.remote import RemoteLog, Shown
from lumosai_marketplace.log.store import Log
from lumosai_marketplace.log.tree import Frontier, leaf_hash
from lumosai_marketplace.log.verify import open_checkpoint, verify_consistency, verify_inclusion
from lumosai_marketplace.service.db.models import Base, LogEntry, LogHead, LogTile
from lumosai_sdk.errors import LumosError

HOST = "plugins.example.org"


class View:
    """A log as one of its clients is shown it; any answer can be made another."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.change: dict[str, Callable[[Any], Any]] = {}

    async def checkpoint(self) -> str:
        return str(self._answer("checkpoint", await self.log.checkpoint()))

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        found: Sequence[bytes] = self._answer("consistency", await self.log.consistency(old, new))
        return found

    async def proof(self, index: int, size: int) -> Sequence[bytes]:
        found: Sequence[bytes] = self._answer("proof", await self.log.proof(index, size))
        return found

    async def entries(self, start: int, count: int) -> Sequence[Shown]:
        found = [Shown(e.index, e.at, e.body, e.statement) for e in await self.log.entries(start, start + count)]
        return list(self._answer("entries", found))

    def _answer(self, name: str, value: Any) -> Any:
        return self.change.get(name, lambda v: v)(value)


@pytest.fixture
def signer() -> LogSigner:
    return LogSigner.of(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def keys(signer: LogSigner) -> list[LogKey]:
    return [LogKey.from_der(signer.public_der)]


async def database(path: Path) -> AsyncEngine:
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}")
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    return engine


@pytest.fixture
async def logs(tmp_path: Path, signer: LogSigner) -> AsyncIterator[tuple[Log, Log]]:
    """Two logs with one key and one name: what a service that shows different people different things has."""
    engines = [await database(tmp_path / f"{n}.db") for n in ("honest", "other")]
    yield Log(engines[0], signer, HOST), Log(engines[1], signer, HOST)
    for engine in engines:
        await engine.dispose()


@pytest.fixture
def view(logs: tuple[Log, Log]) -> View:
    return View(logs[0])


@pytest.fixture
def monitor(view: View, keys: list[LogKey], tmp_path: Path) -> Monitor:
    return Monitor(view, keys, HOST, tmp_path / "monitor" / "log.json", clock=lambda: 1234.0)


async def rule_of(call: Any) -> str:
    with pytest.raises(RefusedError) as refused:
        await call
    return refused.value.rule


async def follow(monitor: Monitor) -> list[int]:
    step = await monitor.step()
    monitor.remember(step)
    return [e.index for e in step.entries]


def bodies(count: int, start: int = 0) -> list[bytes]:
    return [b"entry %d" % i for i in range(start, start + count)]


def root(entries: Sequence[bytes]) -> bytes:
    frontier = Frontier()
    for body in entries:
        frontier.append(leaf_hash(body))
    return frontier.root()


# --- a log that shows different people different things


@pytest.mark.parametrize("size", [5, 6, 300])
async def test_a_fork_is_seen_kept_as_evidence_and_never_forgotten(
    size: int, logs: tuple[Log, Log], view: View, monitor: Monitor, tmp_path: Path, keys: list[LogKey]
) -> None:
    honest, other = logs
    await honest.append(bodies(5))
    await other.append([*bodies(4), b"hidden", *bodies(size - 5, 5)])
    assert await follow(monitor) == list(range(5))
    before = (tmp_path / "monitor" / "log.json").read_bytes()
    view.log = other
    assert await rule_of(monitor.step()) == "log.fork"
    assert (tmp_path / "monitor" / "log.json").read_bytes() == before
    evidence = json.loads((tmp_path / "monitor" / "log-evidence-1234.json").read_text())
    shown, remembered = (open_checkpoint(evidence[k], keys, HOST) for k in ("shown", "remembered"))
    assert (shown.size, remembered.size) == (size, 5), "both are signed: anybody can check who lied"
    view.log = honest
    await honest.append(bodies(1, 5))
    assert await follow(monitor) == [5]


@pytest.mark.parametrize("size", [0, 1, 4])
async def test_a_log_that_went_back_is_refused(size: int, view: View, monitor: Monitor) -> None:
    await view.log.append(bodies(5))
    await follow(monitor)
    older = await view.log.checkpoint(size)
    view.change["checkpoint"] = lambda _: older
    assert await rule_of(monitor.step()) == "log.rollback"


@pytest.mark.parametrize(
    "change",
    [
        lambda proof: [],
        lambda proof: proof[:-1],
        lambda proof: [*proof, proof[-1]],
        lambda proof: proof[::-1],
        lambda proof: [bytes(32), *proof[1:]],
        lambda proof: [h[:31] for h in proof],
    ],
)
async def test_a_proof_that_shows_nothing_is_a_fork(change: Callable[[Any], Any], view: View, monitor: Monitor) -> None:
    await view.log.append(bodies(5))
    await follow(monitor)
    await view.log.append(bodies(4, 5))
    view.change["consistency"] = change
    assert await rule_of(monitor.step()) == "log.fork"
    view.change.clear()
    assert await follow(monitor) == [5, 6, 7, 8]


async def test_the_empty_tree_has_one_root(keys: list[LogKey], signer: LogSigner) -> None:
    empty = Checkpoint(HOST, 0, bytes(32))
    with pytest.raises(RefusedError) as refused:
        verify_consistency(empty, Checkpoint(HOST, 3, root(bodies(3))), [])
    assert refused.value.rule == "log.fork"


# --- entries kept from those who watch


@pytest.mark.parametrize(
    "change",
    [
        lambda found: found[:-1],
        lambda found: [],
        lambda found: [*found[:2], Shown(2, 0.0, b"something harmless", None), *found[3:]],
        lambda found: [found[1], found[0], *found[2:]],
    ],
)
async def test_an_entry_that_is_hidden_from_a_monitor_is_missed(
    change: Callable[[Any], Any], view: View, monitor: Monitor
) -> None:
    await view.log.append(bodies(5))
    view.change["entries"] = change
    assert await rule_of(monitor.step()) == "log.entries"
    view.change.clear()
    assert await follow(monitor) == list(range(5))


async def test_a_monitor_that_begins_at_the_end_is_not_led_beside_it(view: View, monitor: Monitor) -> None:
    await view.log.append(bodies(7))
    view.change["entries"] = lambda _: [Shown(6, 0.0, b"x", None)]
    assert await rule_of(monitor.step(from_now=True)) == "log.entries"
    view.change = {"proof": lambda proof: proof[:-1]}
    assert await rule_of(monitor.step(from_now=True)) == "log.entries"


# --- checkpoints that are not the log's


def checkpoint(signer: LogSigner, origin: str = HOST, size: int = 3) -> str:
    return note.sign(Checkpoint(origin, size, root(bodies(size))), signer)


@pytest.mark.parametrize(
    "origin",
    [
        "other.example.org",
        f"{HOST}.evil.example",
        f"evil.{HOST}",
        f"{HOST}:8643",
        f"{HOST}/log",
        f"{HOST} - x",
        HOST.upper(),
    ],
)
def test_a_checkpoint_of_another_log_is_refused_though_its_key_is_trusted(
    origin: str, signer: LogSigner, keys: list[LogKey]
) -> None:
    with pytest.raises(RefusedError) as refused:
        open_checkpoint(checkpoint(signer, origin), keys, HOST)
    assert refused.value.rule == "log.origin"
    assert open_checkpoint(checkpoint(signer), keys, HOST).size == 3


def test_a_checkpoint_of_another_key_is_refused(signer: LogSigner, keys: list[LogKey]) -> None:
    stranger = LogSigner.of(ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(RefusedError) as refused:
        open_checkpoint(checkpoint(stranger), keys, HOST)
    assert refused.value.rule == "log.key"
    pretender = LogSigner(stranger.private, stranger.public, signer.key_id)  # under the trusted key's hint
    with pytest.raises(RefusedError) as refused:
        open_checkpoint(checkpoint(pretender), keys, HOST)
    assert refused.value.rule == "log.signature"
    with pytest.raises(RefusedError) as refused:
        open_checkpoint(checkpoint(signer), [], HOST)
    assert refused.value.rule == "log.key"


@pytest.mark.parametrize(
    ("was", "becomes"), [("\n3\n", "\n4\n"), (HOST + "\n3", HOST + " - 1\n3"), ("\n\n", "\nmore\n\n")]
)
def test_a_checkpoint_changed_after_it_was_signed_is_refused(
    was: str, becomes: str, signer: LogSigner, keys: list[LogKey]
) -> None:
    with pytest.raises(RefusedError) as refused:
        open_checkpoint(checkpoint(signer).replace(was, becomes, 1), keys, HOST)
    assert refused.value.rule == "log.signature"


async def test_an_entry_is_proven_where_it_is_and_nowhere_else(view: View, keys: list[LogKey]) -> None:
    await view.log.append(bodies(9))
    tree, smaller = [open_checkpoint(await view.log.checkpoint(size), keys, HOST) for size in (9, 8)]
    proof = await view.log.proof(4, 9)
    verify_inclusion(b"entry 4", 4, tree, proof)
    leaf_as_body = leaf_hash(b"entry 4") + leaf_hash(b"entry 5")  # an inner node, shown as if it were an entry
    for body, index, hashes, shown in (
        (b"entry 5", 4, proof, tree),
        (b"entry 4", 5, proof, tree),
        (b"entry 4", 9, proof, tree),
        (b"entry 4", -1, proof, tree),
        (b"entry 4", 4, [], tree),
        (b"entry 4", 4, proof, smaller),
        (leaf_as_body, 2, proof[1:], tree),
    ):
        with pytest.raises(RefusedError) as refused:
            verify_inclusion(body, index, shown, hashes)
        assert refused.value.rule == "log.inclusion"


# --- a database that was tampered with, under a service that runs


async def rolled_back(log: Log, size: int, entries: Sequence[bytes]) -> None:
    """Put the database back to an older state that is whole in itself, as restoring a backup does."""
    old = Log(log._engine, log.signer, HOST)
    async with log._engine.begin() as connection:
        for table in (LogEntry, LogTile):
            await connection.execute(delete(table))
        await connection.execute(update(LogHead).values(size=0, root=root([])))
    await old.append(entries[:size])
    await old.aclose()


async def test_a_service_whose_database_went_back_signs_nothing_and_takes_nothing(logs: tuple[Log, Log]) -> None:
    log = logs[0]
    await log.append(bodies(10))
    await rolled_back(log, 7, bodies(10))
    assert await rule_of(log.checkpoint()) == "log.rollback"
    assert await rule_of(log.append([b"on top"])) == "log.rollback"
    await rolled_back(log, 10, bodies(10, 50))
    assert await rule_of(log.append([b"on top of others"])) == "log.rollback"
    assert await rule_of(log.checkpoint()) == "log.rollback"
    await rolled_back(log, 10, bodies(10))
    assert await log.append([b"as it was"]) == [10]


# --- an index that answers anything


Answers = Callable[[dict[str, Any]], Any]


@pytest.fixture
async def lying() -> AsyncIterator[tuple[RemoteLog, dict[str, Any]]]:
    """A client, and what the index that it asks will say."""
    says: dict[str, Any] = {}

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=says["body"], status=says.get("status", 200), headers=says.get("headers", {}))

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with Index(f"http://127.0.0.1:{port}") as index:
        yield RemoteLog(index), says
    await runner.cleanup()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"hashes": "00"}',
        b'{"hashes": [1]}',
        b'{"hashes": ["00"]}',
        b'{"hashes": ["%s"]}' % (b"zz" * 32),
        json.dumps({"hashes": ["00" * 32] * 1000}).encode(),
        b"[" * 100_000,
        b'{"hashes": [' + b"[]," * 400_000 + b"[]]}",
        b" " * (4 << 20),
    ],
)
async def test_an_answer_that_is_no_proof_is_refused(body: bytes, lying: tuple[RemoteLog, dict[str, Any]]) -> None:
    remote, says = lying
    says["body"] = body
    for call in (remote.consistency(1, 2), remote.proof(0, 1)):
        with pytest.raises(LumosError):
            await call


ENTRY = {"index": 5, "at": 1.0, "leaf": "", "body": "YQ==", "statement": None}


@pytest.mark.parametrize(
    "entries",
    [
        [ENTRY | {"index": 6}],
        [ENTRY | {"index": "5"}],
        [ENTRY | {"index": True}],
        [ENTRY | {"body": "*"}],
        [ENTRY | {"at": "now"}],
        [ENTRY | {"at": 1e300}],
        [ENTRY | {"at": -1}],
        [ENTRY | {"statement": 3}],
        [ENTRY, ENTRY],
        [ENTRY, ENTRY | {"index": 6}, ENTRY | {"index": 7}],
        [3],
        {},
        "x",
    ],
)
async def test_entries_that_were_not_asked_for_are_refused(
    entries: Any, lying: tuple[RemoteLog, dict[str, Any]]
) -> None:
    remote, says = lying
    says["body"] = json.dumps({"entries": entries}).encode()
    if entries != {}:
        assert await rule_of(remote.entries(5, 2)) == "log.format"
    says["body"] = json.dumps({"entries": [ENTRY]}).encode()
    assert [s.body for s in await remote.entries(5, 2)] == [b"a"]


async def test_a_log_that_leads_elsewhere_is_not_followed(lying: tuple[RemoteLog, dict[str, Any]]) -> None:
    remote, says = lying
    says |= {"body": b"", "status": 302, "headers": {"Location": "http://169.254.169.254/latest"}}
    assert await rule_of(remote.checkpoint()) == "index.origin"
