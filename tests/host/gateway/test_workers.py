"""What processes of one service count together, how connections are handed out, what a new configuration changes."""

# ruff: noqa: PLR2004 - tests count things
from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.host.gateway.wsclient import connected

from lumosai import Agent
from lumosai.cli.parser import command_parser
from lumosai.config.changes import merged
from lumosai.config.load import build
from lumosai.config.model import CallLimits
from lumosai.gateway.errors import TooManyRequestsError
from lumosai.gateway.limits import CROWD, Meters
from lumosai.gateway.signals import reread
from lumosai.gateway.workers.board import Board, Place
from lumosai.gateway.workers.channel import WorkerError, failed, failure, messages
from lumosai.gateway.workers.orders import Orders
from lumosai.gateway.workers.seat import Seat
from lumosai.gateway.workers.table import Table
from lumosai_sdk import tool
from lumosai_sdk.errors import ConfigError
from lumosai_sdk.types.events import HostWarning

Open = Callable[..., Any]
NARROW = CallLimits(rate=1, burst=4, concurrency=3)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def boards() -> Iterator[list[Board]]:
    """The board of one service, as its supervisor and two workers see it."""
    made = Board.shared(2)
    yield [made, *(Board.handed(made.fd, Place(n, 2)) for n in range(2))]
    os.close(made.fd)


def meters(board: Board, limits: CallLimits = NARROW, clock: Callable[[], float] = Clock()) -> Meters:  # noqa: B008
    return Meters(limits, board.callers, board.secret, clock)


# --- limits


def test_processes_take_from_one_bucket(boards: list[Board]) -> None:
    clock = Clock()
    one, two = (meters(b, clock=clock) for b in boards[1:])
    for each in (one, two, one, two):
        each.charge("ada")
    for each in (one, two):
        each.charge("grace")
        with pytest.raises(TooManyRequestsError):
            each.charge("ada")
    clock.now += 1
    two.charge("ada")
    with pytest.raises(TooManyRequestsError):
        one.charge("ada")


def test_what_is_under_way_counts_in_all_processes(boards: list[Board]) -> None:
    one, two = (meters(b) for b in boards[1:])
    first, _ = one.begin("ada"), one.begin("ada")
    two.begin("ada")
    for each in (one, two):
        with pytest.raises(TooManyRequestsError, match="at once"):
            each.begin("ada")
    first.leave()
    two.begin("ada")


def test_what_a_dead_process_had_under_way_is_struck_out_and_what_callers_have_had_is_not(boards: list[Board]) -> None:
    one, two = (meters(b) for b in boards[1:])
    for _ in range(2):
        one.enter("ada")
    two.enter("ada")
    boards[0].strike(0)
    for _ in range(2):
        two.begin("ada")
    with pytest.raises(TooManyRequestsError, match="at once"):
        two.begin("ada")
    two.charge("ada")
    with pytest.raises(TooManyRequestsError, match="a second"):
        two.charge("ada")


def test_a_row_is_given_to_another_only_when_that_gives_its_caller_nothing() -> None:
    clock, table = Clock(), Table.private(1)
    made = Meters(NARROW, table, clock=clock)
    busy = made.begin("ada")
    crowd = [made.begin("eve") for _ in range(int(3 * CROWD))]  # the others have an allowance together
    with pytest.raises(TooManyRequestsError):
        made.begin("mallory")
    for meter in crowd:
        meter.leave()
    clock.now += 60
    assert made.begin("grace").row == table.crowd  # something of ada's is under way
    busy.leave()
    made.charge("ada")
    assert made.begin("grace").row == table.crowd  # ada has had something
    clock.now += 60
    assert made.begin("grace").row != table.crowd
    assert made.begin("ada").row == table.crowd


