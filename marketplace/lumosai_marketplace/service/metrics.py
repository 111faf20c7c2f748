"""Counters and durations, in the text format that Prometheus reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from lumosai_marketplace.service.ratelimit import address_of, within
from lumosai_marketplace.service.state import Shared
from lumosai_sdk.errors import NotFoundError

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_TEXT = "text/plain; version=0.0.4; charset=utf-8"
router = APIRouter()


class Metrics:
    """What one process has counted. Labels are the routes' own, never what a request brought."""

    def __init__(self) -> None:
        self._requests: dict[tuple[str, str, int], int] = defaultdict(int)
        self._durations: dict[str, list[int]] = defaultdict(lambda: [0] * (len(BOUNDS) + 1))
        self._seconds: dict[str, float] = defaultdict(float)
        self._counts: dict[tuple[str, str, str], int] = defaultdict(int)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self._requests[method, route, status] += 1
        self._seconds[route] += seconds
        self._durations[route][next((i for i, b in enumerate(BOUNDS) if seconds <= b), len(BOUNDS))] += 1

    def count(self, name: str, label: str, value: str) -> None:
        """Count an event: ``count("uploads", "outcome", "active")``."""
        self._counts[name, label, value] += 1

    def text(self) -> str:
        """Return all of it."""
        return "\n".join([*self._request_lines(), *self._duration_lines(), *self._count_lines(), ""])

    def _request_lines(self) -> Iterator[str]:
        yield "# TYPE lumos_marketplace_requests_total counter"
        for (method, route, status), number in sorted(self._requests.items()):
            labels = f'method="{method}",route="{route}",status="{status}"'
            yield f"lumos_marketplace_requests_total{{{labels}}} {number}"

    def _duration_lines(self) -> Iterator[str]:
        name = "lumos_marketplace_request_seconds"
        yield f"# TYPE {name} histogram"
        for route, counts in sorted(self._durations.items()):
            total = 0
            for bound, number in zip((*BOUNDS, "+Inf"), counts, strict=True):
                total += number
                yield f'{name}_bucket{{route="{route}",le="{bound}"}} {total}'
            yield f'{name}_sum{{route="{route}"}} {self._seconds[route]:.6f}'
            yield f'{name}_count{{route="{route}"}} {total}'

    def _count_lines(self) -> Iterator[str]:
        for name in sorted({n for n, _, _ in self._counts}):
            yield f"# TYPE lumos_marketplace_{name}_total counter"
            for (n, label, value), number in sorted(self._counts.items()):
                if n == name:
                    yield f'lumos_marketplace_{name}_total{{{label}="{value}"}} {number}'


_FORWARDED = ("x-forwarded-for", "x-real-ip", "forwarded", "via")


@router.get("/metrics", include_in_schema=False)
async def read_metrics(request: Request, service: Shared) -> PlainTextResponse:
    """Tell what was counted, to the networks of ``[server] metrics``; for others there is nothing here.

    Who comes by a proxy that is none of ``[server] proxies`` might be anybody, whatever machine the proxy is on.
    """
    server = service.settings.server
    peer = request.client.host if request.client else ""
    strange = any(h in request.headers for h in _FORWARDED) and not within(peer, server.proxies)
    if strange or not within(address_of(request.scope, server.proxies), server.metrics):
        raise NotFoundError("page", "/metrics")
    metrics: Metrics = request.app.state.metrics
    return PlainTextResponse(metrics.text(), media_type=_TEXT)
