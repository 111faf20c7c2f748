"""``lumos plugin info NAMESPACE/NAME``: what an index tells of a plugin that is not installed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from lumosai.cli.output import pairs, say_json
from lumosai.cli.plugins.market import market_of, with_session
from lumosai.config.load import load
from lumosai_sdk import safe
from lumosai_sdk.errors import LumosError

if TYPE_CHECKING:
    from lumosai_marketplace.client.index import Index
    from lumosai_marketplace.client.page import File, Project
    from lumosai_marketplace.client.session import Session
    from lumosai_marketplace.names import Name

_MOST, _WIDEST = 20, 300
_TOLD = ("version", "summary", "runtime", "risk", "signer", "rights", "contributions", "log_index", "advisories")


def delivered_as(arguments: argparse.Namespace) -> str | None:
    """Return the name in this host of a plugin of a marketplace, None where it is not installed. Raises LumosError."""
    from lumosai_marketplace.names import Name

    name = Name.parse(arguments.name)
    return name.plugin if name in market_of(load(arguments.config)).read_lock().plugins else None


def tell_offered(arguments: argparse.Namespace) -> int:
    """Show what the index offers: its word, until it is verified at the install. Raises LumosError."""
    return with_session(arguments, _tell)


async def _tell(session: Session, arguments: argparse.Namespace) -> int:
    from lumosai_marketplace.names import Name

    name = Name.parse(arguments.name)
    url = session.market.index_of(name, None, arguments.index)
    project = await session.index(url).project(name)
    latest = await _latest(session.index(url), name)
    if arguments.json:
        say_json(_as_json(name, url, project, latest))
    else:
        _show(name, url, project, latest, f"{name} --index {url}" if arguments.index else f"{name}")
    return 0


async def _latest(index: Index, name: Name) -> dict[str, Any]:
    """Return what the index tells of the newest version, its advisories with it.

    An index of another kind has no such answer.
    """
    try:
        told = await index.plugin(name)
    except LumosError:
        return {}
    latest = told.get("latest")
    return {**latest, "advisories": told.get("advisories")} if isinstance(latest, dict) else {}


def _as_json(name: Name, url: str, project: Project, latest: dict[str, Any]) -> dict[str, Any]:
    files = _newest_first(project)
    versions = [{"version": str(f.version), "file": f.filename, "sha256": f.sha256, "size": f.size} for f in files]
    return {
        "plugin": name.screen,
        "installed": False,
        "status": project.status,
        "reason": project.reason,
        "index": url,
        "versions": versions,
        "yanked": {str(f.version): f.yanked for f in files if f.yanked is not None},
        "notices": _objects(latest, "notices"),
        "latest": {k: latest[k] for k in _TOLD if k in latest},
    }


def _show(name: Name, url: str, project: Project, latest: dict[str, Any], wanted: str) -> None:
    told = [("plugin", f"{name} {_text(latest, 'version')}".strip()), ("about", _text(latest, "summary"))]
    told += [("state", "not installed"), ("index", f"{url}, which says: {_status(project)}")]
    told += [("signer", _signer(latest.get("signer")))]
    told += [("gives", _gives(_objects(latest, "contributions"))), ("may", _may(latest))]
    told += [("advisory", _advisory(a)) for a in _objects(latest, "advisories") if not a.get("withdrawn")]
    told += [("beware", _warning(n)) for n in _objects(latest, "notices") if n.get("level") != "info"]
    told += [("versions", _versions(project))]
    told += [("install", f"lumos plugin install {wanted}\nwhich verifies it and asks you")]
    pairs([(label, text) for label, text in told if text])


def _signer(signer: Any) -> str:
    if not isinstance(signer, dict):
        return ""
    who, issuer = _text(signer, "repository") or _text(signer, "subject"), _text(signer, "issuer")
    return f"{who}, says {issuer}" if who and issuer else who


def _gives(contributions: list[dict[str, Any]]) -> str:
    return "\n".join(f"{_text(c, 'kind')} {_text(c, 'id')}" for c in contributions)


def _may(latest: dict[str, Any]) -> str:
    """Return a line for each right that it asks for: what it asks for in truth is verified by the install."""
    if _text(latest, "runtime") == "python":
        return "do all that you may: it is Python, in the host's process"
    rights = [f"{_text(r, 'words')} ({_text(r, 'risk')} risk)" for r in _objects(latest, "rights")]
    return "\n".join(rights) or ("do nothing but compute" if "rights" in latest else "")


def _versions(project: Project) -> str:
    files = _newest_first(project)
    told = [
        f"{f.version} (yanked: {safe.line(f.yanked)[:80]})" if f.yanked is not None else f"{f.version}" for f in files
    ]
    more = [f"and {len(told) - _MOST} more"] if len(told) > _MOST else []
    return ", ".join([*told[:_MOST], *more])


def _newest_first(project: Project) -> list[File]:
    return sorted(project.files, key=lambda f: f.version, reverse=True)


def _objects(told: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = told.get(key)
    return [o for o in found if isinstance(o, dict)][:_MOST] if isinstance(found, list) else []


def _text(told: dict[str, Any], key: str) -> str:
    found = told.get(key)
    return safe.line(found)[:_WIDEST] if isinstance(found, str) else ""


def _advisory(advisory: dict[str, Any]) -> str:
    return f"{_text(advisory, 'id')} ({_text(advisory, 'severity')}): {_text(advisory, 'summary')}"


def _warning(notice: dict[str, Any]) -> str:
    """Return what the index says of a text of the plugin that tells people, or agents, to do something."""
    return safe.line(f"{notice.get('where', 'a text')}: {notice.get('words', '')}: {notice.get('text', '')!r}")[:400]


def _status(project: Project) -> str:
    return f"{project.status}{': ' + safe.line(project.reason) if project.reason else ''}"
