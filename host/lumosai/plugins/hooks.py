"""Calling hooks so that one plugin's failure is reported under its name and the others still run."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import pluggy

from lumosai import hookspecs
from lumosai.deadlines import Deadline
from lumosai.plugins.generation import Generation, is_failure
from lumosai.plugins.runtimes import make_importable
from lumosai_sdk.errors import LumosError, PluginLoadError
from lumosai_sdk.hooks import PROJECT
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.models import ModelResponse
from lumosai_sdk.types.runs import RunResult

T = TypeVar("T")
R = TypeVar("R")
TIMEOUT = 30.0
_RESULTS: dict[str, type] = {
    "lumos_around_run": RunResult,
    "lumos_around_model_call": ModelResponse,
    "lumos_around_tool_call": str,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one plugin's implementation gave, or the exception it raised."""

    plugin: str
    value: Any = None
    error: BaseException | None = None


class Hooks:
    """The plugin manager of pluggy, called with isolation. ``contribute`` receives what plugins add at run time."""

    def __init__(
        self,
        contribute: Callable[[Generation, str, dict[str, Any], Any], None],
        withhold: Callable[[Generation, str, str, str], None] = lambda *_: None,
    ) -> None:
        self._manager = pluggy.PluginManager(PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self._generations: dict[str, Generation] = {}
        self._sink = _Sink(contribute, withhold)
        self._implementations: dict[str, list[pluggy.HookImpl]] = {}
        self._manager.hook.lumos_contribute.call_historic(kwargs={"contributions": self._sink})

    def register(self, generation: Generation, module: Any = None) -> None:
        """Import a plugin's hooks module (if not given) and register it, or what its factory makes of the context.

        A factory is named as ``module:attr``; where it returns None the plugin wants no hooks now. Raises
        PluginLoadError; then nothing is registered.
        """
        record = generation.record
        if record.get("runtime", "python") != "python":
            # The manifest's own rules say so too; this is what holds whatever index a record came from.
            raise PluginLoadError(generation.name, "hooks", "they are Python, which a sandboxed plugin must not bring")
        module_name = record.get("hooks_module") or f"{record['package'].partition(':')[0]}.hooks"
        self._sink.generation = generation
        try:
            make_importable(record)
            if module is None and (module := _made(module_name, generation)) is None:
                return
            self._manager.register(module, name=generation.name)
        except PluginLoadError:
            raise
        except LumosError as e:  # it says by itself what is wrong, and what mends it
            self.unregister(generation.name)
            raise PluginLoadError(generation.name, f"hooks in {module_name}", e.message, hint=e.hint) from e
        except (Exception, SystemExit) as e:
            self.unregister(generation.name)
            raise PluginLoadError(generation.name, f"hooks in {module_name}", f"{type(e).__name__}: {e}") from e
        finally:
            self._sink.generation = None
        self._generations[generation.name] = generation
        self._implementations.clear()
        if problem := self._problem(generation, module):
            self.unregister(generation.name)
            raise PluginLoadError(generation.name, f"hooks in {module_name}", problem)

    def _problem(self, generation: Generation, module: Any) -> str | None:
        declared = set(generation.record.get("hooks", ()))
        found = {h.name for h in self._manager.get_hookcallers(module) or ()}
        if found != declared:
            return f"the manifest declares {sorted(declared)}, the module implements {sorted(found)}"
        for name in sorted(found):
            spec = getattr(hookspecs, name, None)
            if spec is None:
                return f"this host has no hook {name}"
            if inspect.iscoroutinefunction(getattr(module, name)) and not inspect.iscoroutinefunction(spec):
                return f"{name} must be a plain function, not async"
        return None

    def unregister(self, plugin: str) -> Any:
        """Take a plugin's hooks out and return what held them, if it had any."""
        module = self._manager.get_plugin(plugin)
        if module is not None:
            self._manager.unregister(name=plugin)
        self._generations.pop(plugin, None)
        self._implementations.clear()
        return module

    def implementations(self, hook: str) -> list[pluggy.HookImpl]:
        """Return a hook's implementations in calling order, without calling pluggy each time."""
        found = self._implementations.get(hook)
        if found is None:
            caller = getattr(self._manager.hook, hook)
            found = self._implementations[hook] = list(reversed(caller.get_hookimpls()))
        return found

    async def gather(self, hook: str, *, only: str | None = None, **arguments: Any) -> list[Outcome]:
        """Call every implementation (or one plugin's), awaiting what is awaitable; never raises for a plugin."""
        chosen = [i for i in self.implementations(hook) if only in {None, i.plugin_name}]
        return [await self._one(hook, i, arguments) for i in chosen]

    async def _one(self, hook: str, impl: pluggy.HookImpl, arguments: dict[str, Any]) -> Outcome:
        generation = self._generations.get(impl.plugin_name)
        try:
            value = impl.function(*(arguments[a] for a in impl.argnames))
            if inspect.isawaitable(value):
                value = await _in_time(value)
        except BaseException as e:  # any failure of a plugin becomes a value with its name
            if not is_failure(e):
                raise
            if generation is not None:
                generation.failure(hook, e)
            return Outcome(impl.plugin_name, error=e)
        return Outcome(impl.plugin_name, value)

    async def first(self, hook: str, **arguments: Any) -> Outcome | None:
        """Return the first outcome that is a value or a failure: the caller decides, a guard fails closed."""
        for impl in self.implementations(hook):
            outcome = await self._one(hook, impl, arguments)
            if outcome.error is not None or outcome.value is not None:
                return outcome
        return None

    def notify(self, event: Event) -> None:
        """Show an event to ``lumos_on_event``."""
        for impl in self.implementations("lumos_on_event"):
            try:
                impl.function(*((event,) if impl.argnames else ()))
            except (Exception, SystemExit) as e:  # noqa: BLE001 - any failure of a plugin is told under its name
                generation = self._generations.get(impl.plugin_name)
                # A failure while a failure is told would tell itself for ever.
                if generation is not None and not event.type.startswith("plugin."):
                    generation.failure("lumos_on_event", e)

    def around(self, hook: str, inner: Callable[[T], Awaitable[R]], **arguments: Any) -> Callable[[T], Awaitable[R]]:
        """Return *inner* wrapped in the middlewares of a ``lumos_around_*`` hook, the first one outermost."""
        call = inner
        for impl in reversed(self.implementations(hook)):
            call = self._wrap(impl, hook, call, arguments)
        return call

    def _wrap(
        self, impl: pluggy.HookImpl, hook: str, inner: Callable[[T], Awaitable[R]], arguments: dict[str, Any]
    ) -> Callable[[T], Awaitable[R]]:
        generation = self._generations[impl.plugin_name]
        try:
            middleware: Any = impl.function(*(arguments[a] for a in impl.argnames))
        except LumosError:
            raise
        except (Exception, SystemExit) as e:
            raise generation.failure(hook, e) from e
        if middleware is None:
            return inner
        return lambda value: _run_middleware(generation, hook, middleware, value, inner)


def _made(where: str, generation: Generation) -> Any:
    name, _, attr = where.partition(":")
    module = importlib.import_module(name)
    return getattr(module, attr)(generation.context) if attr else module


async def _run_middleware(
    generation: Generation,
    hook: str,
    middleware: Callable[..., Awaitable[R]],
    value: T,
    inner: Callable[[T], Awaitable[R]],
) -> R:
    raised: list[BaseException] = []

    async def proceed(v: T) -> R:
        _must_be(type(value), v, "proceeds with")
        try:
            return await inner(v)
        except BaseException as e:
            raised.append(e)
            raise

    try:
        result = await middleware(value, proceed)
        _must_be(_RESULTS[hook], result, "returned")
    except BaseException as e:
        # What came from inside is not this plugin's failure.
        if isinstance(e, LumosError) or e in raised or not is_failure(e):
            raise
        raise generation.failure(hook, e) from e
    return result


def _must_be(expected: type, value: object, verb: str) -> None:
    if not isinstance(value, expected):
        raise TypeError(f"{verb} {type(value).__name__}, where {expected.__name__} is expected")


async def _in_time(answer: Awaitable[T]) -> T:
    scope = Deadline(TIMEOUT)
    try:
        with scope:
            return await answer
    except TimeoutError:
        if scope.expired:
            raise TimeoutError(f"no answer in {TIMEOUT:g} s") from None
        raise


class _Sink:
    """The ``contributions`` that ``lumos_contribute`` is handed: pluggy calls it while a plugin is being registered."""

    def __init__(
        self,
        contribute: Callable[[Generation, str, dict[str, Any], Any], None],
        withhold: Callable[[Generation, str, str, str], None],
    ) -> None:
        self._contribute = contribute
        self._withhold = withhold
        self.generation: Generation | None = None

    def add(self, kind: str, id: str, obj: Any, **declared: Any) -> None:  # noqa: A002 - the manifest's word
        """Contribute *obj*. Raises ValueError when the id is not the plugin's, RuntimeError outside the hook."""
        self.later().add(kind, id, obj, **declared)

    def later(self) -> _Late:
        """Return what takes contributions of the plugin from now on. Raises RuntimeError outside the hook."""
        if self.generation is None:
            raise RuntimeError("contributions can only be added inside lumos_contribute")
        return _Late(self.generation, self._contribute, self._withhold)


class _Late:
    """Contributions of one generation of a plugin, as long as it is the one that runs."""

    def __init__(
        self,
        generation: Generation,
        contribute: Callable[[Generation, str, dict[str, Any], Any], None],
        withhold: Callable[[Generation, str, str, str], None],
    ) -> None:
        self._generation = generation
        self._contribute = contribute
        self._withhold = withhold

    def add(self, kind: str, id: str, obj: Any, **declared: Any) -> None:  # noqa: A002 - the manifest's word
        """Contribute *obj*. Raises ValueError for another plugin's id, TypeError when *obj* is no such thing."""
        self._check(kind, id)
        self._contribute(self._generation, kind, {"id": id, "target": f"contributed:{kind}:{id}", **declared}, obj)

    def withhold(self, kind: str, id: str, why: str) -> None:  # noqa: A002
        """Take a contribution out; *why* is told to who asks for it. Raises ValueError for another plugin's id."""
        self._check(kind, id)
        self._withhold(self._generation, kind, id, why)

    def _check(self, kind: str, id: str) -> None:  # noqa: A002
        name = self._generation.name
        if id != name and not id.startswith(f"{name}."):
            raise ValueError(f"{kind} id {id!r} must start with {name + '.'!r}")
