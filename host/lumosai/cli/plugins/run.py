"""``lumos plugin run``: one call of a component, with the rights the command line names and no others."""

from __future__ import annotations

import argparse
import json
import shlex
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from lumosai.cli import style
from lumosai.cli.exits import CRASHED, DENIED, FAILURE, LIMIT, OK, USAGE
from lumosai.cli.failure import report as report_error
from lumosai.cli.hosting import run_async
from lumosai.cli.output import say, say_json, tell
from lumosai.cli.parser import nearest
from lumosai.cli.plugins import rights
from lumosai.cli.plugins.compiling import UnfitComponentError, compiled, component, is_large, require_extra
from lumosai.cli.plugins.progress import in_seconds, steps
from lumosai.cli.plugins.schematext import example, signature
from lumosai.cli.plugins.tiers import policy
from lumosai.cli.words import counted
from lumosai.config.load import Loaded, load
from lumosai.config.model import PluginConfig
from lumosai_sdk import safe
from lumosai_sdk.errors import (
    InputError,
    LumosError,
    PermissionDeniedError,
    PluginError,
    PluginLimitError,
    PluginTimeoutError,
)
from lumosai_sdk.manifest import ResourceLimits
from lumosai_sdk.types.plugins import PluginContext

if TYPE_CHECKING:
    from lumosai.cli.plugins.guest import Export, OpenGuest

_MAX_INPUT = 16 * 1024 * 1024
_TIERS = {"jail": "a jailed worker process", "process": "this process", "not started": "no place at all"}


class UsageError(InputError):
    """The command line names what is not there, or cannot be understood."""

    code = "usage"


def run(arguments: argparse.Namespace) -> int:
    """Call the function. Raises InputError for a file that cannot be read, ConfigError, MissingExtraError."""
    began = time.perf_counter()
    require_extra()
    _sort_out(arguments)
    path = component(arguments.wasm)
    outcome: dict[str, Any] = {"denied": [], "log": []}
    code = OK
    try:
        with _logged(path, outcome, as_json=arguments.json):
            run_async(lambda: _called(arguments, path, outcome))
    except LumosError as e:
        code = _code(e, denied=bool(outcome["denied"]))
        outcome["error"] = e.to_json()
        if not arguments.json:
            report_error(_told(e, outcome["denied"]))
    outcome["seconds"] = round(time.perf_counter() - began, 4)
    _show_denied(outcome["denied"])
    if arguments.json:
        say_json({"ok": code == OK, **outcome})
    return code


def _logged(path: Path, outcome: dict[str, Any], *, as_json: bool) -> AbstractContextManager[None]:
    """Show what the component logs; as JSON, keep it."""
    from lumosai.cli.plugins.guest import name_of
    from lumosai.cli.plugins.logged import PLUGINS, Collected, logged
    from lumosai.cli.plugins.screen import Screen

    collected = Collected()
    outcome["log"] = collected.lines
    return logged(f"{PLUGINS}.{name_of(path)}", collected if as_json else Screen(name_of(path)))


def _sort_out(arguments: argparse.Namespace) -> None:
    """Take a first word that is JSON for the arguments of the only function there is."""
    first = arguments.function
    if first is not None and arguments.arguments is None and first[:1] in "{[@-":
        arguments.function, arguments.arguments = None, first


def _code(error: LumosError, *, denied: bool) -> int:
    if isinstance(error, PermissionDeniedError) or (denied and not isinstance(error, InputError)):
        return DENIED
    if isinstance(error, PluginLimitError | PluginTimeoutError):
        return LIMIT
    if isinstance(error, UsageError):
        return USAGE
    return CRASHED if isinstance(error, PluginError | UnfitComponentError) else FAILURE


