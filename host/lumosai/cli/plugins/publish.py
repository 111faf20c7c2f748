"""``lumos plugin publish``: build, sign, upload, and wait until everybody can install it."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai.cli.output import say, say_json
from lumosai.cli.plugins.login import tokens
from lumosai.cli.plugins.market import index_url, refusals
from lumosai.cli.plugins.progress import Steps, steps
from lumosai.cli.plugins.sign import signature, wheel_of
from lumosai.config.load import load

if TYPE_CHECKING:
    from lumosai_marketplace.client.publish import Signed


def run(arguments: argparse.Namespace) -> int:
    """Publish. Raises LumosError."""
    return refusals(arguments, lambda: _publish(arguments))


def _publish(arguments: argparse.Namespace) -> int:
    from lumosai.cli.loops import run_async

    loaded = load(arguments.config)
    url = index_url(loaded, arguments.index)
    with steps("looking", lines=not arguments.json) as told:
        wheel = wheel_of(Path(arguments.what), told)

        async def main() -> Signed:
            signed = await signature(loaded, url, wheel, arguments, told)
            await _send(url, signed, told)
            return signed

        signed = run_async(main)
    name, version = signed.wheel.name, signed.wheel.version
    if arguments.json:
        told_ = {"plugin": name.screen, "version": version, "sha256": signed.wheel.sha256, "index": url}
        say_json({"ok": True, "state": "active", **told_})
    else:
        say(f"{name} {version} is there for everybody: lumos plugin install {name} --index {url}")
    return 0


async def _send(url: str, signed: Signed, told: Steps) -> None:
    from lumosai_marketplace.client import publish
    from lumosai_marketplace.client.index import Index

    async with Index(url) as index:
        told("uploading")
        await publish.upload(url, await publish.upload_token(index, tokens()), signed)
        told("waiting until it is there: the index looks at it first")
        await publish.follow(index, signed.wheel.name, signed.wheel.version, signed.wheel.sha256)
