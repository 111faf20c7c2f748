"""One connection between two siblings: questions and answers, and what one tells the other unasked."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from lumosai.gateway.peers import bounds, wire
from lumosai.gateway.peers.errors import FrameError, GoneError, SilentError
from lumosai.gateway.peers.trust import is_own
from lumosai.gateway.problems import log, recorded
from lumosai_sdk.errors import LumosError

Data = Mapping[str, Any]
VERSION = 1
_ID_LENGTH = 256


class Connection:
    """A stream of frames. What it is asked, *asks* answer; what it is told, *notes* take; *on_end* hears of its end.

    Nothing here waits for the other: what it does not read is held up to a bound, then the connection is dropped.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        asks: Mapping[str, Callable[[Connection, Data], Awaitable[Any]]],
        notes: Mapping[str, Callable[[Connection, Data], None]],
        on_end: Callable[[Connection], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._asks = asks
        self._notes = notes
        self._on_end = on_end
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._answering: set[asyncio.Task[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self.host_id = ""
        self.is_open = True

    async def greet(self, own_id: str) -> str:
        """Say who this is and return who the other is. Raises GoneError for one that is no sibling, or too slow."""
        try:
            if not is_own(self._writer.get_extra_info("socket")):
                raise GoneError("the socket's other end is another user's")
            self.send(wire.packed({"hello": own_id, "version": VERSION}))
            async with asyncio.timeout(bounds.HELLO_SECONDS):
                said = await wire.read(self._reader)
        except (FrameError, EOFError, OSError, TimeoutError) as e:
            self.drop()
            raise GoneError(
                f"what is at the other end of the socket is no sibling: {str(e) or type(e).__name__}"
            ) from None
        except GoneError:
            self.drop()
            raise
        other = said.get("hello")
        if not isinstance(other, str) or len(other) > _ID_LENGTH or said.get("version") != VERSION:
            self.drop()
            raise GoneError("what is at the other end of the socket speaks another language")
        self.host_id = other
        return other

    def start(self) -> asyncio.Task[None]:
        """Begin to take what comes; the task ends with the connection."""
        self._task = asyncio.create_task(self._serve(), name="lumos-peer")
        return self._task

    # --- what goes out

    def send(self, frame: bytes) -> None:
        """Send a frame, unless too much waits already: then the connection is dropped."""
        if not self.is_open:
            return
        self._writer.write(frame)
        if self._writer.transport.get_write_buffer_size() > bounds.BEHIND_BYTES:
            log.warning("the process %s does not take what it asked for; the connection is dropped", self.host_id)
            self.drop()

    def tell(self, name: str, **data: Any) -> None:
        """Tell something. Raises FrameError for what no frame holds."""
        self.send(wire.packed({"note": name, "d": data}))

    async def ask(self, name: str, data: Data, seconds: float = bounds.ANSWER_SECONDS) -> Any:
        """Return the answer. Raises GoneError when the connection ends, SilentError in time, or what went wrong."""
        if not self.is_open:
            raise GoneError(f"the process {self.host_id} is gone")
        number = next(self._numbers)
        answer = self._waiting[number] = asyncio.get_running_loop().create_future()
        try:
            self.send(wire.packed({"ask": name, "n": number, "d": data}))
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            hint = "try again; if it stays so, that process hangs"
            raise SilentError(f"the process {self.host_id} did not answer in {seconds:g} s", hint=hint) from None
        finally:
            self._waiting.pop(number, None)

    def drop(self) -> None:
        """End the connection now."""
        if self.is_open:
            self.is_open = False
            self._writer.transport.abort()
            self._ended()

    async def close(self) -> None:
        """End the connection once what was sent is on its way, or it takes too long."""
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(bounds.HELLO_SECONDS):
                await self._writer.drain()
        self.drop()
        if self._task is not None:
            await asyncio.wait([self._task])

    # --- what comes in

    async def _serve(self) -> None:
        try:
            while self.is_open:
                self._take(await wire.read(self._reader))
        except FrameError as e:
            log.warning("the process %s does not keep to the protocol: %s", self.host_id, e.message)
        except (EOFError, OSError):
            pass
        except Exception:  # noqa: BLE001 - whatever it is, the connection ends, and what goes by it goes by the record
            log.exception("what the process %s sent cannot be taken", self.host_id)
        finally:
            self.drop()

    def _take(self, message: dict[str, Any]) -> None:
        data = message.get("d", {})
        if "answer" in message:
            self._answered(message)
        elif not isinstance(data, dict):
            raise FrameError("what is told is an object")
        elif "note" in message:
            if (take := self._notes.get(str(message["note"]))) is not None:
                take(self, data)
        elif isinstance(message.get("n"), int) and len(self._answering) < bounds.AT_ONCE:
            task = asyncio.create_task(self._answer(str(message.get("ask")), int(message["n"]), data))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        else:
            raise FrameError("too many questions, or none")

    def _answered(self, message: dict[str, Any]) -> None:
        waiting = self._waiting.get(message["answer"]) if isinstance(message["answer"], int) else None
        if waiting is None or waiting.done():
            return  # it came too late
        error = message.get("error")
        if isinstance(error, dict):
            waiting.set_exception(recorded(error))
        else:
            waiting.set_result(message.get("d"))

    async def _answer(self, name: str, number: int, data: Data) -> None:
        answer: dict[str, Any]
        try:
            ask = self._asks.get(name)
            if ask is None:
                raise FrameError(f"{name!r} is not answered here")
            answer = {"d": await ask(self, data)}
        except LumosError as e:
            answer = {"error": e.to_json()}
        except Exception as e:  # noqa: BLE001 - whoever asks must not wait for nothing
            log.exception("the question %r of the process %s was not answered", name, self.host_id)
            answer = {"error": LumosError(f"the host failed: {type(e).__name__}").to_json()}
        try:
            self.send(wire.packed({"answer": number, **answer}))
        except FrameError as e:
            self.send(wire.packed({"answer": number, "error": e.to_json()}))

    def _ended(self) -> None:
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(GoneError(f"the process {self.host_id} is gone"))
        self._on_end(self)  # what is being answered goes on: half of a change is worse than one nobody hears of
