"""``/v1/config``: the configuration in force, and changing ``lumos.toml``, which holds at once where it can."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pydantic import BaseModel, ConfigDict, RootModel

from lumosai.config import edit
from lumosai.config.changes import merged
from lumosai.config.changing import change, changed_text
from lumosai.config.hiding import hidden_config
from lumosai.config.load import of_text, read
from lumosai.config.patch import Keys, WrongKeysError, leaves, overridden, owners_reason
from lumosai.config.schema import schema_with
from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call, parsed, validated
from lumosai.gateway.errors import InvalidFieldsError, PreconditionFailedError, PreconditionRequiredError
from lumosai.gateway.etags import matches, tag_of
from lumosai.gateway.operation import LATER, Operation
from lumosai.gateway.plugin_shapes import SiblingsView
from lumosai.gateway.problems import shown_error
from lumosai.gateway.reply import Reply, dump, json_reply
from lumosai.gateway.shapes import ErrorView, JsonSchema
from lumosai.host import Host
from lumosai.plugins.index import Record
from lumosai_sdk.errors import ConflictError, InputError, LumosError, PermissionDeniedError

MOST_KEYS, MOST_BYTES = 256, 256 * 1024
_SECTIONS = {
    "agents": "Agents by id.",
    "limits": "Limits of every run.",
    "models": "Which models agents use.",
    "plugins": "Plugins by name: `enabled` and `settings`.",
}


class ConfigDocument(RootModel[dict[str, Any]]):
    """A configuration, section by section, as `GET /v1/config/schema` describes it."""


class ConfigPatch(RootModel[dict[str, Any]]):
    """What is to change, as a merge patch (RFC 7396): what is left out stays, null takes a key out of the file."""

    model_config = ConfigDict(
        json_schema_extra={
            "properties": {
                name: {"type": ["object", "null"], "description": text, "additionalProperties": True}
                for name, text in _SECTIONS.items()
            }
        }
    )


class ConfigView(BaseModel):
    """The configuration in force: defaults, file and environment. Secrets are shown as the references they are.

    ``waiting`` are the keys of which the file says what holds from the next start only, ``overridden`` those just
    changed for which an environment variable says something else. ``problem`` is what is wrong with the file as it is
    now: what it said before is in force then.
    """

    file: str | None
    config: ConfigDocument
    waiting: list[str]
    problem: ErrorView | None = None
    overridden: list[str] | None = None
    siblings: SiblingsView | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """The configuration as a client sees it, and the text of the file it stands in."""

    body: dict[str, Any]
    text: str

    @property
    def tag(self) -> bytes:
        """What changes when either does."""
        return tag_of(dump(self.body), self.text.encode("utf-8", "replace"))


async def get_config(call: Call) -> ASGIApp:
    """Return the configuration in force."""
    seen = _seen(call)
    return Reply(dump(seen.body), tag=seen.tag)


async def get_schema(call: Call) -> ASGIApp:
    """Return the JSON Schema of the configuration, installed plugins' settings included."""
    schema = await asyncio.to_thread(schema_with, _records(call.gate.host).values())
    return json_reply(schema)


async def update_config(call: Call) -> ASGIApp:
    """Change ``lumos.toml`` and go by it.

    Raises PermissionDeniedError, PreconditionRequiredError, PreconditionFailedError, ConflictError, and
    InvalidFieldsError naming each key that is wrong; nothing is written then.
    """
    patch = await _asked(call)
    host, keys = call.gate.host, list(leaves(patch))
    await _allow(call, keys)
    path = host.loaded.path
    if path is None:
        raise ConflictError("the host runs without a lumos.toml", hint="lumos init")
    async with call.gate.configuring:
        with edit.held(path):
            before = _seen(call)
            _check_seen(call, before)
            text = await asyncio.to_thread(_checked, host, before.text, patch)
            await change(path, before.text, text, host.reload_config)
    elsewhere = await call.gate.peers.changes.config()
    seen = _seen(call)
    told = [".".join(k) for k in keys if overridden(k)]
    body = {**seen.body, **({"overridden": told} if told else {}), **elsewhere}
    return Reply(dump(body), headers=[(b"etag", seen.tag)])


