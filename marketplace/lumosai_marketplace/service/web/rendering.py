"""Templates into pages: everything in them is escaped, and nothing runs or loads but this service's own files."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from fastapi.responses import HTMLResponse

from lumosai_marketplace.service.api.showing import homepage
from lumosai_marketplace.service.search.catalogue import KINDS
from lumosai_marketplace.service.web import assets, schemas
from lumosai_marketplace.service.web.visible import visible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

    from lumosai_marketplace.service.state import Service
    from lumosai_sdk.errors import LumosError

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_KIB = 1024.0
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_WEEKS, _MONTH, _YEAR = 14 * _DAY, 60 * _DAY, 365 * _DAY
KIND_WORDS: Final = {
    "tool": "Tools", "provider": "Model providers", "storage": "Storage", "monitor": "Monitors", "step": "Steps",
    "processor": "Processors", "route": "Routes", "command": "Commands", "panel": "Panels", "auth": "Sign-in",
    "memory": "Memories", "vectors": "Vector stores", "scorer": "Scorers",
}  # fmt: skip
PERMISSION_WORDS: Final = {
    "http": "Web requests", "files": "Files", "env": "Environment", "secrets": "Secrets", "models": "Models",
    "tools": "Other tools", "kv": "Small values", "clock": "Clock", "random": "Random numbers",
}  # fmt: skip
RISK_WORDS: Final = {"low": "Low risk", "medium": "Medium risk", "high": "High risk"}


def page(service: Service, template: str, code: int = 200, /, **values: Any) -> HTMLResponse:
    """Return a page."""
    now = service.clock()
    shared = {
        "title": service.settings.title,
        "url": service.settings.url,
        "now": now,
        "has_log": service.log is not None,
    }
    html = environment().get_template(template).render({**shared, **values})
    return HTMLResponse(html, code, {"content-security-policy": POLICY, "cache-control": "no-cache"})


def wrong(service: Service, error: LumosError) -> HTMLResponse:
    """Return the page of what went wrong, where that is for who asks to know."""
    status = int(getattr(error, "answer", error.status))
    return page(service, "error.html", status, status=status, error=error)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """Return where templates are found and what they may use."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    made = Environment(
        loader=PackageLoader("lumosai_marketplace.service.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        finalize=_finalized,
    )
    made.globals |= {
        "asset": assets.address,
        "kinds": {k: KIND_WORDS[k] for k in KINDS},
        "permissions": PERMISSION_WORDS,
        "risks": RISK_WORDS,
        "query": query,
        "without": without,
        "schema_rows": schemas.rows,
    }
    made.filters |= {
        "https": lambda text: homepage({"homepage": text}),
        "json": schemas.pretty,
        "bare": bare,
        "size": size,
        "number": number,
        "date": date,
        "iso": iso,
        "ago": ago,
        "proof": proof,
        "short": short,
    }
    return made


def _finalized(value: Any) -> Any:
    """Return what a template puts into a page; a text hides nothing, unless it is HTML that was made safe before."""
    return visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value


def query(values: Mapping[str, Any]) -> str:
    """Return the query of an address, without what is empty."""
    pairs = [(k, v) for k, v in values.items() if v not in {None, ""} and v != ()] if values else []
    text = urlencode(pairs, doseq=True)
    return f"?{text}" if text else ""


def without(values: Mapping[str, Any], name: str, value: Any = None) -> dict[str, Any]:
    """Return the parts of a query but one, or but one value of it; and from its first page again."""
    left = {k: v for k, v in values.items() if k != "page"}
    if value is None:
        left.pop(name, None)
    else:
        left[name] = tuple(v for v in left[name] if v != value)
    return left


def size(count: int) -> str:
    """Return bytes as people say them."""
    value = float(count)
    for unit in ("B", "KiB", "MiB"):
        if value < _KIB:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= _KIB
    return f"{value:.1f} GiB"


def number(count: int) -> str:
    """Return a number with its thousands apart."""
    return f"{count:,}".replace(",", "\u202f")


def date(seconds: float) -> str:
    """Return a day: ``3 Nov 2026``."""
    found = datetime.fromtimestamp(seconds, UTC)
    return f"{found.day} {found.strftime('%b %Y')}"


def iso(seconds: float) -> str:
    """Return a time for machines."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(seconds: float, now: float) -> str:
    """Return how long ago it was."""
    gone = max(0.0, now - seconds)
    if gone < _HOUR:
        return "just now" if gone < 2 * _MINUTE else f"{gone / _MINUTE:.0f} minutes ago"
    if gone < 2 * _DAY:
        return f"{gone / _HOUR:.0f} hours ago"
    if gone < _WEEKS:
        return f"{gone / _DAY:.0f} days ago"
    if gone < _MONTH:
        return f"{gone / _DAY / 7:.0f} weeks ago"
    if gone < 2 * _YEAR:
        return f"{gone / _YEAR * 12:.0f} months ago"
    return f"{gone / _YEAR:.0f} years ago"


def proof(text: str) -> str:
    """Return how a namespace was proven, in words."""
    method, _, target = text.partition(":")
    if method == "admin":
        return "approved by the operators of this index"
    if method == "dns":
        return f"owner of the domain {target}"
    return f"owner of {target} on {method}" if target else "not proven"


def short(digest: str) -> str:
    """Return the beginning of a hash."""
    return digest[:12]


def bare(address: str) -> str:
    """Return an address as people say it."""
    return address.removeprefix("https://").rstrip("/")
