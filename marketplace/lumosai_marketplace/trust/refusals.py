"""What is said when no rule lets a plugin in: which rule was closest, what it lacked, and the command that would."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Sequence

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.trust.rules import LOCAL, Failure, Request, Rule

_TRUSTING = frozenset({"issuer", "subject", "repository", "repository_id", "owner_id", "workflow", "ref", "instance"})


def no_rule(request: Request, rules: Iterable[Rule]) -> RefusedError:
    """Return the refusal of a plugin that no rule names."""
    near = next((r for r in rules if not any(f.key in _TRUSTING for f in r.failures(request))), None)
    known = f"; the rule {near.label!r} trusts its signer, for other plugins" if near and not _own(request) else ""
    return RefusedError(
        "trust.no-rule",
        f"{request.name} {request.version}: no rule of lumos-trust.toml names it{known}; it is signed by"
        f" {who(request.signer)}",
        hint=_hint(request),
    )


def failed(request: Request, rule: Rule, failures: Sequence[Failure], where: str) -> RefusedError:
    """Return the refusal of a plugin by the rule that came closest."""
    first, *more = failures
    others = f" (nor: {', '.join(f.key for f in more)})" if more else ""
    return RefusedError(
        f"trust.{first.key.replace('_', '-')}",
        f"{request.name} {request.version}: the rule {rule.label!r} ({where}) does not let it in:"
        f" {first.key} {first.why}{others}; it is signed by {who(request.signer)}",
        hint=_hint(request),
    )


def who(signer: Signer) -> str:
    """Return a signer in words."""
    if not signer.repository:
        return f"{signer.subject} (vouched for by {signer.issuer})"
    numbers = f" (repository {signer.repository_id or '?'}, owner {signer.owner_id or '?'})"
    return f"{signer.workflow or signer.subject} of {signer.repository}{numbers} (vouched for by {signer.issuer})"


def _own(request: Request) -> bool:
    return request.name.namespace == LOCAL


def _hint(request: Request) -> str:
    if not _own(request):
        return f"if that is whom you mean: {command(request)}"
    if request.instance != LOCAL:
        return f"{LOCAL}/ is for your own work: sign it yourself, lumos plugin sign"
    return command(request)


def command(request: Request) -> str:
    """Return the command that adds a rule for this plugin by this signer, with what it asks for now, and no more."""
    words = ["lumos", "trust", "add", request.name.screen, *_flags(request)]
    return " ".join(shlex.quote(w) for w in words)


def _flags(request: Request) -> list[str]:
    signer = request.signer
    told = {"--instance": request.instance}
    if not _own(request):
        told |= {"--index": request.index, "--issuer": signer.issuer}
        numbered = bool(signer.repository_id)
        told |= {"--repository": signer.repository if numbered else "", "--repository-id": signer.repository_id}
        told |= {"--owner-id": signer.owner_id, "--workflow": signer.workflow}
        told |= {} if numbered else {"--subject": _plain(signer.subject)}
    told |= {"--runtime": request.runtime if request.runtime != "wasm" else ""}
    told |= {"--max-permissions": json.dumps(request.permissions.to_json(), ensure_ascii=True)}
    return [word for flag, value in told.items() if value for word in (flag, value)]


def _plain(subject: str) -> str:
    """Return a subject as the glob that fits it alone: a star in an address is any one character at most."""
    return subject.replace("*", "?")
