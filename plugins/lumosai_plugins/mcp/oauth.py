"""Tokens for servers that want OAuth: got by the SDK's flow, kept in the plugin's data folder for its owner alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai_sdk.errors import ConfigError, ToolError

if TYPE_CHECKING:
    import httpx2
    from mcp.client.auth import AuthorizationCodeResult
    from mcp.client.auth.oauth2 import OAuthContext
    from mcp.shared.auth import OAuthClientInformationFull, OAuthToken
    from pydantic import BaseModel

    from lumosai_plugins.mcp.settings import ServerSettings

CALLBACK = "/callback"
LOGIN_SECONDS = 300.0
_MAX_REQUEST = 16 * 1024
_DONE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n"
    b"Content-Security-Policy: default-src 'none'\r\n\r\nThat was it; you can close this page.\n"
)


class Tokens:
    """Tokens and registration of one server, in a file that only its owner reads. Meets the SDK's TokenStorage.

    *client* is the registration the owner has, where there is one: no server can have another made in its place.
    """

    def __init__(self, path: Path, url: str, client: OAuthClientInformationFull | None = None) -> None:
        self._path = path
        self._url = url
        self._client = client
        self._context: OAuthContext | None = None

    def serve(self, context: OAuthContext) -> None:
        """Give an SDK flow what it keeps in memory alone: when the token ends, and who is asked for the next.

        Without it a flow in a new process takes an expired token for a good one, and would send the refresh token to
        the MCP server's own origin.
        """
        from mcp.shared.auth import OAuthMetadata, ProtectedResourceMetadata

        found = self._read()
        context.token_expiry_time = found.get("expires_at")
        if found.get("issued_by") is not None:
            context.oauth_metadata = OAuthMetadata.model_validate(found["issued_by"])
            context.auth_server_url = str(context.oauth_metadata.issuer)
        if found.get("resource") is not None:
            context.protected_resource_metadata = ProtectedResourceMetadata.model_validate(found["resource"])
        self._context = context

    async def get_tokens(self) -> OAuthToken | None:
        """Return the tokens, if there are some for this URL."""
        from mcp.shared.auth import OAuthToken

        found = self._read().get("tokens")
        return None if found is None else OAuthToken.model_validate(found)

    async def set_tokens(self, tokens: OAuthToken) -> None:
        """Keep the tokens."""
        context = self._context
        self._write(
            tokens=tokens.model_dump(mode="json", exclude_none=True),
            expires_at=None if tokens.expires_in is None else time.time() + tokens.expires_in,
            issued_by=_dumped(context.oauth_metadata if context else None),
            resource=_dumped(context.protected_resource_metadata if context else None),
        )

    async def get_client_info(self) -> OAuthClientInformationFull | None:
        """Return what the server registered us as."""
        from mcp.shared.auth import OAuthClientInformationFull

        if self._client is not None:
            return self._client
        found = self._read().get("client")
        return None if found is None else OAuthClientInformationFull.model_validate(found)

    async def set_client_info(self, client_info: OAuthClientInformationFull) -> None:
        """Keep what the server registered us as. Raises ToolError where the owner's registration is for another."""
        if self._client is not None:
            raise ToolError(f"{self._url} wants a login elsewhere than at {self._client.issuer} (oauth.issuer)")
        self._write(client=client_info.model_dump(mode="json", exclude_none=True))

    def forget(self) -> None:
        """Remove all of it."""
        self._path.unlink(missing_ok=True)

    def _read(self) -> dict[str, Any]:
        """Return what is kept; of another URL, a server that was renamed or moved, nothing is given away."""
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return found if isinstance(found, dict) and found.get("url") == self._url else {}

    def _write(self, **changed: Any) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = self._path.with_suffix(f".{os.getpid()}.tmp")
        text = json.dumps({**self._read(), "url": self._url, **changed})
        try:
            with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as f:
                f.write(text)
            temporary.replace(self._path)
        except OSError as e:
            raise ConfigError(f"{self._path} cannot be written: {e.strerror}") from None


def tokens(settings: ServerSettings, data_dir: Path) -> Tokens:
    """Return where a server's tokens are kept."""
    return Tokens(_path(settings, data_dir), settings.url or "", _registered(settings))


def _path(settings: ServerSettings, data_dir: Path) -> Path:
    return data_dir / "oauth" / f"{settings.name}.json"