def test_who_loses_the_row_meanwhile_is_not_counted_in_it() -> None:
    clock, table = Clock(), Table.private(1)
    one, two = (Meters(NARROW, table, clock=clock) for _ in range(2))
    one.begin("ada").leave()
    two.begin("grace")  # ada was idle: the row is grace's now
    assert one.begin("ada").row == table.crowd
    assert table.running(0) == 1


def test_nobody_who_does_not_know_the_secret_can_aim_at_a_row(boards: list[Board]) -> None:
    assert len({b.secret for b in boards}) == 1
    assert len(boards[0].secret) == 16
    assert Board.private().secret != Board.private().secret


def test_a_table_that_another_process_has_locked_makes_nobody_wait(boards: list[Board]) -> None:
    program = "import fcntl, sys; fcntl.lockf(int(sys.argv[1]), fcntl.LOCK_EX); print('held', flush=True); input()"
    fd = boards[0].fd
    holder = subprocess.Popen(
        [sys.executable, "-c", program, str(fd)], pass_fds=[fd], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        made = meters(boards[1])
        assert made.begin("ada").row == boards[1].callers.crowd
    finally:
        holder.kill()
        holder.communicate()
    assert made.begin("ada").row != boards[1].callers.crowd


# --- connections


@pytest.fixture
def seats(boards: list[Board]) -> Iterator[list[Seat]]:
    made = [Seat(n, boards[0]) for n in range(2)]
    yield made
    for seat in made:
        seat.close()


def handed(seat: Seat) -> list[tuple[bytes, socket.socket | None]]:
    return list(messages(seat._theirs))


def connection() -> tuple[socket.socket, socket.socket]:
    return socket.socketpair()


def test_a_connection_is_handed_over_and_counted_until_it_ends(boards: list[Board], seats: list[Seat]) -> None:
    client, served = connection()
    with client:
        assert seats[0].give(served)
        assert (seats[0].load, seats[1].load) == (1, 0)
        [(message, taken)] = handed(seats[0])
        assert message == b"c"
        assert taken is not None
        with taken:
            taken.send(b"hello")
            assert client.recv(5) == b"hello"
        boards[1].note_ended(1)
        assert seats[0].load == 0


def test_what_a_worker_has_not_taken_is_taken_back(seats: list[Seat]) -> None:
    client, served = connection()
    with client:
        seats[0].tell(b"r")
        seats[0].give(served)
        [back] = seats[0].taken_back()
        assert seats[0].load == 0
        with back:
            back.send(b"still there")
        assert client.recv(20) == b"still there"


def test_a_worker_that_takes_nothing_is_given_no_more_at_some_point(seats: list[Seat]) -> None:
    clients: list[socket.socket] = []
    for _ in range(2000):
        client, served = connection()
        clients.append(client)
        if not seats[0].give(served):
            served.close()
            break
    assert len(clients) < 2000
    for back in seats[0].taken_back():
        back.close()
    for client in clients:
        client.close()
    assert seats[0].load == 0


def test_the_supervisor_imports_nothing_that_serves() -> None:
    program = "import lumosai.cli.supervising, sys; print(*sys.modules)"
    found = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, check=True)
    serves = {"fastapi", "uvicorn", "pluggy", "lumosai.host", "lumosai.plugins.manager", "lumosai_plugins", "sqlite3"}
    assert not serves & set(found.stdout.split())