async def _asked(call: Call) -> dict[str, Any]:
    """Return the merge patch. Raises InputError for more than anybody changes at once: writing it takes its time."""
    call.check_media_type()
    raw = await call.raw()
    patch = validated(ConfigPatch, parsed(raw, "the body")).root
    if len(raw) > MOST_BYTES or len(list(islice(leaves(patch), MOST_KEYS + 1))) > MOST_KEYS:
        raise InputError(f"a change has at most {MOST_KEYS} keys, and {MOST_BYTES} bytes", hint="edit lumos.toml")
    return patch


def _check_seen(call: Call, before: Seen) -> None:
    matched = matches(call.scope, before.tag)
    if matched is None:
        raise PreconditionRequiredError(
            "a change says which configuration it changes", hint="If-Match: the ETag of GET /v1/config"
        )
    if not matched:
        raise PreconditionFailedError("the configuration has changed meanwhile", hint="GET /v1/config, and look again")


async def _allow(call: Call, keys: list[Keys]) -> None:
    await call.allow("config.manage", "")
    if call.principal.allows("*"):
        return
    records = _records(call.gate.host)
    for key in keys:
        if reason := owners_reason(key, records):
            raise PermissionDeniedError(
                f"only an owner changes {'.'.join(key)}: {reason}", hint="a key with the scope *"
            )
    for name in dict.fromkeys(key[1] for key in keys if key[0] == "plugins"):
        await call.allow("plugin.manage", name)


def _checked(host: Host, before: str, patch: Mapping[str, Any]) -> str:
    """Return what the file is to be. Raises InvalidFieldsError naming the keys that would be wrong."""
    try:
        return changed_text(host.loaded, before, patch)
    except WrongKeysError as e:
        raise InvalidFieldsError([{"field": k, "message": m} for k, m in e.keys.items()]) from None


def _seen(call: Call) -> Seen:
    host = call.gate.host
    text, waiting, problem = "", list[str](), None
    try:
        text = read(host.loaded.path)
        waiting = list(merged(host.config, of_text(text, host.loaded.path).config)[1]) if text else []
    except LumosError as e:
        problem = shown_error(call.scope, e)
    config = host.config.model_dump(mode="json", exclude_none=True)
    shown = hidden_config(config, list(_records(host).values()), strict=True)
    file = host.loaded.path.name if host.loaded.path else None
    body: dict[str, Any] = {
        "file": file,
        "config": shown,
        "waiting": waiting,
        **({"problem": problem} if problem else {}),
    }
    return Seen(body, text)


def _records(host: Host) -> Mapping[str, Record]:
    return {name: plugin.record for name, plugin in host.plugins.plugins.items()}


CONFIG = {
    "file": "lumos.toml",
    "config": {
        "models": {"default": "openai/gpt-5-mini"},
        "agents": {"assistant": {"tools": ["time.*", "calculator.*"]}},
        "plugins": {"openai": {"settings": {"api_key": "env:OPENAI_API_KEY"}}},
    },
    "waiting": [],
}

OPERATIONS = (
    Operation(
        "GET",
        "/v1/config",
        get_config,
        "getConfig",
        "Get the configuration in force",
        "config",
        action="config.read",
        description="Defaults, file and environment together. No secret is told, only where it is kept.",
        answers=ConfigView,
        example=CONFIG,
        stable=True,
    ),
    Operation(
        "PATCH",
        "/v1/config",
        update_config,
        "updateConfig",
        "Change lumos.toml",
        "config",
        action="config.manage",
        resource=LATER,
        description="A merge patch (RFC 7396), also as `application/merge-patch+json`. It holds at once, for runs that "
        "begin then; `waiting` tells what holds from the next start. The file's comments stay, and where anything is "
        "wrong it is left as it was. Agents, models, limits, and plugins' `enabled` and `settings` (with "
        "`plugin.manage`) may be changed; the rest, and the settings of plugins that hold secrets, let callers in, or "
        "keep the data, only with the scope `*`.",
        takes=ConfigPatch,
        takes_example={"limits": {"steps": 8}, "agents": {"old": None}},
        answers=ConfigView,
        example=CONFIG,
        problems=(ConflictError, PreconditionFailedError, PreconditionRequiredError),
    ),
    Operation(
        "GET",
        "/v1/config/schema",
        get_schema,
        "getConfigSchema",
        "Get the JSON Schema of lumos.toml",
        "config",
        action="config.read",
        description="The settings of installed plugins included.",
        answers=JsonSchema,
        example={"title": "Config", "type": "object"},
        stable=True,
    ),
)
