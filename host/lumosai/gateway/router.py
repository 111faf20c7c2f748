"""Which endpoint a path belongs to. FastAPI's own way there costs as much as a run (``bench/load.py``)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from starlette.routing import compile_path

from lumosai.gateway.asgi import ASGIApp, Receive, Scope, Send


class Router:
    """The service's endpoints by path, tried in order; *otherwise* takes what is none of theirs."""

    def __init__(self, endpoints: Iterable[tuple[str, ASGIApp]], otherwise: ASGIApp) -> None:
        self._otherwise = otherwise
        self._fixed: dict[str, ASGIApp] = {}
        self._patterns: list[tuple[re.Pattern[str], ASGIApp]] = []
        for path, endpoint in endpoints:
            if "{" in path:
                self._patterns.append((compile_path(path)[0], endpoint))
            else:
                self._fixed[path] = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._found(scope) if scope["type"] == "http" else self._otherwise
        await endpoint(scope, receive, send)

    def _found(self, scope: Scope) -> ASGIApp:
        """Return who answers, the path's parameters noted in the scope."""
        path: str = scope["path"]
        if root := scope.get("root_path"):  # where an embedding program mounted the service
            path = path.removeprefix(root)
        fixed = self._fixed.get(path)
        if fixed is not None:
            scope["path_params"] = {}
            return fixed
        for pattern, endpoint in self._patterns:
            if match := pattern.match(path):
                scope["path_params"] = match.groupdict()
                return endpoint
        return self._otherwise
