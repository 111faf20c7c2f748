"""The tool ``http.fetch``."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Literal, TypedDict

from lumosai_plugins.http import body as bodies
from lumosai_plugins.http import headers as checks
from lumosai_plugins.http import urls
from lumosai_plugins.http.client import Request, fetch
from lumosai_plugins.http.guard import Guard, Lookup, lookup
from lumosai_sdk import PluginContext, ToolContext, ToolError
from lumosai_sdk.functions import FunctionTool
from lumosai_sdk.types.trace import trace_headers

MAX_BODY = 1024 * 1024
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_WITHOUT_BODY = frozenset({"GET", "HEAD", "OPTIONS"})
Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
Headers = Annotated[Mapping[str, str], {"maxProperties": checks.MAX_COUNT}]


class Response(TypedDict):
    """What came back. ``truncated`` marks a body cut at the size limit; a body that is no text is left out."""

    status: int
    url: str
    media_type: str
    truncated: bool
    body: str


class Fetcher:
    """Fetches with the owner's limits."""

    def __init__(self, context: PluginContext, lookup: Lookup = lookup) -> None:
        settings = context.settings
        self._max_bytes = int(settings.get("max_bytes", 32_768))
        self._timeout = float(settings.get("timeout", 20.0))
        self._allow_private = bool(settings.get("allow_private", False))
        self._user_agent = str(settings.get("user_agent", "LumosAI"))
        self._lookup = lookup

    async def fetch(
        self,
        url: Annotated[str, {"minLength": 1, "maxLength": urls.MAX_LENGTH}],
        context: ToolContext,
        method: Method = "GET",
        headers: Headers = _NO_HEADERS,
        body: Annotated[str, {"maxLength": MAX_BODY}] = "",
    ) -> Response:
        """Fetch a web page or call a web API at an http or https URL, and return the status and the text of the answer.

        Args:
            url: The URL, with http:// or https://.
            context: The call.
            method: The HTTP method.
            headers: Headers to send, by name.
            body: The text to send, for POST, PUT, PATCH and DELETE.
        """
        if body and method in _WITHOUT_BODY:
            raise ToolError(f"a {method} request has no body")
        data = body.encode("utf-8", "replace") if method not in _WITHOUT_BODY else None
        sent = {**checks.checked(headers, self._user_agent), **trace_headers("http")}
        if data:
            sent.setdefault("content-type", "text/plain; charset=utf-8")
        request = Request(method, urls.read(url), sent, data)
        guard = Guard(context.permissions, allow_private=self._allow_private, lookup=self._lookup)
        answer = await fetch(request, guard, max_bytes=self._max_bytes, seconds=self._timeout)
        text = bodies.text(answer.body.data, answer.content_type)
        return {
            "status": answer.status,
            "url": str(answer.url),
            "media_type": bodies.media_type(answer.content_type),
            "truncated": answer.body.truncated,
            "body": text if text is not None else f"[{len(answer.body.data)} bytes that are no text]",
        }


class Fetch(FunctionTool[..., Coroutine[Any, Any, Response]]):
    """The tool ``http.fetch``."""

    def __init__(self, context: PluginContext, lookup: Lookup = lookup) -> None:
        made = FunctionTool.of(Fetcher(context, lookup).fetch, id="http.fetch", side_effects=True)
        super().__init__(made.fn, made.spec, made.signature)
