"""A route: served below /plugins/moon/, where the manifest says."""

from __future__ import annotations

from lumosai_moon.report import MoonReport, moon_on, read_date
from lumosai_sdk import HttpRequest, HttpResponse, InputError, route


@route
async def phase(request: HttpRequest) -> MoonReport | HttpResponse:
    """Answer ``GET /plugins/moon/phase?date=YYYY-MM-DD``."""
    try:
        return moon_on(read_date(request.query.get("date", "")))
    except InputError as e:
        problem = {"type": "about:blank", "title": "Bad date", "status": 400, "detail": e.message}
        return HttpResponse(problem, 400, "application/problem+json")
