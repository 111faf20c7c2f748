"""SmolLM2 in this process, through llama.cpp.

One daemon thread owns the engine: it loads the model at the first request and then serves one request after another, in
the order they came, handing every token to the caller's event loop. The engine's own loopback port cannot be switched
off; it is locked with a random key that nobody knows.
"""

from __future__ import annotations

import asyncio
import atexit
import os
import queue
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lumosai_plugins.local.catalog import SMOLLM2
from lumosai_plugins.local.errors import EngineError, missing_engine
from lumosai_plugins.local.schema import constrained
from lumosai_plugins.local.store import checked_path
from lumosai_sdk.errors import ContextLengthError, ModelRateLimitError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Mapping
    from pathlib import Path

TRAINED_CONTEXT = 8192
_CHARS_A_TOKEN = 32  # no text has fewer tokens than this; refuses absurd prompts before they are tokenised
_STOP_SECONDS = 5.0
_NO_LOOPS = {"dry_multiplier": 0.8, "dry_allowed_length": 3, "dry_penalty_last_n": 128}


@dataclass(frozen=True, slots=True)
class Generation:
    """What to generate: the whole ``prompt``, at most ``max_tokens``, by ``schema`` if there is one.

    ``loops=False`` makes it hard for the model to say the same words again and again (the DRY sampler).
    """

    prompt: str
    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    loops: bool = True
    stop: tuple[str, ...] = ()
    seed: int | None = None
    schema: Mapping[str, Any] | None = None

    def body(self) -> dict[str, Any]:
        """Return the engine's request. Raises InputError when the schema cannot be used."""
        body: dict[str, Any] = {
            "prompt": self.prompt,
            "max_tokens": max(1, self.max_tokens),
            "temperature": self.temperature,
            "top_p": self.top_p,
            "stop": list(self.stop),
            "stream": True,
        }
        if not self.loops:
            body |= _NO_LOOPS
        if self.seed is not None:
            body["seed"] = self.seed
        if self.schema is not None:
            body["json_schema"] = constrained(self.schema)
        return body


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of generated text; the last has a ``finish`` (``stop`` or ``length``) and the token counts."""

    text: str = ""
    finish: str | None = None
    prompt_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Generated:
    """All pieces together."""

    text: str
    end: Piece


@dataclass(slots=True, eq=False)
class _Job:
    body: dict[str, Any]
    deliver: Callable[[Piece | Exception], None]
    cancelled: threading.Event = field(default_factory=threading.Event)


class Llama:
    """The chat model. Usable from any thread and event loop; ``close`` frees it."""

    def __init__(self, folder: Path, *, context: int = 4096, threads: int | None = None, waiting: int = 64) -> None:
        self._folder = folder
        self.context = min(context, TRAINED_CONTEXT)
        self._threads = threads or default_threads()
        self._jobs: queue.Queue[_Job | None] = queue.Queue(waiting)
        self._lock = threading.Lock()
        self._worker: threading.Thread | None = None
        self._current: _Job | None = None
        self._server: Any = None
        self._closed = False

    async def stream(self, generation: Generation) -> AsyncGenerator[Piece]:
        """Yield the text as it comes; the last piece has a ``finish``. Closing the iterator frees the engine.

        Raises ContextLengthError, ModelRateLimitError when too many wait, EngineError, BadModelFileError,
        MissingExtraError and InputError (schema).
        """
        self._check_length(generation.prompt)
        arrived: asyncio.Queue[Piece | Exception] = asyncio.Queue()
        job = _Job(generation.body(), _to_loop(arrived))
        self._submit(job)
        try:
            while True:
                piece = await arrived.get()
                if isinstance(piece, Exception):
                    raise piece
                yield piece
                if piece.finish:
                    return
        finally:
            job.cancelled.set()

    async def generate(self, generation: Generation) -> Generated:
        """Return the whole text. Raises what ``stream`` raises."""
        texts: list[str] = []
        end = Piece(finish="stop")
        async for piece in self.stream(generation):
            texts.append(piece.text)
            end = piece
        return Generated("".join(texts), end)

    def close(self) -> None:
        """Stop what runs, refuse what waits, free the model. May be called twice."""
        with self._lock:
            self._closed = True
            worker, current = self._worker, self._current
        atexit.unregister(self.close)
        if current:
            current.cancelled.set()
        _refuse_all(self._jobs)
        with suppress(queue.Full):
            self._jobs.put_nowait(None)
        if worker and worker is not threading.current_thread():
            worker.join(_STOP_SECONDS)

    def _check_length(self, prompt: str) -> None:
        if len(prompt) > self.context * _CHARS_A_TOKEN:
            raise _too_long(f"a prompt of {len(prompt)} characters", self.context)

    def _submit(self, job: _Job) -> None:
        with self._lock:
            if self._closed:
                raise EngineError("the embedded model was closed")
            try:
                self._jobs.put_nowait(job)
            except queue.Full:
                why = f"{self._jobs.maxsize} requests already wait for the embedded model"
                raise ModelRateLimitError(why, retryable=True, retry_after=5.0) from None
            if self._worker is None:
                self._worker = threading.Thread(target=self._work, name="lumos-local-llama", daemon=True)
                self._worker.start()
                atexit.register(self.close)

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            self._current = job
            if not job.cancelled.is_set():
                self._serve(job)
            self._current = None
        self._server = None

    def _serve(self, job: _Job) -> None:
        try:
            if self._server is None:
                self._server = _load(self._folder, self.context, self._threads)
            run = _Run(job, self.context)
            self._server.handle_completions(job.body, run.on_chunk)
            run.finish()
        except Exception as e:  # noqa: BLE001 - whatever it is, the caller is to have it
            job.deliver(e)


class _Run:
    """One generation, seen from the engine's callback: what is raised there is swallowed, so it is kept."""

    def __init__(self, job: _Job, context: int) -> None:
        self._job = job
        self._context = context
        self._ended = False

    def on_chunk(self, chunk: Any) -> bool:
        """Pass a chunk on. Returns True to stop the engine."""
        try:
            return self._job.cancelled.is_set() or self._pass_on(chunk)
        except Exception as e:  # noqa: BLE001 - the engine would swallow it
            self._end(e)
            return True

    def finish(self) -> None:
        """Tell the caller the end, if the engine has not."""
        if not self._ended:
            why = "was closed" if self._job.cancelled.is_set() else "stopped without an end"
            self._end(EngineError(f"the embedded model {why}"))

    def _pass_on(self, chunk: Any) -> bool:
        if error := chunk.get("error"):
            self._end(_engine_error(error, self._context))
            return True
        choice = chunk["choices"][0]
        if choice["finish_reason"] is None:
            self._job.deliver(Piece(choice["text"]))
            return False
        self._end(_last(choice, chunk.get("usage") or {}))
        return False

    def _end(self, last: Piece | Exception) -> None:
        if not self._ended:
            self._ended = True
            self._job.deliver(last)


