"""One sandboxed plugin in one version: its component is read, compiled and loaded when it is first called."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from lumosai_sandbox.files import read_component
from lumosai_sandbox.kinds import adapt
from lumosai_sandbox.policy import Decision, key_of, limits_of
from lumosai_sdk.errors import InputError, LumosError, PluginLoadError, PluginUnavailableError
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.events import HostWarning
from lumosai_sdk.types.plugins import PluginContext

if TYPE_CHECKING:
    from lumosai_sandbox.artefacts import Artefact
    from lumosai_sandbox.capabilities import Capabilities
    from lumosai_sandbox.limits import Limits
    from lumosai_sandbox.runner import Runner

_live: WeakValueDictionary[int, SandboxedPlugin] = WeakValueDictionary()


def contributed(record: Mapping[str, Any], kind: str, contribution: Mapping[str, Any], context: PluginContext) -> Any:
    """Return the object for a contribution. Those made with one *context* share a runner.

    None of the plugin's code runs, and its component is not read. Raises PluginLoadError.
    """
    plugin = live(context)
    if plugin is None or plugin.closed:
        plugin = _live[id(context)] = SandboxedPlugin(record, context)
    return plugin.obj(kind, contribution)


def live(context: PluginContext) -> SandboxedPlugin | None:
    """Return the plugin that has objects made with *context*, if there is one."""
    plugin = _live.get(id(context))
    return plugin if plugin is not None and plugin.context is context else None


class SandboxedPlugin:
    """A plugin of the runtime ``wasm``. Its objects keep it alive; it ends when the last of them is closed."""

    def __init__(self, record: Mapping[str, Any], context: PluginContext) -> None:
        """Take note of what the manifest says, and of how its owner wants it held. Raises PluginLoadError."""
        self.record = record
        self.context = context
        self.name = context.name
        self.closed = False
        self.file: str = record["module"]
        self.decision: Decision | None = None
        self.compile_seconds: float | None = None
        self.limits = self._limits(0)
        self._key_of = key_of(record.get("state", "none"))
        self._objects: set[object] = set()
        self._runner: Runner | None = None
        self._starting: asyncio.Task[Runner] | None = None
        self._unfit: PluginLoadError | None = None
        self._host: Capabilities | None = None
        self._ours: bool | None = None

    def _limits(self, size: int) -> Limits:
        try:
            return limits_of(self.context.sandbox, self.record.get("limits", {}), size)
        except InputError as e:
            raise PluginLoadError(self.name, "limits", e.message) from None

    def obj(self, kind: str, contribution: Mapping[str, Any]) -> Any:
        """Return the object for a contribution. Raises PluginLoadError."""
        made = adapt(kind, self, contribution)
        self._objects.add(made)
        return made

    # --- calls

    async def call(self, export: str, *texts: str, caller: Caller) -> str:
        """Call an export of the component; see ``Runner``. Raises PluginLoadError when it cannot run here."""
        runner = self._runner or await self._started()
        try:
            return await runner.call(export, *texts, caller=caller)
        finally:
            await self.host.release(caller)

    async def ours(self) -> bool:
        """Tell whether the component speaks the contract, or has plain functions; loads it. Raises PluginLoadError."""
        if self._ours is None:
            await self._started()
        return self._ours is True

    async def ask(self, function: str, *texts: str, caller: Caller) -> str:
        """Ask the host what the plugin's code might ask it, under the plugin's rights. Raises LumosError."""
        return await self.host(function, texts, caller)

    async def forget(self, caller: Caller) -> None:
        """Let go of what was asked for on behalf of *caller*."""
        await self.host.release(caller)

    @property
    def host(self) -> Capabilities:
        """What the plugin may ask of its host."""
        if self._host is None:
            from lumosai_sandbox.capabilities import Capabilities

            self._host = Capabilities(self.context, log_limit=self.limits.log)
        return self._host

    # --- the first call

    async def _started(self) -> Runner:
        if self.closed:
            raise self._stopped()
        if self._unfit is not None:
            raise self._unfit
        loop = asyncio.get_running_loop()
        if self._starting is None or self._starting.get_loop() is not loop:
            self._starting = loop.create_task(self._start(), name=f"lumos-sandbox-{self.name}")
            self._starting.add_done_callback(self._ended)
        starting = self._starting
        try:
            # Who is cancelled does not take along the others that wait for the same.
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            if starting.cancelled():  # by aclose
                raise self._stopped() from None
            raise

    def _stopped(self) -> PluginUnavailableError:
        return PluginUnavailableError(self.name, "call", "the plugin was stopped")

    def _ended(self, task: asyncio.Task[Runner]) -> None:
        if self._starting is task:
            self._starting = None
        if not task.cancelled():
            task.exception()  # told to those who waited; if nobody does any more, it is nobody's

    async def _start(self) -> Runner:
        from lumosai_sandbox.engine.errors import UnfitError

        began = time.perf_counter()
        try:
            artefact = await self._prepared()
            self.compile_seconds = time.perf_counter() - began
            runner = await self._made(artefact)
        except UnfitError as e:
            self._unfit = PluginLoadError(self.name, self.file, str(e), hint="lumos plugin inspect shows what it is")
            raise self._unfit from None
        except PluginLoadError as e:
            self._unfit = e
            raise
        except LumosError as e:
            raise PluginLoadError(self.name, self.file, e.message, hint=e.hint) from None
        if self.closed:
            await runner.aclose()
            raise self._stopped()
        self._runner = runner
        return runner

    async def _prepared(self) -> Artefact:
        from lumosai_sandbox.artefacts import prepare

        wasm = await asyncio.to_thread(self._read)
        self.limits = self._limits(len(wasm))
        fuel = self.limits.fuel is not None
        log = self.context.log
        return await prepare(wasm, fuel=fuel, cache=self.context.sandbox.cache, progress=log.info)

    def _read(self) -> bytes:
        wasm = read_component(self.name, self.context.root, self.file)
        wanted = self.record.get("hashes", {}).get(self.file)
        if wanted is not None and hashlib.sha256(wasm).hexdigest() != wanted:
            why = "it was changed after it was verified"
            raise PluginLoadError(self.name, self.file, why, hint="lumos plugin install puts back what the lock says")
        return wasm

    async def _made(self, artefact: Artefact) -> Runner:
        from lumosai_sandbox.fit import check
        from lumosai_sandbox.jail.lock import supported
        from lumosai_sandbox.policy import decide

        check(self.name, self.file, artefact.shape, self.record)
        self._ours = artefact.shape.ours
        decision = decide(artefact.shape, self.context.sandbox, await asyncio.to_thread(supported))
        self.decision = decision
        if decision.loud:
            self._warn(f"plugin {self.name!r}, sandbox tier {decision.tier!r}: {decision.why}")
        if decision.tier == "process":
            return await asyncio.to_thread(self._in_process, artefact)
        return self._jailed(artefact)

    def _in_process(self, artefact: Artefact) -> Runner:
        from lumosai_sandbox.engine.component import Guest
        from lumosai_sandbox.engine.engine import shared
        from lumosai_sandbox.inprocess import InProcess

        with artefact.loadable() as path:
            guest = Guest.from_file(shared(fuel=self.limits.fuel is not None), path)
        return InProcess(self.name, guest, self.limits, self.host, key_of=self._key_of)

    def _jailed(self, artefact: Artefact) -> Runner:
        from lumosai_sandbox.jail.client import Jailed

        return Jailed(self.name, artefact, self.limits, self.host, key_of=self._key_of)

    def _warn(self, text: str) -> None:
        self.context.log.warning(text)
        self.context.emit(HostWarning(at=time.time(), detail=text))

    # --- what is known of it

    def metrics(self) -> dict[str, Any]:
        """Return what is in force and what was counted: nothing is loaded, or begun, to tell it."""
        out: dict[str, Any] = {"loaded": self._runner is not None, "limits": self.limits.to_json()}
        if self.decision is not None:
            out["tier"], out["why"] = self.decision.tier, self.decision.why
        if self.compile_seconds is not None:
            out["compile_seconds"] = round(self.compile_seconds, 4)
        if self._runner is not None:
            out |= self._runner.metrics()
            out["interfaces"] = {"imports": sorted(self._runner.imports), "exports": sorted(self._runner.exports)}
        return out

    # --- the end

    async def let_go(self, holder: object) -> None:
        """One of the plugin's objects was closed; with the last one the plugin ends."""
        self._objects.discard(holder)
        if not self._objects:
            await self.aclose()

    async def aclose(self) -> None:
        """End everything: calls that run, instances, workers."""
        self.closed = True
        starting, runner, self._runner = self._starting, self._runner, None
        if starting is not None and starting.get_loop() is asyncio.get_running_loop():
            starting.cancel()
            await asyncio.wait([starting])
        if runner is not None:
            await runner.aclose()
        if self._host is not None:
            await self._host.aclose()
