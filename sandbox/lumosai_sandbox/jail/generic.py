"""A worker for a component that nobody wrote for LumosAI: its plain functions, one call at a time."""

from __future__ import annotations

import json
import socket

from lumosai_sandbox.engine.errors import EngineError, ResultTooLargeError
from lumosai_sandbox.generic.guest import GenericGuest
from lumosai_sandbox.guesterror import to_guest
from lumosai_sandbox.jail import frames
from lumosai_sandbox.jail.beat import Beat
from lumosai_sandbox.jail.frames import frame, texts_frame, texts_of
from lumosai_sandbox.jail.worker import LONGEST, kind_of
from lumosai_sdk.errors import InputError, LumosError

INTERRUPTED = "interrupt"
"""What wasmtime says of a guest that went past the deadline of its epoch."""


class GenericWorker:
    """Serves the calls of such a component. It hears nothing while it runs one: the host kills it then."""

    def __init__(self, channel: socket.socket, guest: GenericGuest, beat: Beat) -> None:
        """Serve over *channel*, to the *beat* of the guest's engine."""
        self._channel = channel
        self._limits = guest.limits
        self._guest = guest
        self._reader = frames.Reader(LONGEST)
        self._beat = beat

    def warm_up(self) -> None:
        """Nothing is worth doing ahead: every call makes its own instance."""

    def serve(self) -> None:
        """Serve until the host closes the channel."""
        while data := self._channel.recv(frames.CHUNK):
            for kind, call, payload in self._reader.feed(data):
                if kind == frames.CALL:  # whoever reads that a call was cancelled has answered it
                    self._channel.sendall(self._served(call, payload))

    def _served(self, call: int, payload: bytes) -> bytes:
        function, _, *texts = texts_of(payload)
        self._beat.held = True
        self._beat.touch()
        try:
            answer = self._guest.call(function.decode(), json.loads(texts[0] if texts else b"{}"))
            text = json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace")
            if len(text) > self._limits.result:
                raise ResultTooLargeError(f"the result is larger than {self._limits.result} bytes")
            return frame(frames.OK, call, text)
        except EngineError as e:
            kind = b"wall" if INTERRUPTED in str(e) else kind_of(e)
            return texts_frame(frames.FAILED, call, kind, str(e).encode(errors="replace"))
        except RecursionError:
            nested = InputError("the arguments, or the answer, are nested too deeply")
            return frame(frames.ERROR, call, to_guest(nested).encode())
        except LumosError as e:
            return frame(frames.ERROR, call, to_guest(e).encode("utf-8", "replace"))
        finally:
            self._beat.held = False
