"""``/plugins/{plugin}/…``: what plugins serve, looked up at each request, so that it comes and goes with them.

A plugin answers with data. What a browser would run or trust on this origin (scripts, cookies, CORS) is taken from its
answers, because the origin has the owner's rights.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.errors import MethodNotAllowedError, NoSuchPathError
from lumosai.gateway.operation import LATER, Operation
from lumosai.gateway.reply import Header, Reply, dump
from lumosai.gateway.resources.plugin_apps import PluginApp
from lumosai.host import Host
from lumosai.plugins.registry import Entry
from lumosai_sdk.errors import PluginUnavailableError
from lumosai_sdk.types.http import HttpRequest, HttpResponse

_STATUSES = range(200, 600)
MAX_ANSWER = 16 * 1024 * 1024
_PREFIX = "/plugins/"
_WITHHELD = frozenset({"authorization", "cookie", "proxy-authorization"})
_ALLOWED = frozenset(
    {
        "cache-control",
        "content-disposition",
        "content-language",
        "etag",
        "last-modified",
        "location",
        "retry-after",
        "vary",
    }
)
_NAME = re.compile(r"[A-Za-z0-9-]{1,64}")
_LINE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(?:;[\t\x20-\x7e]*)?", re.ASCII)
# What would be a dot segment, a separator or a control character if somebody decoded it once more.
_ENCODED_AGAIN = re.compile(r"%(?:2e|2f|5c|[01][0-9a-f]|7f)", re.IGNORECASE)
_PARAMETER = re.compile(r"\{\w+\}")
# Scripts, frames, forms and this origin itself are out of reach of a page a plugin serves.
_POLICY = (b"content-security-policy", b"sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:")


async def plugin_route(call: Call) -> ASGIApp:
    """Answer as the plugin does. Raises NoSuchPathError, MethodNotAllowedError, PluginError."""
    plugin, path = call.params["plugin"], f"/{call.params['path']}"
    _check_path(path)
    found = [e for e in call.gate.host.registry.entries("route") if e.generation.name == plugin and _fits(e, path)]
    if not found:
        raise _absent(call.gate.host, plugin, path)
    method = _method(call)
    for entry in found:
        if method in _methods(entry):
            if not entry.data.get("asgi"):
                return await serve(call, entry, path)
            await call.allow("route.call", entry.id)
            return PluginApp(entry, call, path, _POLICY)
    raise MethodNotAllowedError(method, {m for e in found for m in _methods(e)})


async def serve(call: Call, entry: Entry, path: str) -> Reply:
    """Hand a request to a plugin's route. Raises PermissionDeniedError, PluginError, PluginTimeoutError."""
    await call.allow("route.call", entry.id)
    request = HttpRequest(_method(call), path, call.pairs(), _headers(call), await call.raw(), call.principal)
    generation, what = entry.generation, f"route {entry.id!r}"
    route = entry.obj
    limit = call.gate.host.config.limits.tool_timeout
    response = await generation.guard(what, lambda: route.handle(request), limit)
    try:
        return _reply(response)
    except (TypeError, ValueError) as e:
        raise generation.failure(f"{what} answered what cannot be sent", e) from e


def _method(call: Call) -> str:
    method: str = call.scope["method"]
    return "GET" if method == "HEAD" else method  # the server leaves the body out


def _check_path(path: str) -> None:
    """Raise NoSuchPathError for what a file system, but not a route, would make something of."""
    # What follows a semicolon some take for a parameter of the segment: ``..;`` is ``..`` to them.
    segments = (p.partition(";")[0] for p in path.split("/"))
    odd = "\\" in path or not path.isprintable() or _ENCODED_AGAIN.search(path) is not None
    if odd or any(s in {".", ".."} for s in segments):
        raise NoSuchPathError("a path below /plugins/ has no dot segments, backslashes or control characters")


def _fits(entry: Entry, path: str) -> bool:
    wanted, given = _literals(str(entry.data.get("path", "/"))), path.split("/")
    if entry.data.get("asgi"):  # it serves all that is below
        wanted = wanted[:-1] if wanted[-1] == ("",) else wanted
        given = given[: len(wanted)]
    return len(wanted) == len(given) and all(map(_segment_fits, wanted, given))


