"""What plugins ask for and owners grant."""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumosai_sdk import InputError, Permissions
from lumosai_sdk.permissions import NOTHING, FileRule, Grant, HttpRule, http_rule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("GET https://api.example.org/v1/*", HttpRule("GET", "https", "api.example.org", 443, "/v1/*")),
        ("get http://example.org", HttpRule("GET", "http", "example.org", 80, "/*")),
        (" *  https://*.example.org:8443/ ", HttpRule("*", "https", "*.example.org", 8443, "/")),
        ("* http://*:*/*", HttpRule("*", "http", "*", None, "/*")),
        ("POST http://127.0.0.1:*", HttpRule("POST", "http", "127.0.0.1", None, "/*")),
        ("GET http://[::1]:8080/x", HttpRule("GET", "http", "::1", 8080, "/x")),
        ("GET https://EXAMPLE.org/A", HttpRule("GET", "https", "example.org", 443, "/A")),
    ],
)
def test_http_rules(text: str, rule: HttpRule) -> None:
    assert HttpRule.parse(text) == rule
    assert http_rule(text) is http_rule(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "https://example.org/",
        "GET example.org",
        "GET ftp://example.org/",
        "GET file:///etc/passwd",
        "FETCH https://example.org/",
        "GET https:///x",
        "GET https://user@example.org/",
        "GET https://:pw@example.org/",
        "GET https://@example.org/",
        "GET https://example.org/?a=b",
        "GET https://example.org/#a",
        "GET https://example.org:port/",
        "GET https://example.org:99999/",
        "GET https://[::1/",
    ],
)
def test_what_is_no_http_rule(text: str) -> None:
    with pytest.raises(InputError):
        HttpRule.parse(text)


@pytest.mark.parametrize(
    ("rule", "method", "url"),
    [
        ("GET https://example.org/*", "GET", "https://example.org/a/b?c=d"),
        ("GET https://example.org/*", "get", "https://EXAMPLE.org:443/"),
        ("GET https://example.org/*", "GET", "https://example.org./"),
        ("GET https://example.org/*", "GET", "https://example.org"),
        ("* https://example.org/*", "DELETE", "https://example.org/"),
        ("GET https://*.example.org/*", "GET", "https://a.b.example.org/"),
        ("GET http://*:*/*", "GET", "http://anything:81/x"),
        ("GET https://example.org/v1/*/items", "GET", "https://example.org/v1/x/items"),
        ("GET https://example.org/[a]", "GET", "https://example.org/[a]"),
    ],
)
def test_what_a_rule_allows(rule: str, method: str, url: str) -> None:
    assert HttpRule.parse(rule).allows(method, url)


@pytest.mark.parametrize(
    ("rule", "method", "url"),
    [
        ("GET https://example.org/*", "POST", "https://example.org/"),
        ("GET https://example.org/*", "GET", "http://example.org/"),
        ("GET https://example.org/*", "GET", "https://example.org:8443/"),
        ("GET https://example.org/*", "GET", "https://example.org.evil.com/"),
        ("GET https://example.org/*", "GET", "https://evil.com/example.org/"),
        ("GET https://example.org/*", "GET", "https://evil.com\\@example.org/"),
        ("GET https://example.org/*", "GET", "https://user@example.org/"),
        ("GET https://example.org/*", "GET", "https://:pw@example.org/"),
        ("GET https://example.org/*", "GET", "https://example.org@evil.com/"),
        ("GET https://example.org/*", "GET", "https://exam\nple.org/"),
        ("GET https://example.org/*", "GET", "https://example.org/\t"),
        ("GET https://example.org/*", "GET", " https://example.org/"),
        ("GET https://example.org/*", "GET", "https://example.org:port/"),
        ("GET https://example.org/*", "GET", "https://[::1"),
        ("GET https://example.org/*", "GET", "not a url"),
        ("GET https://*.example.org/*", "GET", "https://example.org/"),
        ("GET https://*.example.org/*", "GET", "https://evilexample.org/"),
        ("GET https://*.example.org/*", "GET", "https://.example.org/"),
        ("GET http://*:*/*", "GET", "http:///x"),
        ("GET https://example.org/api/*", "GET", "https://example.org/api/../admin"),
        ("GET https://example.org/api/*", "GET", "https://example.org/api/%2e%2e/admin"),
        ("GET https://example.org/api/*", "GET", "https://example.org/api/..%2fadmin"),
        ("GET https://example.org/api/*", "GET", "https://example.org/api/%5c..%5cadmin"),
        ("GET https://example.org/api/*", "GET", "https://example.org/apix"),
        ("GET https://example.org/?", "GET", "https://example.org/x"),
    ],
)
def test_what_a_rule_does_not_allow(rule: str, method: str, url: str) -> None:
    with contextlib.suppress(InputError):
        assert not HttpRule.parse(rule).allows(method, url)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("read ./docs", FileRule("read", "docs")),
        ("write /srv/out/", FileRule("write", "/srv/out")),
        (" read  a b ", FileRule("read", "a b")),
    ],
)
def test_file_rules(text: str, rule: FileRule) -> None:
    assert FileRule.parse(text) == rule


