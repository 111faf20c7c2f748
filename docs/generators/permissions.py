"""The grammar of permissions, with examples that the code itself decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

from generators.markdown import code, page, prose, table, type_text
from lumosai_sdk import permissions
from lumosai_sdk.permissions import FileRule, Grant, HttpRule, Permissions, SecretRule

INTRO = """
A manifest asks in `[permissions]`, the owner grants in `[plugins.<name>.grant]`, both in the same words:

```toml title="lumos.toml"
[plugins.http.grant]
http = ["GET https://api.example.org/v1/*"]
```

What holds is what both allow. Sandboxed plugins cannot do otherwise; plugins in Python keep to it if they want.
[What this protects against](../explanation/trust.md), and what it does not, is said elsewhere.
"""
KEYS: dict[str, str] = {
    "http": "Web requests.",
    "files": "Folders, to read or to write.",
    "env": "Environment variables, by name or glob.",
    "secrets": "Secrets of its settings, `NAME to HOST`: it can send them there, never see them. A bare name or glob "
    "is for plugins that are not sandboxed.",
    "models": "Models it may ask, by reference or glob.",
    "tools": "Tools it may call, by id or glob.",
    "kv": "Values of its own in the storage.",
    "clock": "The time.",
    "random": "Random numbers.",
}
SECRETS = """
The name is that of a setting of the plugin's (`a.b` is the setting `b` within `a`). It goes out in headers only, and
over `https` only, or to `localhost` or an address of this machine that an `http` grant names with its port.
"""
_HTTP = [
    ("GET https://api.example.org/v1/*", "GET", "https://api.example.org/v1/users"),
    ("GET https://api.example.org/v1/*", "POST", "https://api.example.org/v1/users"),
    ("GET https://api.example.org/v1/*", "GET", "http://api.example.org/v1/users"),
    ("GET https://api.example.org/v1/*", "GET", "https://api.example.org:8443/v1/users"),
    ("GET https://api.example.org/v1/*", "GET", "https://api.example.org/v1/../admin"),
    ("GET https://api.example.org/v1/*", "GET", "https://api.example.org@evil.test/v1/"),
    ("* https://*.example.org/*", "DELETE", "https://a.b.example.org/x"),
    ("* https://*.example.org/*", "GET", "https://example.org/x"),
    ("GET http://localhost:*/*", "GET", "http://localhost:9000/health"),
    ("GET https://example.org", "GET", "https://example.org/any/path"),
]
_SECRETS = [
    ("api_key to api.example.org", "api_key", "api.example.org", 443),
    ("api_key to api.example.org", "api_key", "evil.test", 443),
    ("api_key to api.example.org", "other_key", "api.example.org", 443),
    ("api_key to api.example.org:8443", "api_key", "api.example.org", 443),
    ("* to *.example.org", "api_key", "eu.example.org", 443),
    ("api_key", "api_key", "api.example.org", 443),
]
_GRANTS = [
    ("http", "* https://*/*", "GET https://api.example.org/*"),
    ("http", "GET https://api.example.org/*", "* https://*/*"),
    ("http", "GET https://api.example.org/*", "GET https://elsewhere.test/*"),
    ("files", "write *", "read ./docs"),
    ("files", "read ./docs", "write ./docs"),
    ("env", "APP_*", "APP_MODE"),
    ("secrets", "api_key to api.example.org", "api_key to api.example.org"),
    ("secrets", "api_key to api.example.org", "api_key to elsewhere.test"),
]


def pages() -> dict[str, str]:
    """Return the page."""
    return {
        "permissions.md": page(
            "Permissions",
            INTRO,
            table(("key", "type", "of what"), _keys()),
            "## `http`",
            prose(HttpRule.__doc__),
            "Never allowed: a path with a dot segment, a URL with a user in it, a space or a control character.",
            table(("rule", "request", "allowed"), _http()),
            "## `files`",
            prose(FileRule.__doc__),
            "## `secrets`",
            prose(SecretRule.__doc__),
            SECRETS,
            table(("rule", "secret, and where it would go", "allowed"), _secrets()),
            "## Request and grant",
            table(("key", "the manifest asks", "the owner grants", "what holds"), _grants()),
        )
    }


def undescribed() -> list[str]:
    """Return the keys that have no line above."""
    return sorted({f.name for f in fields(Permissions)} ^ KEYS.keys())


def _keys() -> Iterator[tuple[str, str, str]]:
    for f in fields(Permissions):
        kind = "list of strings" if "tuple" in type_text(f.type) else "true or false"
        yield code(f.name), kind, KEYS[f.name]


def _http() -> Iterator[tuple[str, str, str]]:
    for rule, method, url in _HTTP:
        allowed = permissions.http_rule(rule).allows(method, url)
        yield code(rule), code(f"{method} {url}"), "yes" if allowed else "no"


def _secrets() -> Iterator[tuple[str, str, str]]:
    for rule, name, host, port in _SECRETS:
        allowed = SecretRule.parse(rule).allows(name, host, port)
        yield code(rule), f"{code(name)} to {code(f'{host}:{port}')}", "yes" if allowed else "no"


def _grants() -> Iterator[tuple[str, str, str, str]]:
    for key, asked, granted in _GRANTS:
        grant = Grant(Permissions.from_json({key: [asked]}), Permissions.from_json({key: [granted]}))
        holds = ", ".join(code(v) for v in grant.effective.to_json().get(key, ())) or "nothing"
        yield code(key), code(asked), code(granted), holds
