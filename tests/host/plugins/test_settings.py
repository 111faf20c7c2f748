from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lumosai.plugins.settings import absolute_files, plugin_grant, plugin_settings, with_defaults
from lumosai_sdk import Secret
from lumosai_sdk.errors import ConfigError
from lumosai_sdk.permissions import Permissions

LEAK = "sk-live-0123456789"
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["url"],
    "properties": {
        "url": {"type": "string", "maxLength": 50},
        "key": {"type": "string", "format": "secret", "pattern": "^(env|file):"},
        "retries": {"type": "integer", "default": 3},
        "nested": {
            "type": "object",
            "default": {},
            "properties": {"depth": {"default": 1}, "token": {"format": "secret", "oneOf": [{"type": "string"}]}},
        },
        "servers": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "properties": {"key": {"format": "secret"}, "weight": {"type": "number", "default": 1.5}},
            },
        },
        "keys": {"type": "array", "items": {"format": "secret"}},
    },
}


def settings(value: dict[str, Any], schema: dict[str, Any] | None = None, base: Path = Path("/base")) -> dict[str, Any]:
    return plugin_settings({"name": "p", "settings_schema": SCHEMA if schema is None else schema}, value, base)


def test_defaults_are_filled_in_at_every_depth() -> None:
    assert settings({"url": "u", "servers": {"a": {}, "b": {"weight": 2}}}) == {
        "url": "u",
        "retries": 3,
        "nested": {"depth": 1},
        "servers": {"a": {"weight": 1.5}, "b": {"weight": 2}},
    }


def test_what_was_given_is_not_changed() -> None:
    given: dict[str, Any] = {"url": "u", "nested": {}}
    settings(given)
    assert given == {"url": "u", "nested": {}}
    assert with_defaults({"properties": {"a": {"default": 1}}}, "text") == "text"


def test_defaults_are_not_shared_between_plugins() -> None:
    settings({"url": "u"})["nested"]["depth"] = 99
    assert settings({"url": "u"})["nested"] == {"depth": 1}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({}, '"url" is a required property'),
        ({"url": "u", "retries": "many"}, 'retries: .* is not of type "integer"'),
        ({"url": "u", "colour": 1}, ".*'colour' was unexpected"),
    ],
)
def test_what_does_not_fit_is_named(value: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=rf"\[plugins\.p\.settings\]: {said}"):
        settings(value)


def test_a_plugin_without_settings_takes_none() -> None:
    assert plugin_settings({"name": "p"}, {}, Path()) == {}
    with pytest.raises(ConfigError, match=r"the plugin 'p' has no settings"):
        plugin_settings({"name": "p"}, {"a": 1}, Path())


def test_a_schema_that_is_none_breaks_the_plugin_only() -> None:
    with pytest.raises(ConfigError, match=r"plugin 'p': settings_schema in its manifest: not a JSON Schema"):
        settings({}, {"type": 3})


def test_secrets_arrive_wrapped_wherever_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", LEAK)
    (tmp_path / "key").write_text(f"{LEAK}\n")
    made = settings(
        {
            "url": "u",
            "key": "env:TOKEN",
            "nested": {"token": "file:key"},
            "servers": {"a": {"key": "env:TOKEN"}},
            "keys": ["env:TOKEN", "file:key"],
        },
        base=tmp_path,
    )
    found = [made["key"], made["nested"]["token"], made["servers"]["a"]["key"], *made["keys"]]
    assert all(isinstance(s, Secret) and s.reveal() == LEAK for s in found)
    assert LEAK not in repr(made)
    assert LEAK not in str(made)


@pytest.mark.parametrize(
    "value",
    [
        {"url": "u", "key": LEAK},
        {"url": "u", "key": [LEAK]},
        {"url": "u", "key": {"value": LEAK}},
        {"url": LEAK * 20},
        {"key": LEAK},
        {"url": "u", "retries": LEAK},
        {"url": "u", "nested": LEAK},
        {"url": "u", "nested": {"token": [LEAK]}},
        {"url": "u", "servers": {"a": {"key": LEAK}}},
        {"url": "u", "servers": {"a": LEAK}},
        {"url": "u", "keys": [LEAK]},
        {"url": "u", "keys": {"a": LEAK}},
    ],
)
def test_a_secret_written_where_it_should_not_be_is_never_repeated(value: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as e:
        settings(value)
    shown = [
        str(e.value),
        repr(e.value),
        json.dumps(e.value.to_json()),
        str(e.value.__cause__),
        str(e.value.__context__),
    ]
    assert not [s for s in shown if LEAK in s]


def test_a_secret_that_is_no_reference_says_how_to_write_it() -> None:
    with pytest.raises(
        ConfigError, match=r"plugins\.p\.settings\.servers\.a\.key: a secret is written as a reference"
    ) as e:
        settings({"url": "u", "servers": {"a": {"key": LEAK}}})
    assert e.value.hint == 'use "env:NAME" or "file:path"'


def test_a_grant_is_what_both_sides_want() -> None:
    record = {"name": "p", "permissions": {"http": ["GET https://a.example/*"], "kv": True, "env": ["HOME"]}}
    granted = Permissions.from_json({"http": ["GET https://a.example/v1/*", "GET https://b.example/*"], "env": ["*"]})
    grant = plugin_grant(record, granted)
    assert grant.effective.to_json() == {"http": ["GET https://a.example/v1/*"], "env": ["HOME"]}
    assert grant.missing.to_json() == {"kv": True}
    assert not plugin_grant({"name": "p"}, granted).effective


def test_relative_folders_start_at_the_configuration() -> None:
    files = ("read docs", "write /abs", "read ../up", "read *")
    assert absolute_files(Permissions(files=files), Path("/base")).files == (
        "read /base/docs",
        "write /abs",
        "read /base/../up",
    )
