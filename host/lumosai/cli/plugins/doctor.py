"""``lumos plugin doctor``: is what the host believes of its plugins true, and do they load?"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from tempfile import TemporaryFile
from typing import IO, Any

from lumosai.cli import style
from lumosai.cli.exits import FAILURE, OK
from lumosai.cli.output import say, say_json, tell
from lumosai.cli.plugins.info import grant_lines
from lumosai.cli.words import counted
from lumosai.config.load import Loaded, load
from lumosai.config.model import PluginConfig
from lumosai.plugins import index
from lumosai.plugins.build import build
from lumosai.plugins.index import Record
from lumosai.plugins.listing import contributions, why_off
from lumosai.plugins.revoking import stale
from lumosai.plugins.settings import granted, plugin_grant
from lumosai_sdk.errors import ConfigError, MissingExtraError, NotFoundError

_SECONDS = 60
_AT_ONCE = 2
_LAST_WORDS = 300
_MAX_ANSWER = 1024 * 1024


def run(arguments: argparse.Namespace) -> int:
    """Examine plugins; the exit code tells whether something is broken. Raises ConfigError, NotFoundError."""
    loaded = load(arguments.config)
    records, general = _index(loaded)
    general += list(_unknown_tables(loaded, records)) + list(_clashes(records))
    old = stale(records, loaded.delivered)
    refused = old if loaded.config.marketplace.stale == "refuse" else {}
    general += [_remark(why, broken=bool(refused)) for why in old.values()]
    chosen = _chosen(records, arguments.names)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        reports = list(pool.map(lambda r: _examine(r, loaded, refused, deep=arguments.deep), chosen))
    broken = [r for r in reports if r["problems"]]
    ok = not broken and not any(g["broken"] for g in general)
    if arguments.json:
        say_json({"ok": ok, "index": general, "plugins": reports})
    else:
        _show(reports, general, len(broken))
    return OK if ok else FAILURE


def _chosen(records: list[Record], names: Sequence[str]) -> list[Record]:
    """Return the records of the plugins that are asked for, all if none is. Raises NotFoundError."""
    known = {r["name"] for r in records}
    for name in names:
        if name not in known:
            raise NotFoundError("plugin", name, sorted(known), hint="lumos plugin list")
    return [r for r in records if not names or r["name"] in names]


def _index(loaded: Loaded) -> tuple[list[Record], list[dict[str, Any]]]:
    """Return the records of a fresh look, and where index, fresh look and importlib.metadata disagree."""
    from importlib.metadata import entry_points

    paths, delivered = loaded.plugin_paths, loaded.delivered
    known = index.load(paths, delivered=delivered)
    found = index.discover(paths)
    records = build(index.cache_path(delivered), found, delivered)
    out = []
    if known != records:
        out.append(_remark("the index was stale; it has been written anew", broken=False))
    declared = {(e.name, e.value) for e in entry_points(group="lumosai.plugins")}
    seen = {(name, package) for name, package, _, folder in found if not folder}
    out += [_remark(f"{n} = {p}: installed, but the index does not see it") for n, p in sorted(declared - seen)]
    out += [_remark(f"{n} = {p}: in the index, but importlib.metadata has none") for n, p in sorted(seen - declared)]
    return records, out


def _remark(text: str, *, broken: bool = True) -> dict[str, Any]:
    return {"broken": broken, "text": text}


def _unknown_tables(loaded: Loaded, records: list[Record]) -> Iterator[dict[str, Any]]:
    names = {r["name"] for r in records}
    for name in loaded.config.plugins:
        if name not in names:
            yield _remark(f"{loaded.path}: [plugins.{name}] is about a plugin that is not installed", broken=False)


def _clashes(records: list[Record]) -> Iterator[dict[str, Any]]:
    """Yield what cannot be reached: commands of one word, tools of one name for models."""
    from lumosai.cli.table import COMMANDS

    words: dict[str, str] = dict.fromkeys(COMMANDS, "lumos itself")
    names: dict[str, str] = {}
    for kind, c in (pair for r in records if "error" not in r for pair in contributions(r)):
        if kind == "command":
            word = c["id"].rpartition(".")[2]
            if (owner := words.setdefault(word, c["id"])) != c["id"]:
                yield _remark(f"the command {c['id']} cannot be called: {word!r} is {owner}'s")
        elif kind == "tool":
            name = c["id"].replace(".", "_")
            if (owner := names.setdefault(name, c["id"])) != c["id"]:
                yield _remark(f"models see {c['id']} and {owner} under one name, {name!r}", broken=False)


def _examine(record: Record, loaded: Loaded, refused: dict[str, str], *, deep: bool) -> dict[str, Any]:
    name, config = record["name"], loaded.config.plugins.get(record["name"], PluginConfig())
    out: dict[str, Any] = {"name": name, "state": "fine", "problems": [], "notes": []}
    if "error" in record:
        return {**out, "state": "broken", "problems": [_problem("manifest", record["error"], "manifest")]}
    if why_off(record, enabled=config.enabled, safe_mode=loaded.config.host.safe_mode, refused=refused):
        return {**out, "state": "off"}
    missing = plugin_grant(record, granted(record, config)).missing
    if missing:
        out["notes"].append(f"asks for what is not granted: {'; '.join(grant_lines(name, missing)[1:])}")
    problems = _probe(record, config, loaded, deep=deep)
    if index.is_built_in(record):
        # All built-in plugins come along; an extra that nobody installed is a choice, not a fault, and so is a plugin
        # that nobody has told what it needs.
        choices = {MissingExtraError.code} | (set() if config.settings else {ConfigError.code})
        wanted = dict.fromkeys(p["hint"] for p in problems if p["code"] in choices)
        out["notes"] += [f"to use it: {hint}" for hint in wanted]
        problems = [p for p in problems if p["code"] not in choices]
    return {**out, "state": "broken" if problems else "fine", "problems": problems}


def _probe(record: Record, config: PluginConfig, loaded: Loaded, *, deep: bool) -> list[dict[str, str]]:
    asked: dict[str, Any] = {"record": record, "settings": config.settings, "grant": granted(record, config).to_json()}
    asked["base"] = str(loaded.base)
    if record["runtime"] == "wasm":
        held = {"tier": config.tier, "limits": config.limits.model_dump(), "settings": {}}
        asked |= {"sandbox": loaded.config.sandbox.model_dump(mode="json"), "plugin": held, "deep": deep}
    # -P: the folder it is called in is no place to import from.
    command = [sys.executable, "-P", "-m", "lumosai.cli.plugins.probe"]
    # Files rather than pipes: what a plugin pours out is not collected in memory.
    with TemporaryFile() as out, TemporaryFile() as err:
        try:
            done = subprocess.run(  # noqa: S603 - this interpreter, our own module
                command, input=json.dumps(asked).encode(), stdout=out, stderr=err, timeout=_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            return [_problem("loading", f"not done in {_SECONDS} s", "plugin_timeout")]
        try:
            found: list[dict[str, str]] = json.loads(_tail(out, _MAX_ANSWER))
        except ValueError:
            said = _tail(err, _LAST_WORDS).decode(errors="replace").strip() or "it said nothing"
            return [_problem("loading", f"the process died (exit {done.returncode}): {said}", "plugin_load")]
        return found


def _tail(file: IO[bytes], size: int) -> bytes:
    file.seek(max(file.seek(0, os.SEEK_END) - size, 0))
    return file.read(size)


def _problem(what: str, why: str, code: str) -> dict[str, str]:
    return {"what": what, "why": why, "hint": "", "code": code}


def _show(reports: list[dict[str, Any]], general: list[dict[str, Any]], broken: int) -> None:
    from lumosai_sdk import safe

    marks = {"fine": ("✓", style.GREEN), "off": ("-", style.DIM), "broken": ("✗", style.RED)}
    for report in reports:
        mark, code = marks[report["state"]]
        say(f"{style.paint(mark, code)} {safe.line(report['name'])}{' (off)' if report['state'] == 'off' else ''}")
        for problem in report["problems"]:
            say(f"    {safe.line(problem['what'])}: {safe.line(problem['why'])}")
            if problem["hint"]:
                say(f"    {style.paint('hint:', style.CYAN)} {safe.line(problem['hint'])}")
        for note in report["notes"]:
            say(style.paint(f"    {safe.line(note)}", style.DIM))
    for remark in general:
        say(f"{style.paint('✗', style.RED) if remark['broken'] else '!'} {safe.line(remark['text'])}")
    sys.stdout.flush()
    tell(f"{counted(len(reports), 'plugin')}, {broken} broken")