def _told(error: LumosError, denied: list[dict[str, Any]]) -> LumosError:
    """Return the error with a hint that fits this command, where one would be about ``lumos.toml``.

    What it tells of *denied* is taken from there: it need not be told twice.
    """
    limit = "time" if isinstance(error, PluginTimeoutError) else getattr(error, "limit", None)
    flag = {"time": "--time 10s", "cpu": "--time 10s", "memory": "--memory 256MiB"}.get(str(limit))
    if isinstance(error, PluginError):
        hint = f"{flag} allows more" if flag else error.hint if limit is None else None
        return LumosError(f"{error.what}: {error.why}", hint=hint)
    if isinstance(error, PermissionDeniedError):
        same = next((d for d in denied if d["why"] == error.message), None)
        if same is not None:
            denied.remove(same)
        return LumosError(error.message, hint=f"{same['flag']} allows it" if same and same["flag"] else None)
    return error


async def _called(arguments: argparse.Namespace, path: Path, outcome: dict[str, Any]) -> None:
    from lumosai.cli.plugins.guest import open_guest

    loaded = load(arguments.config)
    given = _given(arguments.arguments)
    async with AsyncExitStack() as stack:
        scratch = stack.enter_context(TemporaryDirectory(prefix="lumos-run-"))
        context = _context(arguments, path, loaded, Path(scratch))
        with steps(f"reading {path.name}", lines=is_large(path), announced=False) as told:
            artefact = await compiled(path, context.sandbox.cache, told)
        if arguments.kv or arguments.allow_tool or arguments.allow_model:
            context = await stack.enter_async_context(_hosted(context, loaded))
        guest = await stack.enter_async_context(open_guest(path, artefact, context))
        outcome["denied"] = guest.denied
        function = chosen(await guest.exports(arguments.function), arguments.function, path.name)
        await _call(guest, function, _fitting(function, given, arguments.wasm), outcome)
    if not arguments.json:
        _show(outcome)


async def _call(guest: OpenGuest, function: Export, given: dict[str, Any], outcome: dict[str, Any]) -> None:
    outcome["function"] = function.id
    began = time.perf_counter()
    try:
        outcome["result"] = await guest.call(function, given)
    finally:
        outcome["call_seconds"] = round(time.perf_counter() - began, 6)
        outcome["tier"] = guest.tier


def _context(arguments: argparse.Namespace, path: Path, loaded: Loaded, scratch: Path) -> PluginContext:
    """Return what the component is handed. Raises UsageError for a flag that cannot be understood."""
    from lumosai.cli.plugins.guest import name_of

    try:
        permissions = rights.permissions(arguments, Path.cwd())
        return PluginContext(
            name_of(path),
            settings=rights.secrets(arguments.secret),
            permissions=permissions,
            granted=permissions,
            data_dir=scratch,
            root=path.absolute().parent,
            base=Path.cwd(),
            sandbox=policy(loaded, PluginConfig(tier=arguments.tier, limits=_limits(arguments))),
        )
    except InputError as e:
        raise UsageError(e.message, hint=e.hint) from None


def _limits(arguments: argparse.Namespace) -> ResourceLimits:
    """Return the limits that the flags set; time is both that of the clock and that of the processor."""
    from pydantic import ValidationError

    try:
        return ResourceLimits(memory=arguments.memory, time=arguments.time, cpu=arguments.time)
    except ValidationError as e:
        error = e.errors()[0]
        what = str(error["msg"]).removeprefix("Value error, ")
        raise UsageError(f"--{error['loc'][0]}: {what}") from None


@asynccontextmanager
async def _hosted(context: PluginContext, loaded: Loaded) -> AsyncIterator[PluginContext]:
    """Yield the context with the services of a host as ``lumos.toml`` describes it, except that it keeps nothing.

    The component is one of that host's plugins, so that what it calls is held against its rights as always.
    """
    from lumosai.host import Host
    from lumosai.plugins.generation import Generation
    from lumosai.plugins.plugin import Plugin

    storage = loaded.config.storage.model_copy(update={"use": "memory"})
    host = Host(Loaded(loaded.config.model_copy(update={"storage": storage}), loaded.path))
    async with host:
        name = f"{context.name}-run" if context.name in host.plugins.plugins else context.name
        context = replace(context, name=name, services=host.services)
        record = {"name": name, "version": "0", "dist": "run", "package": "", "runtime": "wasm", "contributes": {}}
        host.plugins.plugins[name] = Plugin(record, "", "enabled", generation=Generation(record, context, _unheard))
        yield context


