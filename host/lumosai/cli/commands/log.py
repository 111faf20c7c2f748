"""``lumos log``: what was published, for everybody to see."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai.cli.output import say, say_json, tell, warn
from lumosai.cli.parser import Parser, add_json
from lumosai_sdk import safe

if TYPE_CHECKING:
    from lumosai_marketplace.client.index import Index
    from lumosai_marketplace.log.monitor import Monitor, Step
    from lumosai_marketplace.log.note import LogKey
    from lumosai_marketplace.log.seen import Filter, Seen

_EVERY = 60.0
_LEAST = 1.0
_MAX_FILE = 1024 * 1024


def configure(parser: Parser) -> None:
    """Declare the subcommands."""
    parser.describe(["lumos log monitor https://plugins.example.org --root trusted_root.json --once"])
    group = parser.subcommands()
    made = parser.add(
        group,
        "monitor",
        "follow an index's transparency log: check that it only grows, and tell what is new in it",
        [
            "lumos log monitor https://plugins.example.org --root trusted_root.json",
            "lumos log monitor https://plugins.example.org --root trusted_root.json --name 'acme/*' --once",
            "lumos log monitor https://plugins.example.org --key log.pem --identity '*@acme.com' --json",
        ],
    )
    made.add_argument("url", metavar="URL", help="the index")
    trust = made.add_mutually_exclusive_group(required=True)
    trust.add_argument("--root", metavar="FILE", type=Path, help="trusted_root.json, which has the log's key")
    trust.add_argument("--key", metavar="FILE", type=Path, help="the log's public key, PEM")
    made.add_argument("--identity", metavar="PATTERN", action="append", default=[], help="tell only what was signed by")
    made.add_argument("--name", metavar="PATTERN", action="append", default=[], help="tell only of plugins so named")
    made.add_argument("--state", metavar="FILE", type=Path, help="what is remembered (default: in the data folder)")
    made.add_argument("--from-now", action="store_true", help="begin at the log's end, the first time")
    made.add_argument("--once", action="store_true", help="look once, and end")
    made.add_argument(
        "--every", metavar="SECONDS", type=_seconds, default=_EVERY, help=f"look so often (default: {_EVERY:.0f})"
    )
    add_json(made)


def run(arguments: argparse.Namespace) -> int:
    """Do the subcommand. Raises LumosError, of which RefusedError says that the log lies."""
    from lumosai.cli.hosting import run_async
    from lumosai_marketplace.errors import RefusedError

    try:
        return run_async(lambda: _monitor(arguments))
    except RefusedError as e:
        if arguments.json:
            say_json({"type": "refused", **e.to_json()}, indent=None)
        raise


async def _monitor(arguments: argparse.Namespace) -> int:
    from lumosai_marketplace.client.index import Index
    from lumosai_marketplace.log.seen import Filter

    async with Index(arguments.url) as index:
        monitor = _made(arguments, index)
        wanted = Filter(arguments.identity, arguments.name)
        while await _look(monitor, wanted, arguments) or not arguments.once:
            pass
    return 0


async def _look(monitor: Monitor, wanted: Filter, arguments: argparse.Namespace) -> bool:
    """Look once, and tell; return whether there is more to read, or wait for it."""
    from lumosai_marketplace.errors import IndexUnavailableError

    try:
        step = await monitor.step(from_now=arguments.from_now)
    except IndexUnavailableError as e:
        if arguments.once:
            raise
        warn(e.message)
        await asyncio.sleep(arguments.every)
        return True
    _tell(step, wanted, as_json=arguments.json)
    monitor.remember(step)
    if not step.left and not arguments.once:
        await asyncio.sleep(arguments.every)
    return step.left > 0


def _tell(step: Step, wanted: Filter, *, as_json: bool) -> None:
    fitting = [e for e in step.entries if wanted.fits(e)]
    new = step.checkpoint
    if as_json:
        for entry in fitting:
            say_json({"type": "entry", **entry.to_json()}, indent=None)
        head = {"origin": new.origin, "size": new.size, "root": new.root.hex(), "left": step.left}
        say_json({"type": "checkpoint", **head}, indent=None)
    else:
        for entry in fitting:
            say(safe.line(_line(entry)))
        left = f", {step.left} still to read" if step.left else ""
        tell(f"{safe.line(new.origin)}: the log has only grown, to the size {new.size}{left}")
    _flush()


def _flush() -> None:
    import sys

    sys.stdout.flush()  # before the entries are remembered: what was not told has to come again


def _line(seen: Seen) -> str:
    data: dict[str, Any] = seen.to_json()
    signer = data["signer"] or {}
    who = f"{signer['subject']} (by {signer['issuer']})" if signer else "somebody whom the log does not name"
    what = f"{data['name'] or 'a file'} {data['file']}" if data["file"] else "something that the log does not show"
    return f"{data['index']:>8}  {data['at']}  {what}, signed by {who}"


def _made(arguments: argparse.Namespace, index: Index) -> Monitor:
    from lumosai_marketplace.log.monitor import Monitor
    from lumosai_marketplace.log.note import origin_of
    from lumosai_marketplace.log.remote import RemoteLog

    host = origin_of(arguments.url)
    file = arguments.state or _state_file(index.url)
    return Monitor(RemoteLog(index), _keys(arguments, host), host, file)


def _keys(arguments: argparse.Namespace, host: str) -> list[LogKey]:
    import json
    import time

    from lumosai_marketplace.log.note import LogKey, keys_of
    from lumosai_sdk.errors import ConfigError, InputError

    path = arguments.key or arguments.root
    try:
        text = _read(path)
        keys = [LogKey.from_pem(text)] if arguments.key else keys_of(json.loads(text), host, time.time())
    except (ValueError, RecursionError) as e:
        raise ConfigError(f"{path}: not JSON: {e}") from None
    except InputError as e:
        raise ConfigError(f"{path}: {e.message}") from None
    except ImportError:
        from lumosai_sdk.errors import MissingExtraError

        raise MissingExtraError("following a log", "marketplace") from None
    if not keys:
        raise ConfigError(f"{path}: it has no key of a log at {host} that is in force", hint="fetch it anew")
    return keys


def _read(path: Path) -> str:
    from lumosai_sdk.errors import ConfigError

    try:
        with path.open("rb") as f:
            data = f.read(_MAX_FILE + 1)
    except OSError as e:
        raise ConfigError(f"{path}: {e.strerror}") from None
    if len(data) > _MAX_FILE:
        raise ConfigError(f"{path}: larger than {_MAX_FILE} bytes")
    return data.decode(errors="replace")


def _state_file(url: str) -> Path:
    """Return the file for the log of the index at *url*, one each."""
    from hashlib import sha256

    from lumosai.plugins.index import user_data

    return Path(user_data(), "logs", f"{sha256(url.encode()).hexdigest()[:16]}.json")


def _seconds(text: str) -> float:
    value = float(text)
    if not _LEAST <= value <= 86_400:  # noqa: PLR2004 - a day
        raise argparse.ArgumentTypeError(f"{text}: from {_LEAST:.0f} to 86400")
    return value
