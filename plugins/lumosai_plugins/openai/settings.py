"""Where the servers are and how they like to be spoken to: the plugin's settings as endpoints."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast
from urllib.parse import quote, urlencode, urlsplit

from lumosai_sdk.errors import ConfigError, ModelAuthError
from lumosai_sdk.remote import is_loopback
from lumosai_sdk.secrets import Secret

VENDOR_URL = "https://api.openai.com/v1"
VENDOR_KEY = "env:OPENAI_API_KEY"
StructuredOutput = Literal["json_schema", "json_object", "prompt"]
_TIMEOUTS = {"connect": 10.0, "first_byte": 300.0, "between_chunks": 120.0, "total": 600.0}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds: to connect, until the first byte of an answer, between two pieces of a stream, and in all."""

    connect: float
    first_byte: float
    between_chunks: float
    total: float


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server. ``where`` is the setting it comes from; ``base_url`` may hold ``{model}``, as Azure's do."""

    name: str
    where: str
    base_url: str
    timeouts: Timeouts
    key: Secret | None = None
    key_header: str = "Authorization"
    headers: Mapping[str, str] = field(default_factory=dict)
    secret_headers: Mapping[str, Secret] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    models: tuple[str, ...] = ()
    max_tokens_field: str = "max_tokens"
    structured_output: StructuredOutput = "json_schema"

    def __str__(self) -> str:
        return f"{self.name} ({self.base_url})"

    def url(self, path: str, model: str = "") -> str:
        """Return the URL of a path below the base."""
        base = self.base_url.replace("{model}", quote(model, safe=""))
        return f"{base}/{path}{'?' + urlencode(self.query) if self.query else ''}"

    def request_headers(self) -> dict[str, str]:
        """Return the headers that let us in. Raises ModelAuthError when a secret is not there or cannot be sent."""
        headers = {"Accept-Encoding": "identity", "Content-Type": "application/json", **self.headers}
        for name, secret in self.secret_headers.items():
            headers[name] = self._reveal(secret, f"{self.where}.secret_headers.{name}")
        if self.key is not None:
            key = self._reveal(self.key, f"{self.where}.api_key")
            headers[self.key_header] = f"Bearer {key}" if self.key_header.lower() == "authorization" else key
        return headers

    def key_hint(self) -> str:
        """Say where the key comes from, for whoever has to mend it."""
        if self.key is None:
            return f'set {self.where}.api_key = "env:NAME" in lumos.toml'
        return f"check the key that {self.where}.api_key refers to ({self.key.reference})"

    def _reveal(self, secret: Secret, where: str) -> str:
        try:
            value = secret.reveal()
        except ConfigError as e:
            raise ModelAuthError(
                f"no key for {self}: {e.message}", hint=f"{e.hint or 'write one there'}, or set {where}"
            ) from None
        if not (value.isascii() and value.isprintable()):
            raise ModelAuthError(f"what {where} refers to ({secret.reference}) cannot be sent in a header")
        return value


def endpoints(settings: Mapping[str, Any]) -> dict[str, Endpoint]:
    """Return the endpoints by name, the default one under ``""``. Raises ConfigError naming the key that is wrong."""
    where = "plugins.openai.settings"
    found = {"": _endpoint("openai", where, {"base_url": VENDOR_URL, **settings}, {})}
    for name, table in settings.get("endpoints", {}).items():
        if "base_url" not in table:
            raise ConfigError(f"{where}.endpoints.{name}: base_url is missing")
        found[name] = _endpoint(f"openai/{name}", f"{where}.endpoints.{name}", table, settings.get("timeouts", {}))
    return found


def _endpoint(name: str, where: str, table: Mapping[str, Any], timeouts: Mapping[str, float]) -> Endpoint:
    url = _base_url(table["base_url"], f"{where}.base_url")
    key = table.get("api_key") or (Secret(VENDOR_KEY) if url == VENDOR_URL else None)
    secret_headers = table.get("secret_headers", {})
    if (key or secret_headers) and not table.get("allow_plain_http"):
        _refuse_plain_http(url, where)
    headers = dict(table.get("headers", {}))
    for setting, header in (("organization", "OpenAI-Organization"), ("project", "OpenAI-Project")):
        if setting in table:
            headers[header] = table[setting]
    _check_headers(headers, f"{where}.headers")
    return Endpoint(
        name,
        where,
        url,
        Timeouts(**{**_TIMEOUTS, **timeouts, **table.get("timeouts", {})}),
        key,
        table.get("key_header", "Authorization"),
        headers,
        secret_headers,
        {"api-version": table["api_version"]} if "api_version" in table else {},
        tuple(table.get("models", ())),
        table.get("max_tokens_field") or ("max_completion_tokens" if url == VENDOR_URL else "max_tokens"),
        cast("StructuredOutput", table.get("structured_output", "json_schema")),
    )


def _base_url(url: str, where: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.port != 0 and parts.scheme in {"http", "https"} and parts.hostname and url.isprintable()
    except ValueError:
        raise ConfigError(f"{where} is no URL") from None
    if not usable:
        raise ConfigError(f"{where} is no http or https URL", hint='write it as "https://host/v1"')
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ConfigError(
            f"{where} holds a user, a query or a fragment", hint="keys go into api_key, api-version into api_version"
        )
    return url.rstrip("/")


def _refuse_plain_http(url: str, where: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ConfigError(
            f"{where}: a key would be sent to {url} unencrypted",
            hint="use https, or set allow_plain_http = true there if the network in between is trusted",
        )


def _check_headers(headers: Mapping[str, str], where: str) -> None:
    for name, value in headers.items():
        if not (name.isascii() and value.isascii() and (name + value).isprintable()):
            raise ConfigError(f"{where}: {name!r} holds characters that cannot stand in a header")
