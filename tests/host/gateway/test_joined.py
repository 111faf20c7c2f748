"""What is written in one turn leaves together, in order, and nothing is held back for long."""

from __future__ import annotations

import asyncio
from typing import cast

from lumosai.gateway.joined import FULL, Joined
from lumosai.gateway.ticker import Ticker


class Below:
    """A transport that keeps what it was given."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str) -> str:
        return name


def joined(below: Below) -> Joined:
    return Joined(cast("asyncio.Transport", below), asyncio.get_running_loop())


async def test_a_head_and_its_body_leave_together() -> None:
    below = Below()
    transport = joined(below)
    transport.write(b"head ")
    transport.write(b"body")
    assert below.written == []
    await asyncio.sleep(0)
    assert below.written == [b"head body"]
    transport.write(b"more")
    await asyncio.sleep(0)
    assert below.written == [b"head body", b"more"]


async def test_much_is_not_held_back() -> None:
    below = Below()
    transport = joined(below)
    transport.write(b"x" * (FULL - 1))
    transport.write(b"xx")
    assert [len(w) for w in below.written] == [FULL + 1]
    await asyncio.sleep(0)
    assert len(below.written) == 1


async def test_closing_sends_what_is_left_and_a_closed_one_takes_nothing() -> None:
    below = Below()
    transport = joined(below)
    transport.write(b"last")
    transport.close()
    assert (below.written, transport.is_closing()) == ([b"last"], True)
    transport.write(b"late")
    await asyncio.sleep(0)
    assert below.written == [b"last"]
    assert transport.get_extra_info("peername") == "peername"


async def test_a_tick_wakes_all_who_wait_and_what_happens_wakes_at_once() -> None:
    ticker = Ticker(0.05)
    events = [asyncio.Event() for _ in range(3)]
    waiting = [asyncio.create_task(ticker.wait(e)) for e in events]
    await asyncio.sleep(0)
    events[0].set()
    done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    assert done == {waiting[0]}
    await asyncio.wait_for(asyncio.gather(*waiting), 5)
    again = asyncio.Event()
    await asyncio.wait_for(ticker.wait(again), 5)
