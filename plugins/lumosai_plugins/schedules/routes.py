"""Schedules and tasks by HTTP: each caller's own, which run as the caller, with the rights the caller had."""

from __future__ import annotations

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lumosai_sdk.errors import InputError, NotFoundError, PermissionDeniedError
from lumosai_sdk.types.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from lumosai_plugins.schedules.store import Store
    from lumosai_sdk.types.auth import Principal
    from lumosai_sdk.types.plugins import PluginContext
    from lumosai_sdk.types.services import TrustedServices

MAX_BODY = 2 * 1024 * 1024
MAX_OWN = 100
"""Schedules, and tasks that are not over, that one caller may have."""
_TASK = frozenset({"agent", "input", "queue", "thread", "delay"})


class _Route(ABC):
    def __init__(self, context: PluginContext) -> None:
        self._context = context

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer a request. Raises InputError, ConflictError, NotFoundError, PermissionDeniedError."""
        store = _store(self._context)
        if request.method == "GET":
            return await self._list(request.principal, store)
        if not store.settings.api:
            raise PermissionDeniedError(
                "callers may not add schedules or tasks", hint="[plugins.schedules.settings] api = true"
            )
        if request.method == "DELETE":
            return await self._delete(request, store)
        return await self._post(_body(request), request.principal, store)

    @abstractmethod
    async def _list(self, who: Principal, store: Store) -> HttpResponse:
        """Answer such a request."""

    @abstractmethod
    async def _post(self, given: dict[str, Any], who: Principal, store: Store) -> HttpResponse:
        """Answer such a request."""

    @abstractmethod
    async def _delete(self, request: HttpRequest, store: Store) -> HttpResponse:
        """Answer such a request."""


class Jobs(_Route):
    """``/plugins/schedules/jobs``."""

    async def _list(self, who: Principal, store: Store) -> HttpResponse:
        jobs = (await store.jobs()).values()
        return HttpResponse({"jobs": [j.to_json() for j in jobs if j.owner == _owner(who)]})

    async def _post(self, given: dict[str, Any], who: Principal, store: Store) -> HttpResponse:
        from lumosai_plugins.schedules.jobs import Job

        _may_run(who, given.get("agent"), self._context.host)
        job = Job.of(str(given.pop("name", "")), given, who)
        own = [j for j in (await store.jobs()).values() if j.owner == job.owner]
        if len(own) >= MAX_OWN:
            raise InputError(f"you have {len(own)} schedules, and may have {MAX_OWN}")
        await store.add_job(job)
        return HttpResponse(job.to_json(), 201)

    async def _delete(self, request: HttpRequest, store: Store) -> HttpResponse:
        name = request.query.get("name", "")
        job = (await store.jobs()).get(name)
        if job is None or job.owner != _owner(request.principal):
            raise NotFoundError("schedule", name[:70])
        await store.remove_job(name)
        return HttpResponse({"removed": name})


class Items(_Route):
    """``/plugins/schedules/queue``."""

    async def _list(self, who: Principal, store: Store) -> HttpResponse:
        return HttpResponse({"tasks": [i.to_json() for i in await store.items() if i.owner == _owner(who)]})

    async def _post(self, given: dict[str, Any], who: Principal, store: Store) -> HttpResponse:
        _may_run(who, given.get("agent"), self._context.host)
        if unknown := set(given) - _TASK:
            raise InputError(f"unknown key {min(unknown)[:70]!r}")
        delay = given.pop("delay", 0)
        if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay <= 315_360_000:  # noqa: PLR2004
            raise InputError("delay is a number of seconds")
        _check_texts(given)
        own = [i for i in await store.open_items() if i.owner == _owner(who)]
        if len(own) >= MAX_OWN:
            raise InputError(f"you have {len(own)} tasks in the queue, and may have {MAX_OWN}")
        agent, text = given.pop("agent"), given.pop("input")
        item = store.task(agent, text, due=store.clock() + delay, principal=who, **given)
        await store.add(item)
        return HttpResponse(item.to_json(), 201)

    async def _delete(self, request: HttpRequest, store: Store) -> HttpResponse:
        item_id = request.query.get("id", "")
        item = await store.get(item_id)
        if item is None or item.owner != _owner(request.principal):
            raise NotFoundError("task", item_id[:100])
        await store.remove(item)
        return HttpResponse({"removed": item_id})


def _owner(who: Principal) -> str:
    return f"{who.tenant}/{who.id}"


def _may_run(who: Principal, agent: Any, host: TrustedServices) -> None:
    """Return if somebody may run an agent, and there is one; when it is run, that is asked again of the host."""
    if not who.allows("agent.run"):
        raise PermissionDeniedError(f"{who.id!r} may not run agents", hint="give it the scope 'agent.run'")
    if isinstance(agent, str) and who.allowance is not None and not who.allowance.names(agent):
        raise PermissionDeniedError(f"{who.id!r} may not use {agent[:100]!r}")
    known = [str(a["id"]) for a in host.agents(principal=who)]
    if isinstance(agent, str) and agent.partition("@")[0] not in known:
        raise NotFoundError("agent", agent[:100], known)


def _check_texts(given: Mapping[str, Any]) -> None:
    for key, most in (("agent", 256), ("input", 1_000_000), ("queue", 32), ("thread", 128)):
        value = given.get(key)
        if value is None and key in {"queue", "thread"}:
            continue
        if not isinstance(value, str) or not value or len(value) > most:
            raise InputError(f"{key} is a text of 1 to {most} characters")


def _body(request: HttpRequest) -> dict[str, Any]:
    try:
        given = json.loads(request.body) if len(request.body) <= MAX_BODY else None
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        raise InputError(f"the body is a JSON object of at most {MAX_BODY} bytes")
    return given


def _store(context: PluginContext) -> Store:
    from lumosai_plugins.schedules.settings import Settings
    from lumosai_plugins.schedules.store import Store

    return Store(context.host.kv(), Settings.of(context.settings), time.time)