@pytest.mark.parametrize("text", ["", "docs", "read", "read ", "delete docs", "READ docs"])
def test_what_is_no_file_rule(text: str) -> None:
    with pytest.raises(InputError, match="is not a files permission"):
        FileRule.parse(text)


def test_permissions_there_and_back() -> None:
    data = {"http": ["GET https://a.org/*"], "files": ["read docs"], "env": ["HOME"], "kv": True}
    permissions = Permissions.from_json(data)
    assert permissions.to_json() == data
    assert permissions
    assert not NOTHING
    assert NOTHING.to_json() == {}
    assert permissions.file_rules() == (FileRule("read", "docs"),)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"htttp": []}, "unknown permission 'htttp'; there are: clock, env, files, http"),
        ({"http": "GET https://a.org"}, "permission 'http' is a list of strings"),
        ({"http": [1]}, "permission 'http' is a list of strings"),
        ({"http": ["GET nowhere"]}, "is not an http permission"),
        ({"files": ["docs"]}, "is not a files permission"),
        ({"kv": "yes"}, "permission 'kv' is true or false"),
        ({"clock": 1}, "permission 'clock' is true or false"),
    ],
)
def test_what_are_no_permissions(data: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        Permissions.from_json(data)


def test_names_by_glob() -> None:
    permissions = Permissions(env=("APP_*",), tools=("time.now",))
    assert permissions.allows_name("env", "APP_KEY")
    assert not permissions.allows_name("env", "PATH")
    assert not permissions.allows_name("tools", "time.convert")
    assert permissions.allows_name("tools", "time.now")
    assert not permissions.allows_http("GET", "https://a.org/")


# --- requests and grants


@pytest.mark.parametrize(
    ("kind", "asked", "granted", "holds"),
    [
        ("http", ["GET https://a.org/*"], [], []),
        ("http", [], ["GET https://a.org/*"], []),
        ("http", ["GET https://a.org/*"], ["GET https://a.org/*"], ["GET https://a.org/*"]),
        ("http", ["* https://*/*"], ["GET https://a.org/v1/*"], ["GET https://a.org/v1/*"]),
        ("http", ["GET https://a.org/v1/*"], ["* https://*/*"], ["GET https://a.org/v1/*"]),
        ("http", ["* http://*:*/*"], ["GET http://a.org:8080/*"], ["GET http://a.org:8080/*"]),
        ("http", ["* http://*/*"], ["GET http://a.org:8080/*"], []),
        ("http", ["* http://a.org:80/*"], ["GET http://a.org:*/*"], []),
        ("http", ["GET https://a.org/*"], ["POST https://a.org/*"], []),
        ("http", ["GET https://a.org/*"], ["GET https://b.org/*"], []),
        ("http", ["GET https://a.org/*"], ["GET http://a.org/*"], []),
        ("http", ["GET https://*.a.org/*"], ["GET https://x.a.org/*"], ["GET https://x.a.org/*"]),
        ("http", ["GET https://*.a.org/*"], ["GET https://*.x.a.org/*"], ["GET https://*.x.a.org/*"]),
        ("http", ["GET https://*.a.org/*"], ["GET https://evila.org/*"], []),
        ("files", ["read docs"], ["read docs/sub"], ["read docs/sub"]),
        ("files", ["read docs"], ["write docs"], ["read docs"]),
        ("files", ["write *"], ["read /a", "write /b"], ["read /a", "write /b"]),
        ("files", ["read docs"], ["read docsx"], []),
        ("env", ["APP_*"], ["APP_KEY", "PATH"], ["APP_KEY"]),
        ("env", ["APP_KEY"], ["*"], ["APP_KEY"]),
    ],
)
def test_what_holds_is_what_both_allow(kind: str, asked: list[str], granted: list[str], holds: list[str]) -> None:
    grant = Grant(Permissions.from_json({kind: asked}), Permissions.from_json({kind: granted}))
    assert list(getattr(grant.effective, kind)) == holds
    assert list(getattr(grant.missing, kind)) == (asked if not holds else [])


@pytest.mark.parametrize(("asked", "granted"), [(True, True), (True, False), (False, True), (False, False)])
def test_switches_need_both(asked: bool, granted: bool) -> None:
    grant = Grant(Permissions(kv=asked), Permissions(kv=granted))
    assert grant.effective.kv == (asked and granted)
    assert grant.missing.kv == (asked and not granted)


# --- properties

_HOSTS = st.sampled_from(["*", "a.org", "*.a.org", "x.a.org", "*.x.a.org", "y.x.a.org", "b.org", "127.0.0.1"])
_PORTS = st.sampled_from(["", ":*", ":80", ":443", ":8080"])
_PATHS = st.sampled_from(["", "/", "/*", "/v1/*", "/v1/x", "/v1/*/x", "/v2"])
_RULES = st.builds(
    lambda m, s, h, p, t: f"{m} {s}://{h}{p}{t}",
    st.sampled_from(["*", "GET", "POST"]),
    st.sampled_from(["http", "https"]),
    _HOSTS,
    _PORTS,
    _PATHS,
)
_URLS = st.builds(
    lambda s, h, p, t: f"{s}://{h}{p}{t}",
    st.sampled_from(["http", "https"]),
    st.sampled_from(["a.org", "x.a.org", "y.x.a.org", "b.org", "127.0.0.1", "u@a.org"]),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    st.sampled_from(["", "/", "/v1/x", "/v1/a/x", "/v2", "/v1/../v2"]),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(_RULES, max_size=3), st.lists(_RULES, max_size=3), st.sampled_from(["GET", "POST"]), _URLS)
def test_no_url_gets_through_that_either_side_would_refuse(
    asked: list[str], granted: list[str], method: str, url: str
) -> None:
    request, grant = Permissions(http=tuple(asked)), Permissions(http=tuple(granted))
    if Grant(request, grant).effective.allows_http(method, url):
        assert request.allows_http(method, url)
        assert grant.allows_http(method, url)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | st.builds("GET {}".format, st.text(max_size=60)) | _RULES)
def test_any_text_is_a_rule_or_refused_in_words(text: str) -> None:
    try:
        rule = HttpRule.parse(text)
    except InputError:
        return
    assert rule.scheme in {"http", "https"}
    assert rule.host
    assert "@" not in rule.host


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_what_is_allowed_is_on_the_granted_host(text: str) -> None:
    rule = HttpRule.parse("GET https://a.org/v1/*")
    for url in (text, f"https://{text}", f"https://a.org{text}", f"https://a.org/v1/{text}"):
        if rule.allows("GET", url):
            parts = urlsplit(url)
            assert (parts.hostname or "").rstrip(".") == "a.org"
            assert parts.path.startswith("/v1/")
