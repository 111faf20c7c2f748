"""``/plugins/evals/…``: experiments, how they differ, and the scores of live runs, for who may do everything here.

An experiment holds what people asked and agents answered, whoever's data that is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lumosai_plugins.evals.experiments import Experiments
from lumosai_plugins.evals.keeping import services_of
from lumosai_plugins.evals.live import NAMESPACE
from lumosai_plugins.evals.stats import compared
from lumosai_sdk.errors import InputError, PermissionDeniedError
from lumosai_sdk.types.http import HttpRequest, HttpResponse

if TYPE_CHECKING:
    from lumosai_sdk.types.plugins import PluginContext

SCOPE = "evals.read"
_MOST = 100
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
        body = await (self._experiment(ids[0]) if ids else self._listed(_limit(request)))
        return HttpResponse(body, headers=_HEADERS)

    @property
    def _kept(self) -> Experiments:
        return Experiments(services_of(self._context).kv())

    async def _listed(self, limit: int) -> dict[str, Any]:
        return {"experiments": await self._kept.listed(limit)}

    async def _experiment(self, experiment_id: str) -> dict[str, Any]:
        experiment = await self._kept.find(experiment_id)
        return {**await self._kept.told(experiment), "results": await self._kept.results(experiment)}

    async def _compare(self, base_id: str, other_id: str) -> dict[str, Any]:
        base, other = await self._kept.find(base_id), await self._kept.find(other_id)
        scorers = [s for s in base.scorers if s in other.scorers]
        found = compared(await self._kept.results(base), await self._kept.results(other), scorers)
        return {"base": base.id, "other": other.id, **found}

    async def _live(self, limit: int) -> dict[str, Any]:
        kv = services_of(self._context).kv()
        keys = list(await kv.kv_keys(NAMESPACE))[: -limit - 1 : -1]
        return {"scores": [row for k in keys if (row := await kv.kv_get(NAMESPACE, k)) is not None]}

    async def _report(self, experiment_id: str) -> HttpResponse:
        from lumosai_plugins.evals.report import page

        experiment = await self._kept.find(experiment_id)
        html = page(await self._kept.told(experiment), await self._kept.results(experiment), None)
        return HttpResponse(html, media_type="text/html", headers=_HEADERS)


def _limit(request: HttpRequest) -> int:
    text = request.query.get("limit", "20")
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= _MOST:
        raise InputError(f"limit is a number from 1 to {_MOST}")
    return int(text)
