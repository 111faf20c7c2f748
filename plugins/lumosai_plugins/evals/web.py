"""``/plugins/evals/…``: experiments, how they differ, and the scores of live runs, for who may do everything here.

An experiment holds what people asked and agents answered, whoever's data that is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lumosai_plugins.evals.experiments import Experiments
from lumosai_plugins.evals.items import MOST_ITEMS
from lumosai_plugins.evals.live import NAMESPACE
from lumosai_plugins.evals.show import shown
from lumosai_plugins.evals.stats import compared
from lumosai_sdk.errors import InputError, PermissionDeniedError
from lumosai_sdk.types.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from lumosai_sdk.types.plugins import PluginContext

SCOPE = "evals.read"
_MOST = 100
_MOST_CHARACTERS = 8_000_000
_HEADERS = {"cache-control": "no-store"}


class Pages:
    """The plugin's routes."""

    def __init__(self, context: PluginContext) -> None:
        self._context = context

    async def handle(self, request: HttpRequest) -> HttpResponse:
        """Answer. Raises PermissionDeniedError, NotFoundError, InputError."""
        if not request.principal.allows(SCOPE):
            raise PermissionDeniedError("results of evaluations are for their owner", hint=f"the scope {SCOPE!r}")
        what, *ids = request.path.strip("/").split("/")
        if what == "report":
            return await self._report(ids[0])
        if what == "compare":
            return HttpResponse(await self._compare(*ids), headers=_HEADERS)
        if what == "live":
            return HttpResponse(await self._live(_limit(request)), headers=_HEADERS)
        body = await (self._experiment(ids[0], request) if ids else self._listed(_limit(request)))
        return HttpResponse(body, headers=_HEADERS)

    @property
    def _kept(self) -> Experiments:
        return Experiments(self._context.host.kv())

    async def _listed(self, limit: int) -> dict[str, Any]:
        return {"experiments": await self._kept.listed(limit)}

    async def _experiment(self, experiment_id: str, request: HttpRequest) -> dict[str, Any]:
        experiment = await self._kept.find(experiment_id)
        after = _number(request, "after", 0, MOST_ITEMS)
        results = (await self._kept.results(experiment))[after:]
        page = fitting(results[: _limit(request)])
        following = after + len(page) if len(page) < len(results) else None
        return {**await self._kept.told(experiment), "results": page, "next": following}

    async def _compare(self, base_id: str, other_id: str) -> dict[str, Any]:
        base, other = await self._kept.find(base_id), await self._kept.find(other_id)
        scorers = [s for s in base.scorers if s in other.scorers]
        found = compared(await self._kept.results(base), await self._kept.results(other), scorers)
        for difference in found["scorers"].values():
            difference["changed"] = shown(difference.get("changed", []), _MOST)
        return {"base": base.id, "other": other.id, **found}

    async def _live(self, limit: int) -> dict[str, Any]:
        kv = self._context.host.kv()
        keys = list(await kv.kv_keys(NAMESPACE))[: -limit - 1 : -1]
        return {"scores": fitting([row for k in keys if (row := await kv.kv_get(NAMESPACE, k)) is not None])}

    async def _report(self, experiment_id: str) -> HttpResponse:
        from lumosai_plugins.evals.report import page

        experiment = await self._kept.find(experiment_id)
        html = page(await self._kept.told(experiment), await self._kept.results(experiment), None)
        return HttpResponse(html, media_type="text/html", headers=_HEADERS)


def _limit(request: HttpRequest) -> int:
    return _number(request, "limit", 20, _MOST) or 1


def _number(request: HttpRequest, name: str, usual: int, most: int) -> int:
    text = request.query.get(name, str(usual))
    if not text.isascii() or not text.isdigit() or int(text[:9]) > most:
        raise InputError(f"{name} is a number up to {most}")
    return int(text[:9])


def fitting(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the first rows, as many as fit an answer; at least one."""
    out: list[Mapping[str, Any]] = []
    size = 0
    for row in rows:
        size += len(json.dumps(row))
        if out and size > _MOST_CHARACTERS:
            break
        out.append(row)
    return out
