"""An index, asked. Nothing it says is believed: what is installed is decided by hashes, signatures and the owner."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlencode

from lumosai_marketplace.client.http import Answer, Http, Told
from lumosai_marketplace.client.page import File, Project, read_page
from lumosai_marketplace.errors import IndexUnavailableError, RateLimitedError, RefusedError
from lumosai_marketplace.names import Name
from lumosai_sdk.errors import ConflictError, InputError, LumosError, NotFoundError, UnauthenticatedError

if TYPE_CHECKING:
    import aiohttp

SIMPLE = "application/vnd.pypi.simple.v1+json"
INTEGRITY = "application/vnd.pypi.integrity.v1+json"
MAX_PAGE = 8 * 1024 * 1024
MAX_WHEEL = 100 * 1024 * 1024
MAX_PROVENANCE = 1024 * 1024
MAX_METADATA = 1024 * 1024
MAX_ANSWER = 2 * 1024 * 1024
MAX_CHECKPOINT = 64 * 1024
MAX_PAGES = 10


class Index:
    """One index, by its address; the pages of PEP 503 are at ``simple/`` below it."""

    def __init__(self, url: str, *, token: str | None = None, session: aiohttp.ClientSession | None = None) -> None:
        """Look at the address. Raises InputError, RefusedError ``index.insecure``."""
        self._http = Http(url, token=token, session=session)
        self.url = self._http.url

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    # --- what is installed from it

    async def project(self, name: Name) -> Project:
        """Return what the index offers of a plugin. Raises NotFoundError, RefusedError, IndexUnavailableError."""
        path = f"simple/{name.wire}/"
        answer = await self._http.get(path, limit=MAX_PAGE, accept=SIMPLE)
        if answer.status == 404:  # noqa: PLR2004
            raise NotFoundError("plugin", f"{name}", hint=f"{self.url} has none: lumos plugin search {name.plugin}")
        _expect(answer, self.url)
        if answer.type != SIMPLE:
            raise RefusedError(
                "index.format", f"the index answers in {answer.type[:80]!r} where {SIMPLE} was asked for"
            )
        return read_page(name, self._http.at(path), answer.json(weight=2_000_000))

    async def download(self, project: Project, file: File, told: Told | None = None) -> bytes:
        """Return a wheel of the size and hash that its page told. Raises RefusedError, IndexUnavailableError."""
        limit = min(file.size or MAX_WHEEL, MAX_WHEEL)
        if file.size > MAX_WHEEL:
            raise RefusedError("index.size", f"{file.filename} has {file.size} bytes, where {MAX_WHEEL} are the most")
        answer = await self._http.get(file.url, base=project.url, limit=limit, accept="*/*", told=told)
        if answer.status in {404, 410, 451}:
            raise RefusedError("index.gone", f"the index names {file.filename}, but does not have it")
        _expect(answer, self.url)
        got = hashlib.sha256(answer.body).hexdigest()
        if got != file.sha256:
            raise RefusedError(
                "index.hash", f"{file.filename} is not what the index's page says: {got[:12]}, not {file.sha256[:12]}"
            )
        return answer.body

    async def provenance(self, project: Project, file: File) -> bytes:
        """Return the provenance object of a file (PEP 740), as it came. Raises RefusedError ``signature.missing``."""
        if not file.provenance:
            raise RefusedError("signature.missing", f"{file.filename} is not signed: the index has no provenance of it")
        answer = await self._http.get(file.provenance, base=project.url, limit=MAX_PROVENANCE, accept=INTEGRITY)
        if answer.status == 404:  # noqa: PLR2004
            raise RefusedError("signature.missing", f"{file.filename} is not signed: the index has no provenance of it")
        _expect(answer, self.url)
        return answer.body

    async def metadata(self, project: Project, file: File) -> bytes:
        """Return the core metadata of a file (PEP 714), by the hash its page told. Raises RefusedError."""
        answer = await self._http.get(f"{file.url}.metadata", base=project.url, limit=MAX_METADATA, accept="*/*")
        _expect(answer, self.url)
        if hashlib.sha256(answer.body).hexdigest() != file.metadata_sha256:
            raise RefusedError("index.hash", f"the metadata of {file.filename} are not what the index's page says")
        return answer.body

    # --- the log

    async def checkpoint(self) -> str:
        """Return the newest checkpoint of the index's log, unchecked. Raises RefusedError, IndexUnavailableError."""
        answer = await self._http.get("log/checkpoint", limit=MAX_CHECKPOINT, accept="text/plain")
        _expect(answer, self.url)
        try:
            return answer.body.decode()
        except UnicodeDecodeError:
            raise RefusedError("log.checkpoint", "the checkpoint is no text") from None

    async def consistency(self, old: int, new: int) -> Sequence[bytes]:
        """Return the proof that the log of *new* entries begins with that of *old*, unchecked. Raises RefusedError."""
        from lumosai_marketplace.log.remote import hashes_in

        return hashes_in(await self.json(f"log/consistency/{old}/{new}"))

    async def json(self, path: str, **query: object) -> Any:
        """Return the JSON at *path*, with the query's fields that are not None. Raises LumosError."""
        pairs = [(k, str(v)) for k, v in query.items() if v is not None]
        answer = await self._http.get(f"{path}?{urlencode(pairs)}" if pairs else path, limit=MAX_ANSWER)
        _expect(answer, self.url)
        return answer.json()

    # --- what it tells people

    async def search(self, words: str, **facets: object) -> Mapping[str, Any]:
        """Return what the index finds. Raises LumosError."""
        try:
            return _object(await self.json("api/v1/search", q=words, **facets))
        except RefusedError as e:
            if e.rule != "index.not-found":
                raise
            hint = "a marketplace's address is what `lumos marketplace serve` tells"
            raise RefusedError(e.rule, f"{self.url} has no search for plugins", hint=hint) from None

    async def plugin(self, name: Name) -> Mapping[str, Any]:
        """Return what the index tells of a plugin. Raises LumosError."""
        return _object(await self.json(f"api/v1/plugins/{quote(name.screen)}"))

    async def advisories(self, name: Name) -> Sequence[Mapping[str, Any]]:
        """Return the advisories about a plugin (OSV). Raises LumosError."""
        out: list[Mapping[str, Any]] = []
        cursor: object = None
        for _ in range(MAX_PAGES):
            found = _object(await self.json("api/v1/advisories", plugin=name.screen, cursor=cursor))
            listed, cursor = found.get("advisories"), found.get("next")
            if not isinstance(listed, list) or not all(isinstance(a, dict) for a in listed):
                raise RefusedError("index.format", "the index answers with what is no list of advisories")
            out += listed
            if cursor is None:
                return out
        raise RefusedError("index.size", f"the index has more than {len(out)} advisories about {name}")

    async def send(self, path: str, data: Any, *, method: str = "POST") -> Any:
        """Send JSON or a form, and return the JSON of the answer (None for an empty one). Raises LumosError."""
        answer = await self._http.post(path, data, method=method)
        _expect(answer, self.url)
        return answer.json() if answer.body and answer.type.endswith("json") else None


