"""Every hook a plugin may implement, on one page.

Hooks carry lifecycle, interception and events; what a plugin *offers* stands in its manifest instead. Implementations
are marked with ``lumosai_sdk.hookimpl``, live in the manifest's ``hooks_module`` and are named in its ``hooks``. They
take the arguments they want, by name. A failing implementation is reported with its plugin's name, and the others still
run; only a failing ``lumos_around_*`` or ``lumos_authorize`` ends what it guards: a failing guard lets nothing through.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

import pluggy

from lumosai_sdk.hooks import PROJECT
from lumosai_sdk.types.auth import AuthRequest, Principal
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.messages import ToolCall
from lumosai_sdk.types.models import ModelRequest, ModelResponse
from lumosai_sdk.types.processors import RunInfo
from lumosai_sdk.types.runs import RunRequest, RunResult

hookspec = pluggy.HookspecMarker(PROJECT)


@dataclass(frozen=True, slots=True)
class HostInfo:
    """The host a plugin is loaded into."""

    version: str
    data_dir: str


@dataclass(frozen=True, slots=True)
class Health:
    """How a plugin is: ``ok``, and in words."""

    plugin: str
    ok: bool
    detail: str = ""


class Contributions(Protocol):
    """Where ``lumos_contribute`` puts what is only known at run time."""

    def add(self, kind: str, id: str, obj: Any, **declared: Any) -> None:  # noqa: A002
        """Contribute *obj* under *id*, which must start with the plugin's name; *declared* as in the manifest."""

    def later(self) -> LateContributions:
        """Return what goes on taking contributions after the hook has returned."""


class LateContributions(Protocol):
    """Where a plugin puts what it learns of while it runs. Once it is swapped or taken out, nothing happens here."""

    def add(self, kind: str, id: str, obj: Any, **declared: Any) -> None:  # noqa: A002
        """Contribute *obj* as in the hook, or in place of what stands there. To be called on the host's event loop."""

    def withhold(self, kind: str, id: str, why: str) -> None:  # noqa: A002
        """Take a contribution out, or say of one that never was what is told to those who ask for it."""


AroundRun = Callable[[RunRequest, Callable[[RunRequest], Awaitable[RunResult]]], Awaitable[RunResult]]
AroundModelCall = Callable[[ModelRequest, Callable[[ModelRequest], Awaitable[ModelResponse]]], Awaitable[ModelResponse]]
AroundToolCall = Callable[[ToolCall, Callable[[ToolCall], Awaitable[str]]], Awaitable[str]]


@hookspec
async def lumos_startup(host: HostInfo) -> None:
    """The host is up; called once for each plugin, also for one that arrives later."""


@hookspec
async def lumos_shutdown(host: HostInfo) -> None:
    """The host is about to stop, or the plugin to be taken out."""


@hookspec(historic=True)
def lumos_contribute(contributions: Contributions) -> None:
    """Contribute what cannot stand in a manifest, such as one tool for each file of a folder."""


@hookspec(firstresult=True)
async def lumos_authenticate(request: AuthRequest) -> Principal | None:
    """Tell who is calling over HTTP, or None; the first answer holds."""


@hookspec(firstresult=True)
async def lumos_authorize(principal: Principal, action: str, resource: str) -> bool | None:
    """Allow or refuse an action such as ``tool.call`` on a resource, or None to leave it to others."""


@hookspec
def lumos_around_run(run: RunInfo) -> AroundRun | None:
    """Return a middleware ``(request, proceed) -> result`` for a run, or None to stay out of it."""


@hookspec
def lumos_around_model_call(run: RunInfo, model: str) -> AroundModelCall | None:
    """Return a middleware ``(request, proceed) -> response`` for a model call, or None."""


@hookspec
def lumos_around_tool_call(run: RunInfo, tool: str) -> AroundToolCall | None:
    """Return a middleware ``(call, proceed) -> text for the model`` for a tool call, or None."""


@hookspec
def lumos_on_event(event: Event) -> None:
    """See every event but ``model.delta``, at once, on the event loop: be quick, or be a monitor."""


@hookspec
async def lumos_health() -> Health | None:
    """Tell how the plugin is."""
