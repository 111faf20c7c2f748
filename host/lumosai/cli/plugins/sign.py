"""``lumos plugin sign``: your name under a wheel."""

from __future__ import annotations

import argparse
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai.cli.output import say, say_json, warn
from lumosai.cli.plugins.login import tokens
from lumosai.cli.plugins.market import index_url, market_of, refusals
from lumosai.cli.plugins.progress import Steps, steps
from lumosai.config.load import Loaded, load
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from lumosai_marketplace.client.publish import Origin, Signed
    from lumosai_marketplace.client.source import Trust

_GIT_SECONDS = 10
_MAX_TOKEN = 16 * 1024


def run(arguments: argparse.Namespace) -> int:
    """Sign a wheel, built before if a folder is named. Raises LumosError."""
    return refusals(arguments, lambda: _sign(arguments))


def _sign(arguments: argparse.Namespace) -> int:
    from lumosai.cli.loops import run_async

    loaded = load(arguments.config)
    if arguments.local:
        return _own(loaded, arguments)
    url = index_url(loaded, arguments.index)
    with steps("looking", lines=not arguments.json) as told:
        wheel = wheel_of(Path(arguments.what), told)
        signed = run_async(lambda: signature(loaded, url, wheel, arguments, told))
    if arguments.json:
        say_json({"ok": True, "wheel": str(wheel), "sha256": signed.wheel.sha256, "plugin": signed.wheel.name.screen})
    else:
        say(f"signed {wheel.name}; the attestations lie beside it")
    return 0


def _own(loaded: Loaded, arguments: argparse.Namespace) -> int:
    """Sign it for this machine alone; the signature is kept here, and found when the wheel is installed."""
    from lumosai_marketplace.client.own import folder_of
    from lumosai_marketplace.own.install import sign_wheel

    if arguments.index or arguments.token:
        raise InputError("--local signs with keys of this machine: there is neither an index nor a token to it")
    folder = folder_of(market_of(loaded))
    with steps("looking", lines=not arguments.json) as told:
        path = wheel_of(Path(arguments.what), told)
        told("signing")
        wheel, own = sign_wheel(folder, path)
    if arguments.json:
        known = {"wheel": str(path), "sha256": wheel.sha256, "plugin": wheel.name.screen}
        say_json({"ok": True, **known, "signer": own.signer.to_json()})
    else:
        say(f"signed {path.name}, as you, on this machine; to install it: lumos plugin install {_as_path(path)}")
    return 0


def _as_path(path: Path) -> str:
    return str(path) if path.is_absolute() else f"./{path}"


def wheel_of(what: Path, told: Steps) -> Path:
    """Return the wheel that is meant, built of the folder that is named. Raises InputError, BuildError."""
    if what.suffix == ".whl":
        return what
    if not what.is_dir():
        raise InputError(f"{what} is neither a wheel nor a folder")
    from lumosai.cli.plugins.making import make

    told("building")
    built = make(what, None, told).wheel
    if built is None:
        raise InputError(f"{what}: no wheel was built")
    return built


async def signature(loaded: Loaded, url: str, wheel: Path, arguments: argparse.Namespace, told: Steps) -> Signed:
    """Return the wheel signed: as it was before, if that holds, or now. Raises LumosError."""
    import asyncio

    from lumosai_marketplace.client import publish
    from lumosai_marketplace.client.keeper import Keeper

    told("asking whom to trust")
    trust: Trust = await Keeper(market_of(loaded)).refresh(url)
    if (before := await asyncio.to_thread(publish.signed_before, wheel, trust)) is not None:
        return before
    told("asking who you are")
    if (given := _given(arguments.token)) is not None:
        audience = await asyncio.to_thread(_audience_of, given, trust)
        return await asyncio.to_thread(publish.sign, wheel, trust, given, origin(wheel.parent), audience=audience)
    token = await publish.identity_token(trust, tokens())
    told("signing")
    return await asyncio.to_thread(publish.sign, wheel, trust, token, origin(wheel.parent))


def _audience_of(token: str, trust: Trust) -> str | None:
    """Return for whom a token is that its owner wants to sign with, and warn where that is not the index's instance."""
    from lumosai_marketplace.client.publish import signing_audience
    from lumosai_marketplace.trust.signing import audience_of

    told, wanted = audience_of(token), signing_audience(trust)
    if told is not None and told != wanted:
        warn(
            f"the token is for {told[:200]!r}, and not for {wanted!r}: whoever gets it can use it where such count;"
            f" let the step that gets it ask for the audience {wanted}"
        )
    return told


def _given(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        with Path(path).open(encoding="ascii") as f:
            return f.read(_MAX_TOKEN).strip()
    except (OSError, UnicodeDecodeError) as e:
        raise InputError(f"{path}: no identity token can be read there: {e}") from None


def origin(folder: Path) -> Origin:
    """Return where the sources are, if git knows."""
    from lumosai_marketplace.client.publish import Origin

    remote, commit = _git(folder, "remote", "get-url", "origin"), _git(folder, "rev-parse", "HEAD")
    public = remote.startswith("https://") and "@" not in remote
    return Origin(remote.removesuffix(".git"), commit) if public and commit else Origin()


def _git(folder: Path, *words: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - git, and words of our own
            ["git", *words],  # noqa: S607 - whichever git its owner uses
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