def _expect(answer: Answer, url: str) -> None:
    """Raise for an answer that is no success: what the index says of it is told, and not obeyed."""
    if 200 <= answer.status < 300:  # noqa: PLR2004
        return
    raise _problem(answer, url)


def _problem(answer: Answer, url: str) -> LumosError:
    told = _told(answer)
    text, hint = str(told.get("detail") or told.get("title") or f"HTTP {answer.status}")[:2000], told.get("hint")
    # Told as the index's advice, and not as this program's own: it may be a command.
    said, hint = f"{url} says: {text}", f"the index advises: {hint[:500]}" if isinstance(hint, str) else None
    if isinstance(told.get("rule"), str):
        return RefusedError(told["rule"][:80], said, hint=hint)
    if answer.status == 429:  # noqa: PLR2004
        after = answer.headers.get("Retry-After", "")
        return RateLimitedError(said, float(after) if after.isdecimal() and len(after) < 6 else 60.0)  # noqa: PLR2004
    if answer.status == 401:  # noqa: PLR2004
        hint = f"lumos plugin login --index {url}"  # which the index could only guess at
    make = _ERRORS.get(answer.status, InputError if answer.status < 500 else IndexUnavailableError)  # noqa: PLR2004
    return make(said, hint=hint)


def _forbidden(message: str, *, hint: str | None = None) -> LumosError:
    return RefusedError("index.forbidden", message, hint=hint)


def _not_found(message: str, *, hint: str | None = None) -> LumosError:
    return RefusedError("index.not-found", message, hint=hint)


_ERRORS: dict[int, Callable[..., LumosError]] = {
    401: UnauthenticatedError,
    403: _forbidden,
    404: _not_found,
    409: ConflictError,
}


def _told(answer: Answer) -> Mapping[str, Any]:
    if not answer.type.endswith("json"):
        return {}
    try:
        told = answer.json()
    except RefusedError:
        return {}
    if not isinstance(told, dict):
        return {}
    detail = told.get("detail")
    return detail if isinstance(detail, dict) else told


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise RefusedError("index.format", "the index answers with what is no object")
    return value
