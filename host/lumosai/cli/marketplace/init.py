"""``lumos marketplace init``: from nothing to an index that can be served."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

from lumosai.cli.marketplace.operating import settings_of
from lumosai.cli.output import pairs, say, say_json
from lumosai_sdk.errors import ConfigError


def run(arguments: argparse.Namespace) -> int:
    """Write settings if there are none, and make what they need. What is there stays. Raises LumosError."""
    from lumosai.cli.hosting import run_async
    from lumosai_marketplace.service.initialize import initialize

    written = _write(arguments)
    settings = settings_of(arguments)
    made = run_async(lambda: initialize(settings))
    digest = hashlib.sha256(made.root).hexdigest()
    root = settings.folder / "tuf" / "repository" / "1.root.json"
    if arguments.json:
        say_json(
            {"url": settings.url, "data": str(made.folder), "made": made.made, "root": str(root), "sha256": digest}
        )
        return 0
    pairs(
        [
            *([("settings", str(written))] if written else []),
            ("url", settings.url),
            ("data", str(made.folder)),
            ("made", ", ".join(made.made) or "nothing: it was all there"),
            ("root", str(root)),
            ("sha256", digest),
        ]
    )
    say("\nClients know this index by that root.\nNext: lumos marketplace user add EMAIL, lumos marketplace serve")
    return 0


def _write(arguments: argparse.Namespace) -> Path | None:
    """Write marketplace.toml, unless there is one; return it when it was written."""
    from lumosai_marketplace.service.loading import FILE_NAME

    path = Path(arguments.config or FILE_NAME)
    given = {"url": arguments.url, "data": arguments.data, "passphrase": arguments.passphrase}
    if path.exists():
        if any(given.values()):
            raise ConfigError(
                f"{path} is there already", hint=f"change it there: {', '.join(k for k in given if given[k])}"
            )
        return None
    try:
        with path.open("x", encoding="utf-8") as f:
            f.write(_text(given))
    except OSError as e:
        raise ConfigError(f"{path}: {e.strerror}") from None
    return path


def _text(given: dict[str, str | None]) -> str:
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment("An index of plugins. Each key can also be set by MARKETPLACE__SECTION__KEY."))
    if given["url"]:
        document["url"] = given["url"]
    document["data"] = given["data"] or "marketplace-data"
    if given["passphrase"]:
        trust = tomlkit.table()
        trust["passphrase"] = given["passphrase"]
        document["trust"] = trust
    return tomlkit.dumps(document)