def default_threads() -> int:
    """Return one thread on up to two cores (two halve the speed when anything else runs), else half, up to 4."""
    cores = os.process_cpu_count() if hasattr(os, "process_cpu_count") else len(_affinity())
    return 1 if (cores or 1) <= 2 else min(4, (cores or 1) // 2)  # noqa: PLR2004


def _affinity() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def _to_loop(arrived: asyncio.Queue[Piece | Exception]) -> Callable[[Piece | Exception], None]:
    loop = asyncio.get_running_loop()

    def deliver(item: Piece | Exception) -> None:
        with suppress(RuntimeError):  # the loop is gone, and with it whoever asked
            loop.call_soon_threadsafe(arrived.put_nowait, item)

    return deliver


def _refuse_all(jobs: queue.Queue[_Job | None]) -> None:
    with suppress(queue.Empty):
        while True:
            if job := jobs.get_nowait():
                job.deliver(EngineError("the embedded model was closed"))


def _load(folder: Path, context: int, threads: int) -> Any:
    try:
        import xllamacpp
    except ModuleNotFoundError:
        raise missing_engine("xllamacpp") from None
    p = xllamacpp.CommonParams()
    p.model.path = str(checked_path(SMOLLM2, SMOLLM2.files[0].name, folder))
    # One request at a time, but three slots: chat, arguments and results each find their prompt's beginning cached.
    p.n_ctx, p.n_parallel, p.kv_unified, p.fit_params = context, 3, True, False
    p.cpuparams.n_threads = p.cpuparams_batch.n_threads = threads
    p.n_gpu_layers, p.cache_ram_mib = 0, 0
    p.warmup, p.verbosity = False, -1
    p.api_keys, p.n_threads_http = [secrets.token_urlsafe(32)], 1
    p.ui = p.endpoint_slots = p.endpoint_props = p.endpoint_metrics = False
    try:
        return xllamacpp.Server(p)
    except RuntimeError as e:
        raise EngineError(f"llama.cpp could not load {p.model.path}: {e}") from None


def _last(choice: Mapping[str, Any], usage: Mapping[str, Any]) -> Piece:
    cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens", 0)
    finish = "length" if choice["finish_reason"] == "length" else "stop"
    return Piece(choice["text"], finish, usage.get("prompt_tokens", 0), usage.get("completion_tokens", 0), cached)


def _engine_error(error: Mapping[str, Any], context: int) -> Exception:
    if error.get("type") == "exceed_context_size_error":
        return _too_long(f"a prompt of {error.get('n_prompt_tokens')} tokens", context)
    return EngineError(f"llama.cpp: {str(error.get('message'))[:300]}")


def _too_long(what: str, context: int) -> ContextLengthError:
    hint = f"begin a new thread, or set context in [plugins.local.settings] (at most {TRAINED_CONTEXT})"
    return ContextLengthError(f"{what} does not fit the embedded model's context of {context} tokens", hint=hint)
