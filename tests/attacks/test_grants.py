"""Attacks on the grammar of permissions: requests worded so that a narrow grant becomes a wide one."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumosai_sdk.permissions import Grant, HttpRule, Permissions

Kind = Literal["env", "secrets", "models", "tools"]
KINDS: list[Kind] = ["env", "secrets", "models", "tools"]


def _effective(requested: dict[str, Any], granted: dict[str, Any]) -> Permissions:
    return Grant(Permissions.from_json(requested), Permissions.from_json(granted)).effective


@pytest.mark.parametrize(
    ("requested", "granted"),
    [
        ("read docs/../../../etc", "read docs"),
        ("read docs/..", "read docs"),
        ("read ./docs/../.ssh", "read docs"),
        ("read /srv/docs/../../etc", "read /srv/docs"),
        ("read ..", "read ."),
        ("read ../x", "read ./"),
        ("read ../../x", "read .."),
        ("read docs/./../..", "read docs/.."),
    ],
)
def test_a_folder_does_not_climb_out_of_a_grant(requested: str, granted: str) -> None:
    assert set(_effective({"files": [requested]}, {"files": [granted]}).files) <= {granted}


@pytest.mark.parametrize(
    ("requested", "granted", "holds"),
    [
        ("read docs/a/../b", "read docs", "read docs/a/../b"),
        ("read *", "read ../shared", "read ../shared"),
        ("read ../shared/a", "read ../shared", "read ../shared/a"),
        ("read docs/../docs", "read docs", "read docs"),
        ("read docs", "read .", "read docs"),
    ],
)
def test_a_folder_below_a_grant_is_granted_however_it_is_written(requested: str, granted: str, holds: str) -> None:
    assert holds in _effective({"files": [requested]}, {"files": [granted]}).files


@pytest.mark.parametrize(
    ("requested", "granted", "name"),
    [
        ("*", "?", "AWS_SECRET_ACCESS_KEY"),
        ("*", "[!A]*", "AWS_SECRET_ACCESS_KEY"),
        ("DB_*", "DB_[!P]*", "DB_PASSWORD"),
        ("APP_*", "APP_?", "APP_TOKEN"),
        ("*", "[a*]", "AWS_SECRET_ACCESS_KEY"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_wild_request_does_not_hide_in_a_narrow_glob(kind: Kind, requested: str, granted: str, name: str) -> None:
    effective = _effective({kind: [requested]}, {kind: [granted]})
    assert not Permissions.from_json({kind: [granted]}).allows_name(kind, name)
    assert not effective.allows_name(kind, name)


@pytest.mark.parametrize(
    ("requested", "granted", "name"),
    [
        ("*", "*", "X"),
        ("*", "APP_*", "APP_KEY"),
        ("APP_*", "*", "APP_KEY"),
        ("APP_DB_*", "APP_*", "APP_DB_KEY"),
        ("APP_[!P]*", "APP_[!P]*", "APP_KEY"),
        ("APP_KEY", "APP_[!P]*", "APP_KEY"),
        ("APP_?", "APP_*", "APP_X"),
        ("*", "[a]*", "abc"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_what_both_plainly_allow_holds(kind: Kind, requested: str, granted: str, name: str) -> None:
    assert _effective({kind: [requested]}, {kind: [granted]}).allows_name(kind, name)


_GLOBS = st.text("AB*?[]!-", min_size=1, max_size=6)


@settings(max_examples=1000, deadline=None)
@given(st.lists(_GLOBS, max_size=3), st.lists(_GLOBS, max_size=3), st.text("AB*?[]!-", min_size=1, max_size=5))
def test_no_name_gets_through_that_either_side_would_refuse(asked: list[str], granted: list[str], name: str) -> None:
    if _effective({"env": asked}, {"env": granted}).allows_name("env", name):
        assert any(fnmatchcase(name, g) for g in asked)
        assert any(fnmatchcase(name, g) for g in granted)


@pytest.mark.parametrize(
    ("requested", "granted", "url"),
    [
        ("GET https://h/a*b", "GET https://h/a[*]b", "https://h/aXXb"),
        ("GET https://h/*", "GET https://h/?", "https://h/x"),
        ("GET https://h/[*", "GET https://h/[a]", "https://h/[b"),
    ],
)
def test_brackets_in_a_granted_path_are_characters(requested: str, granted: str, url: str) -> None:
    try:
        effective = _effective({"http": [requested]}, {"http": [granted]})
    except ValueError:
        return  # no rule at all
    assert not effective.allows_http("GET", url)


def test_brackets_in_a_granted_path_match_themselves() -> None:
    effective = _effective({"http": ["GET https://h/*"]}, {"http": ["GET https://h/a[1]/*"]})
    assert effective.allows_http("GET", "https://h/a[1]/x")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/../admin",
        "/v1/..;/admin",
        "/v1/..;a=b/admin",
        "/v1/%252e%252e/admin",
        "/v1/%25252e%25252e/admin",
        "/v1/%2525252525252e%2525252525252e/admin",
        "/v1/.%2e;x/admin",
        "/v1/..%3b/admin",
        "/v1/..%255cadmin",
        "/v1/%2e%2e%2fadmin",
        "/v1/..%20/admin",
        "/v1/..%00/admin",
        "/v1/..%09;/admin",
    ],
)
def test_dot_segments_that_only_a_server_sees_are_refused(path: str) -> None:
    assert not HttpRule.parse("GET https://h/v1/*").allows("GET", f"https://h{path}")


@pytest.mark.parametrize(
    "path", ["/v1/a..b", "/v1/...", "/v1/a;b=..", "/v1/100%25", "/v1/a%20b", "/v1/.hidden", "/v1/a%2Fb"]
)
def test_dots_that_lead_nowhere_are_let_through(path: str) -> None:
    assert HttpRule.parse("GET https://h/v1/*").allows("GET", f"https://h{path}")
