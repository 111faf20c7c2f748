from __future__ import annotations

import pytest

from lumosai_marketplace.trust.permissions import beyond, diff, rights
from lumosai_sdk.errors import InputError
from lumosai_sdk.permissions import Permissions


def made(**kinds: object) -> Permissions:
    return Permissions.from_json(kinds)


@pytest.mark.parametrize(
    ("asked", "most", "left"),
    [
        ({}, {}, {}),
        ({"kv": True}, {}, {"kv": True}),
        ({"kv": True}, {"kv": True}, {}),
        ({"http": ["GET https://a.example/x"]}, {"http": ["* https://a.example/*"]}, {}),
        ({"http": ["* https://a.example/*"]}, {"http": ["GET https://a.example/x"]}, {"http": ["* https://a.example/*"]}),
        ({"http": ["GET https://a.example/*", "GET https://b.example/*"]}, {"http": ["GET https://a.example/*"]},
         {"http": ["GET https://b.example/*"]}),
        ({"http": ["GET http://a.example/*"]}, {"http": ["GET https://a.example/*"]}, {"http": ["GET http://a.example/*"]}),
        ({"http": ["GET https://a.example:8443/*"]}, {"http": ["GET https://a.example/*"]},
         {"http": ["GET https://a.example:8443/*"]}),
        ({"http": ["GET https://*/*"]}, {"http": ["GET https://*.example/*"]}, {"http": ["GET https://*/*"]}),
        ({"files": ["read ./docs/a"]}, {"files": ["read ./docs"]}, {}),
        ({"files": ["write ./docs"]}, {"files": ["read ./docs"]}, {"files": ["write ./docs"]}),
        ({"files": ["read ./docs/../.ssh"]}, {"files": ["read ./docs"]}, {"files": ["read ./docs/../.ssh"]}),
        ({"secrets": ["key"]}, {"secrets": ["key to a.example"]}, {"secrets": ["key"]}),
        ({"secrets": ["key to a.example"]}, {"secrets": ["key to *.example"]}, {}),
        ({"tools": ["*"]}, {"tools": ["time.*"]}, {"tools": ["*"]}),
        ({"env": ["HOME", "PATH"]}, {"env": ["H*"]}, {"env": ["PATH"]}),
    ],
)  # fmt: skip
def test_what_lies_beyond_a_limit_is_told(
    asked: dict[str, object], most: dict[str, object], left: dict[str, object]
) -> None:
    assert beyond(made(**asked), made(**most)).to_json() == left


def told(before: Permissions, after: Permissions) -> list[tuple[str, str, str | None]]:
    return [(c.what, c.right.rule, c.was) for c in diff(before, after)]


def test_the_same_is_no_change() -> None:
    same = made(http=["GET https://a.example/*"], kv=True, tools=["time.*"])
    assert diff(same, same) == ()


def test_each_kind_of_change_is_told_and_what_is_asked_for_anew_comes_first() -> None:
    before = made(http=["GET https://a.example/v1/*", "* https://b.example/*"], env=["HOME"], clock=True)
    after = made(http=["GET https://a.example/*", "GET https://b.example/*"], random=True, files=["read ./docs"])
    assert told(before, after) == [
        ("added", "read ./docs", None),
        ("added", "random", None),
        ("widened", "GET https://a.example/*", "GET https://a.example/v1/*"),
        ("narrowed", "GET https://b.example/*", "* https://b.example/*"),
        ("removed", "HOME", None),
        ("removed", "clock", None),
    ]
    assert [c.asks_for_more for c in diff(before, after)] == [True, True, True, False, False, False]


def test_a_rule_that_another_covers_already_is_nothing_new() -> None:
    before = made(http=["GET https://a.example/*"])
    after = made(http=["GET https://a.example/*", "GET https://a.example/v1/*"])
    assert diff(before, after) == ()


def test_leaving_the_sandbox_is_a_right_that_is_added() -> None:
    (change,) = diff(made(), made(), runtime_before="wasm", runtime_after="python")
    assert (change.what, change.right.kind, change.right.risk) == ("added", "runtime", "high")
    assert change.asks_for_more
    (back,) = diff(made(), made(), runtime_before="python", runtime_after="wasm")
    assert (back.what, back.asks_for_more) == ("removed", False)


def test_thousands_of_rules_are_told_apart_without_pairing_them() -> None:
    before = made(http=[f"GET https://a{n}.example/*" for n in range(500)])
    after = made(http=[f"GET https://b{n}.example/*" for n in range(500)])
    changes = diff(before, after)
    assert [c.what for c in changes] == ["added"] * 500 + ["removed"] * 500


@pytest.mark.parametrize(
    ("kind", "rule", "words", "risk"),
    [
        ("http", "GET https://api.example/*", "read from api.example", "low"),
        ("http", "GET https://api.example/v1/*", "read from api.example (/v1/*)", "low"),
        ("http", "POST https://api.example/*", "send data to and read from api.example", "medium"),
        ("http", "GET http://api.example/*", "read from api.example, unencrypted", "medium"),
        ("http", "GET https://*.acme.example/*", "read from any server below acme.example", "medium"),
        ("http", "GET https://*.com/*", "read from any server below com, whoever it belongs to", "high"),
        ("http", "GET https://*.lan/*", "a server of your own machine or network", "high"),
        ("http", "GET https://*.corp.internal/*", "a server of your own machine or network", "high"),
        ("http", "GET https://*/*", "read from any server, those of your own network among them", "high"),
        ("http", "GET http://localhost:8080/*", "a server of your own machine or network", "high"),
        ("http", "GET http://127.0.0.1/*", "a server of your own machine or network", "high"),
        ("http", "GET http://169.254.169.254/*", "a server of your own machine or network", "high"),
        ("http", "GET http://[::1]/*", "a server of your own machine or network", "high"),
        ("http", "GET https://intranet/*", "a server of your own machine or network", "high"),
        ("files", "read ./docs", "read the files below docs", "medium"),
        ("files", "write *", "read, change and delete all files that the host can", "high"),
        ("files", "read ~/.ssh", "read the files below", "high"),
        ("files", "read ../../x", "read the files below", "high"),
        ("env", "LANG", "environment variable LANG", "medium"),
        ("env", "OPENAI_API_KEY", "environment variable OPENAI_API_KEY", "high"),
        ("env", "*", "keys among them", "high"),
        ("secrets", "api_key to api.example", "have the secret api_key sent to api.example, without", "medium"),
        ("secrets", "api_key", "see the secret api_key", "high"),
        ("secrets", "* to *", "sent to any server", "high"),
        ("tools", "*", "call any tool of any plugin", "high"),
        ("tools", "time.*", "call the tools time.*", "medium"),
        ("models", "*", "any model", "medium"),
    ],
)  # fmt: skip
def test_a_right_is_told_in_plain_words_with_its_risk(kind: str, rule: str, words: str, risk: str) -> None:
    (right,) = rights(made(**{kind: [rule]}))
    assert (right.kind, right.rule, right.risk) == (kind, rule, risk)
    assert words in right.words
    assert right.to_json() == {"kind": kind, "rule": rule, "words": right.words, "risk": risk}


def test_a_plugin_in_the_hosts_process_has_all_rights_whatever_it_asks_for() -> None:
    first, *others = rights(made(clock=True, kv=True, random=True), "python")
    assert (first.kind, first.risk) == ("runtime", "high")
    assert {r.risk for r in others} == {"low"}


def test_a_rule_that_is_none_is_an_error() -> None:
    with pytest.raises(InputError):
        made(http=["whatever"])
