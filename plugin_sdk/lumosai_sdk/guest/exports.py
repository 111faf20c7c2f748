"""The contract's exports: texts in, one text out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from lumosai_sdk import trace, wire
from lumosai_sdk.errors import InputError, LumosError, Suspend
from lumosai_sdk.functions import FunctionTool
from lumosai_sdk.guest.drive import collected, finished
from lumosai_sdk.guest.objects import Ask, Objects
from lumosai_sdk.guest.plan import Plan
from lumosai_sdk.types.models import EmbeddingRequest, ModelRequest
from lumosai_sdk.types.sansio import OPERATIONS, Answer, HttpAnswer, HttpCall, Operation
from lumosai_sdk.types.tools import ToolContext
from lumosai_sdk.wireerrors import encode_error, plain

_REQUESTS: Mapping[str, Any] = {"complete": ModelRequest, "stream": ModelRequest, "embed": EmbeddingRequest}


_NOT_OF_THE_PLUGIN = ("lumosai_sdk/",)
_NO_CONTEXT = ToolContext()
"""For the many tools that do not look at it: reading it takes longer than most of them."""


def _context(text: str) -> ToolContext:
    return wire.decode_context(wire.loads(text))


class FailedError(Exception):
    """An export's ``err``; ``text`` is the error's JSON."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Exports:
    """A plugin's answers to its host."""

    def __init__(self, plan: Plan, ask: Ask, sources: trace.Sources | None = None) -> None:
        """Serve what *plan* names; *ask* calls the host, *sources* are for the log of what fails."""
        self.plan = plan
        self._ask = ask
        self._sources = sources
        self._objects = Objects(plan, ask)
        self._functions: dict[str, Callable[..., Any]] = {
            "plugin.describe": self._describe,
            "tool.call": self._call_tool,
            "provider.prepare": self._prepare,
            "provider.parse": self._parse,
            "provider.parse-chunk": self._parse_chunk,
            "storage.execute": self._execute,
            "monitor.take": self._take,
            "monitor.close": self._close,
            "step.run": self._run_step,
            "processor.process": self._process,
        }

    def call(self, export: str, *texts: str) -> str:
        """Call ``tool.call`` or the like. Raises FailedError, and nothing else, for whatever goes wrong inside."""
        try:
            return wire.dumps(self._functions[export](*texts))
        except Suspend:
            error = encode_error(InputError("nobody can be asked from within the sandbox"))
        except BaseException as e:  # noqa: BLE001 - sys.exit in a tool is a failure of the tool, and no trap
            error = encode_error(e)
            if not isinstance(e, LumosError):
                self._log(e)
        raise FailedError(wire.dumps(error))

    def _log(self, error: BaseException) -> None:
        """Tell the plugin's log where an exception came from that nobody meant to raise."""
        with suppress(Exception):  # what failed must be told, even where there is no room left to tell more
            for line in trace.lines(error, source=self._sources, skip=_NOT_OF_THE_PLUGIN):
                self._ask("log.write", "error", plain(line), "")

    def _describe(self) -> Any:
        from lumosai_sdk.guest.describe import describe

        return describe(self.plan, self._objects)

    def _call_tool(self, id: str, arguments: str, context: str) -> Any:  # noqa: A002
        values = wire.loads(arguments)
        if not isinstance(values, dict):
            raise InputError("arguments must be an object")
        tool = self._objects.get("tool", id)
        if isinstance(tool, FunctionTool) and not tool.is_async:
            return tool.answer(values, _context(context) if tool.wants_context else _NO_CONTEXT)
        return finished(tool.call(values, _context(context)))

    def _run_step(self, id: str, value: str, context: str) -> Any:  # noqa: A002
        return finished(self._objects.get("step", id).run(wire.loads(value), wire.decode_run(wire.loads(context))))

    def _process(self, id: str, phase: str, value: str, context: str) -> Any:  # noqa: A002
        passing = wire.decode_passing(phase, wire.loads(value))
        run = wire.decode_run(wire.loads(context))
        return finished(self._objects.get("processor", id).process(phase, passing, run))

    # --- monitors and stores

    def _take(self, id: str, events: str) -> None:  # noqa: A002
        finished(self._objects.get("monitor", id).export(wire.decode_events(wire.loads(events))))

    def _close(self, id: str) -> None:  # noqa: A002
        finished(self._objects.get("monitor", id).aclose())

    def _execute(self, id: str, operation: str, arguments: str) -> Any:  # noqa: A002
        values = wire.decode_arguments(operation, wire.loads(arguments))
        return finished(getattr(self._objects.get("storage", id), operation)(*values))

    # --- providers

    def _provider(self, id: str) -> Any:  # noqa: A002
        """Return a provider; of one that is ``Driven`` natively, what is inside: here the host drives it."""
        found = self._objects.get("provider", id)
        inner = getattr(found, "provider", None)
        return inner if hasattr(inner, "prepare") else found

    def _prepare(self, id: str, operation: str, request: str) -> Any:  # noqa: A002
        provider, op = self._provider(id), _operation(operation)
        cls = _REQUESTS.get(op)
        asked = wire.decode(cls, wire.loads(request)) if cls else None
        if not hasattr(provider, "prepare"):
            return {"answer": _done(provider, op, asked)}
        said = finished(provider.prepare(op, asked))
        if isinstance(said, Answer):
            return {"answer": said.value}
        if not isinstance(said, HttpCall):
            raise InputError(f"prepare returned {type(said).__name__}, and neither HttpCall nor Answer")
        return {k: v for k, v in wire.encode(said).items() if v is not None}

    def _parse(self, id: str, operation: str, response: str) -> Any:  # noqa: A002
        answer = wire.decode(HttpAnswer, wire.loads(response))
        return finished(self._provider(id).parse(_operation(operation), answer))

    def _parse_chunk(self, id: str, chunk: str, state: str) -> Any:  # noqa: A002
        chunks, following = finished(self._provider(id).parse_chunk(chunk, wire.loads(state)))
        return {"chunks": list(chunks), "state": following}


def _operation(name: str) -> Operation:
    if name not in OPERATIONS:
        raise InputError(f"operation must be one of {', '.join(OPERATIONS)}, not {name!r}")
    return name


def _done(provider: Any, operation: Operation, request: Any) -> Any:
    """Have a provider that does its own asking, through the host, do it all."""
    if operation == "models":
        return finished(provider.models())
    if operation == "stream":
        return collected(provider.stream(request))
    return finished(getattr(provider, operation)(request))