@pytest.mark.parametrize("number", ["0", "129", "two"])
def test_a_number_of_workers_that_is_none_is_wrong_usage(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    parser, _ = command_parser("up")
    assert parser.parse(["--workers", "2"]).workers == 2
    with pytest.raises(SystemExit):
        parser.parse(["--workers", number])
    assert "--workers" in capsys.readouterr().err


def test_why_a_worker_cannot_begin_is_told_by_its_supervisor() -> None:
    error = failure(failed(ConfigError("no", hint="yes")))
    assert isinstance(error, WorkerError)
    assert (error.message, error.hint) == ("no", "yes")
    long = failure(failed(ConfigError("no" * 100_000)))
    assert long is not None
    assert len(long.message) < 10_000
    assert failure(b"+-") is None
    assert failure(b"+!half of it") is not None


# --- the end


@pytest.mark.parametrize(("is_stopping", "status"), [(True, "completed"), (False, "cancelled")])
async def test_runs_of_a_websocket_that_the_service_closes_have_the_time_to_end(
    served: Open, *, is_stopping: bool, status: str
) -> None:
    begun, release = asyncio.Event(), asyncio.Event()

    @tool
    async def wait() -> str:
        """Wait."""
        begun.set()
        await release.wait()
        return "over"

    async with served(Agent("a", model="scripted/tool", tools=[wait])) as s:
        async with connected(s.url) as c:
            started = await c.ask("run", "started", agent="a", input="x")
            await begun.wait()
            draining = asyncio.create_task(s.host.runs.drain(60)) if is_stopping else None
            await asyncio.sleep(0)
        while not is_stopping and s.host.runs.active:  # noqa: ASYNC110 - the host has no event for it
            await asyncio.sleep(0.01)
        release.set()
        if draining is not None:
            await draining
        assert (await s.host.runs.get(started["run_id"])).status == status


# --- configuration

SERVER: dict[str, Any] = {"auth": ["keys"], "cors": {"origins": ["https://a.example"]}}


def test_what_a_host_stands_on_waits_for_its_next_start() -> None:
    running = build({"server": {"port": 1, "drain": 1}, "storage": {"use": "memory"}})
    fresh = build({"server": {"port": 2, "drain": 2}, "limits": {"steps": 3}, "host": {"safe_mode": True}})
    config, waiting = merged(running, fresh)
    assert waiting == ("[host] safe_mode", "[server] port", "[storage] use")
    assert (config.server.port, config.server.drain, config.storage.use) == (1, 2, "memory")
    assert (config.limits.steps, config.host.safe_mode) == (3, False)


def test_pages_are_not_let_in_by_a_door_that_is_not_closed_yet() -> None:
    """``*`` is sound where callers are known. The service that runs knows nobody: any page would be its owner."""
    fresh = build({"server": {"auth": ["keys"], "cors": {"origins": ["*"]}}})
    config, waiting = merged(build({}), fresh)
    assert (config.server.auth, config.server.cors.origins) == ([], [])
    assert waiting == ("[server] auth", "[server] cors")


def test_a_new_worker_keeps_the_door_that_is_served(tmp_path: Path) -> None:
    first, last = '[server]\nauth = ["keys"]\n', "[server]\nauth = []\ndrain = 9\n"
    orders = Orders(1, 2, "http://x", str(tmp_path / "lumos.toml"), first, last)
    read = Orders.read(orders.written())
    assert read == orders
    config = read.loaded().config
    assert (config.server.auth, config.server.drain) == (["keys"], 9)


async def test_limits_and_pages_change_while_the_service_runs(gateway: Open) -> None:
    async with gateway() as g:
        path = g.host.loaded.base / "lumos.toml"
        page = {"origin": "https://app.example"}
        assert (await g.client.get("/v1/agents", headers=page)).status_code == 403
        config = g.host.config
        cors = config.server.cors.model_copy(update={"origins": ["https://app.example"]})
        g.host.config = config.model_copy(update={"server": config.server.model_copy(update={"cors": cors})})
        assert (await g.client.get("/v1/agents", headers=page)).status_code == 200
        assert not path.exists()


async def test_only_the_first_process_tells_what_concerns_all(gateway: Open) -> None:
    async with gateway() as g:
        told: list[str] = []
        g.host.bus.listen(lambda e: told.append(e.detail) if isinstance(e, HostWarning) else None)
        assert g.host.loaded.path is not None
        g.host.loaded.path.write_text("", encoding="utf-8")
        await reread(g.host)
        g.host.replica = 1
        await reread(g.host)
        assert told.count("the configuration was read again") == 1