def _unheard(_: object, __: str) -> None:
    """Nothing is made by this generation that could fail."""


def chosen(exports: list[Export], wanted: str | None, file: str) -> Export:
    """Return the export that is meant. Raises UsageError, with what there is, for none or several."""
    if wanted is None and len(exports) == 1:
        return exports[0]
    if wanted is None:
        raise UsageError(_listing(exports, file))
    found = [e for e in exports if e.id == wanted] or [e for e in exports if _last(e.id) == wanted]
    if len(found) == 1:
        return found[0]
    near = nearest(wanted, [e.id for e in exports]) or nearest(wanted, [_last(e.id) for e in exports])
    raise UsageError(f"{file} has no function {wanted!r}{near}", hint=_listing(exports, file))


def _last(name: str) -> str:
    """Return ``now`` of ``weather.now``, and ``add`` of ``acme:math/ops#add``."""
    return name.rpartition("#")[2].rpartition(".")[2]


def _listing(exports: list[Export], file: str) -> str:
    if not exports:
        return f"{file} has no function that could be called"
    shown = [f"  {signature(e.id, e.input_schema, e.output_schema)}" for e in exports]
    return "\n".join([f"{file} has {counted(len(exports), 'function')}:", *shown])


def _given(text: str | None) -> Any:
    """Return the JSON on the command line, in ``@file``, or on standard input for ``-``. Raises UsageError."""
    if text is None:
        return {}
    try:
        if text == "-":
            text = sys.stdin.read(_MAX_INPUT)
        elif text.startswith("@"):
            with Path(text[1:]).open(encoding="utf-8") as f:
                text = f.read(_MAX_INPUT)
        return json.loads(text)
    except OSError as e:
        raise UsageError(f"{text}: {e.strerror}") from None
    except (ValueError, RecursionError) as e:
        raise UsageError(f"the arguments are not JSON: {e}", hint="""quote them: '{"city": "Tokyo"}'""") from None


def _fitting(function: Export, given: Any, file: str) -> dict[str, Any]:
    """Return the arguments as an object: an array gives them in order. Raises UsageError for unfit ones."""
    from lumosai.validation import Validator

    if isinstance(given, list) and len(given) <= len(function.parameters):
        given = dict(zip(function.parameters, given, strict=False))
    shown = json.dumps(example(function.input_schema or {}), ensure_ascii=False)
    shown = f"lumos plugin run {shlex.quote(file)} {function.id} '{shown}'"
    if not isinstance(given, dict):
        raise UsageError(f"the arguments must be a JSON object, not {type(given).__name__}", hint=shown)
    try:
        errors = [] if function.input_schema is None else Validator(function.input_schema).errors(given)
    except InputError:
        errors = []  # a schema that is none is the component's mistake: its code may do better
    if errors:
        raise UsageError(f"the arguments of {function.id} do not fit: {'; '.join(errors)}", hint=shown)
    return given


def _show(outcome: dict[str, Any]) -> None:
    result = outcome["result"]
    if isinstance(result, str):
        say(safe.lines(result))
    else:
        say_json(result)
    sys.stdout.flush()
    told = f"{outcome['function']}: {in_seconds(outcome['call_seconds'])} in {_TIERS[outcome['tier']]}"
    tell(style.paint(safe.line(told), style.DIM, sys.stderr))


def _show_denied(denied: list[dict[str, Any]]) -> None:
    for entry in denied:
        tell(f"{style.paint('denied:', style.YELLOW, sys.stderr)} {safe.line(entry['why'])}")
        if entry["flag"]:
            tell(f"{style.paint('hint:', style.CYAN, sys.stderr)} {safe.line(entry['flag'])} allows it")