def _registered(settings: ServerSettings) -> OAuthClientInformationFull | None:
    """Return the client the owner has registered. Raises ConfigError where nothing says with whom."""
    wanted = settings.oauth
    if wanted is None or wanted.client_id is None:
        return None
    if wanted.issuer is None:
        raise ConfigError(
            f"[plugins.mcp.settings.servers.{settings.name}.oauth]: client_id needs issuer",
            hint='issuer = "https://…", or the MCP server says to whom the client\'s secret goes',
        )
    from mcp.shared.auth import OAuthClientInformationFull

    secret = None if wanted.client_secret is None else wanted.client_secret.reveal()
    told = {"client_id": wanted.client_id, "client_secret": secret, "issuer": wanted.issuer}
    method = "none" if secret is None else "client_secret_basic"
    return OAuthClientInformationFull.model_validate({**told, "token_endpoint_auth_method": method})


def _dumped(metadata: BaseModel | None) -> dict[str, Any] | None:
    return None if metadata is None else metadata.model_dump(mode="json", exclude_none=True)


def provider(settings: ServerSettings, data_dir: Path, login: Login | None = None) -> httpx2.Auth | None:
    """Return what brings the token into requests, None for a server without OAuth.

    Only with a *login* a person is asked; a host that runs refreshes what it has, and else says which command helps.
    """
    if settings.oauth is None:
        return None
    url, wanted = settings.url or "", settings.oauth
    secret = None if wanted.client_secret is None else wanted.client_secret.reveal()
    if wanted.grant == "client_credentials":
        from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider

        if wanted.client_id is None or secret is None or wanted.issuer is None:
            raise ConfigError(
                f"[plugins.mcp.settings.servers.{settings.name}.oauth]: client_credentials needs client_id, "
                "client_secret and issuer"
            )
        kept = Tokens(_path(settings, data_dir), url)
        return ClientCredentialsOAuthProvider(
            url, kept, wanted.client_id, secret, scope=wanted.scope, issuer=wanted.issuer
        )
    from mcp.client.auth import OAuthClientProvider
    from mcp.shared.auth import OAuthClientMetadata

    redirect = login.redirect if login else f"http://127.0.0.1{CALLBACK}"
    metadata = OAuthClientMetadata.model_validate(
        {"client_name": "LumosAI", "redirect_uris": [redirect], "scope": wanted.scope}
    )
    asks, kept = login or _Nobody(settings.name), tokens(settings, data_dir)
    made = OAuthClientProvider(url, metadata, kept, asks.go, asks.back)
    kept.serve(made.context)
    return made


class _Nobody:
    """There is nobody to log in."""

    def __init__(self, server: str) -> None:
        self._server = server

    async def go(self, url: str) -> None:  # noqa: ARG002 - the SDK's
        """Raise ToolError with the command that helps."""
        raise ToolError(f"the MCP server {self._server!r} wants a login", hint=f"lumos mcp login {self._server}")

    async def back(self) -> AuthorizationCodeResult:
        """Never come to: ``go`` has raised."""
        raise ToolError(f"nobody logs in to the MCP server {self._server!r}")


class Login:
    """A person's login: a page of the authorization server, and the way back to a port of this machine."""

    seconds = LOGIN_SECONDS
    """What a person may take for it."""

    def __init__(self, redirect: str, show: Callable[[str], None], came: asyncio.Future[str]) -> None:
        self.redirect = redirect
        self._show = show
        self._came = came

    async def go(self, url: str) -> None:
        """Show the page to go to."""
        self._show(url)

    async def back(self) -> AuthorizationCodeResult:
        """Return what the person comes back with. Raises ToolError when nobody does, or without leave."""
        from urllib.parse import parse_qs, urlsplit

        from mcp.client.auth import AuthorizationCodeResult

        try:
            async with asyncio.timeout(self.seconds):
                target = await self._came
        except TimeoutError:
            raise ToolError(f"nobody came back from the login in {self.seconds:g} s") from None
        given = {k: v[0] for k, v in parse_qs(urlsplit(target).query).items()}
        if "code" not in given:
            raise ToolError(f"the login was refused: {given.get('error', 'no code came back')[:200]}")
        return AuthorizationCodeResult(code=given["code"], state=given.get("state"), iss=given.get("iss"))


@contextlib.asynccontextmanager
async def logging_in(show: Callable[[str], None]) -> AsyncIterator[Login]:
    """Listen on a port of this machine for the person's way back (RFC 8252 section 7.3)."""
    came: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def heard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError):
            line = (await reader.readuntil(b"\r\n"))[:_MAX_REQUEST].decode("ascii", "replace").split()
            if len(line) > 1 and line[1].split("?")[0] == CALLBACK and not came.done():
                came.set_result(line[1])
            writer.write(_DONE)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(heard, "127.0.0.1", 0, limit=_MAX_REQUEST)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield Login(f"http://127.0.0.1:{port}{CALLBACK}", show, came)