@lru_cache(maxsize=1024)
def _literals(path: str) -> tuple[tuple[str, ...], ...]:
    """Return, for each segment of a route's path, the texts that its parameters stand between."""
    return tuple(tuple(_PARAMETER.split(segment)) for segment in path.split("/"))


def _segment_fits(literals: tuple[str, ...], text: str) -> bool:
    """Tell whether *text* is *literals* with at least one character between each two.

    Taking each literal where it first occurs is enough, and never goes back as a regular expression would.
    """
    first, *between = literals
    if not between:
        return text == first
    if not text.startswith(first):
        return False
    at, last = len(first), between.pop()
    for literal in between:
        found = text.find(literal, at + 1)
        if found < 0:
            return False
        at = found + len(literal)
    return text.endswith(last) and len(text) - len(last) > at


def _methods(entry: Entry) -> tuple[str, ...]:
    return tuple(entry.data.get("methods") or ("GET",))


def _absent(host: Host, plugin: str, path: str) -> Exception:
    known = host.plugins.plugins.get(plugin)
    if known is not None and known.state != "enabled":
        why = known.reason or known.state
        return PluginUnavailableError(plugin, f"route {path!r}", why, hint=f"lumos plugin info {plugin}")
    return NoSuchPathError(
        f"no plugin serves {_PREFIX}{plugin}{path}", hint="GET /v1/plugins tells which routes there are"
    )


def _headers(call: Call) -> Mapping[str, str]:
    """Return the headers without what proves who the caller is: a plugin could call the service with it."""
    decoded = ((k.decode("latin-1"), v.decode("latin-1")) for k, v in call.scope["headers"])
    return {k: v for k, v in decoded if k not in _WITHHELD}


def _reply(response: Any) -> Reply:
    """Return a plugin's response as it may be sent. Raises TypeError, ValueError for one that cannot be."""
    if not isinstance(response, HttpResponse):
        raise TypeError(f"not an HttpResponse but {type(response).__name__}")
    if type(response.status) is not int or response.status not in _STATUSES:
        raise ValueError(f"status {response.status!r}")
    if not _MEDIA_TYPE.fullmatch(response.media_type):
        raise ValueError(f"media type {response.media_type!r}")
    if not isinstance(response.headers, Mapping):
        raise TypeError(f"headers that are no mapping but {type(response.headers).__name__}")
    body = _body(response.body)
    if len(body) > MAX_ANSWER:
        raise ValueError(f"{len(body)} bytes, the limit is {MAX_ANSWER}")
    if response.status in {204, 304}:
        reply = Reply(status=response.status)
        reply.headers = _kept(response.headers)
        return reply
    media_type = response.media_type
    if isinstance(response.body, str) and media_type.startswith("text/") and "charset" not in media_type:
        media_type += "; charset=utf-8"
    return Reply(body, response.status, media_type.encode("latin-1"), [*_kept(response.headers), _POLICY])


def _body(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    return body.encode() if isinstance(body, str) else dump(body)


def _kept(headers: Mapping[str, str]) -> list[Header]:
    out: list[Header] = []
    for name, value in headers.items():
        if not _NAME.fullmatch(name) or not _LINE.fullmatch(value):
            raise ValueError(f"header {name!r}")
        if name.lower() in _ALLOWED or name.lower().startswith("x-plugin-"):
            out.append((name.lower().encode(), value.encode("latin-1")))
    return out


_DESCRIPTION = (
    "What a plugin serves, by the paths and methods of its manifest. It does not see the caller's credentials, and its "
    "answers carry no cookies, scripts or CORS headers."
)

OPERATIONS = tuple(
    Operation(
        method,
        "/plugins/{plugin}/{path:path}",
        plugin_route,
        f"{method.lower()}PluginRoute",
        f"{method} what a plugin serves",
        "plugin routes",
        action="route.call",
        resource=LATER,
        description=_DESCRIPTION,
        example={"phase": "waxing gibbous"},
        open_answer=True,
    )
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
)
