"""From the claims of a token to those of a certificate (Fulcio's ``oid-info.md``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lumosai_marketplace.authority.claims import Claims, is_email
from lumosai_marketplace.authority.issuers import TrustedIssuer
from lumosai_sdk.errors import UnauthenticatedError

_REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,20}", re.ASCII)
_WORKFLOW = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+/[^@\s]+@[^@\s]+")
_PLAIN = {
    "build_signer_digest": "job_workflow_sha",
    "runner_environment": "runner_environment",
    "source_repository_digest": "sha",
    "source_repository_ref": "ref",
    "source_repository_identifier": "repository_id",
    "source_repository_owner_identifier": "repository_owner_id",
    "build_config_digest": "workflow_sha",
    "build_trigger": "event_name",
    "source_repository_visibility": "repository_visibility",
}


def to_claims(token: Mapping[str, Any], issuer: TrustedIssuer) -> Claims:
    """Return what a certificate says of a verified *token*. Raises UnauthenticatedError, InputError."""
    return _github(token, issuer) if issuer.kind == "github" else _person(token, issuer)


def _person(token: Mapping[str, Any], issuer: TrustedIssuer) -> Claims:
    email = token.get("email")
    if not isinstance(email, str) or not is_email(email):
        raise UnauthenticatedError("the identity token names no e-mail address that a certificate can carry")
    if token.get("email_verified") is not True:
        raise UnauthenticatedError("the identity token's e-mail address is not verified by its issuer")
    return Claims(issuer.url, email, challenge=email)


def _github(token: Mapping[str, Any], issuer: TrustedIssuer) -> Claims:
    """Read a workflow's token: by what it says of itself, and never by its name alone.

    The numbers of repository and owner have to be there: names can be registered anew by somebody else.
    """
    repository = _text(token, "repository", _REPOSITORY)
    _text(token, "repository_id", _NUMBER)
    _text(token, "repository_owner_id", _NUMBER)
    owner = _text(token, "repository_owner")
    if repository.split("/", 1)[0] != owner:
        raise UnauthenticatedError("the identity token's repository is not its owner's")
    signer = f"{issuer.server}/{_text(token, 'job_workflow_ref', _WORKFLOW)}"
    details = {name: _text(token, claim) for name, claim in _PLAIN.items() if claim in token}
    details |= {
        "build_signer_uri": signer,
        "source_repository_uri": f"{issuer.server}/{repository}",
        "source_repository_owner_uri": f"{issuer.server}/{owner}",
    }
    if "workflow_ref" in token:
        details["build_config_uri"] = f"{issuer.server}/{_text(token, 'workflow_ref', _WORKFLOW)}"
    if "run_id" in token:
        run, attempt = _text(token, "run_id", _NUMBER), _text(token, "run_attempt", _NUMBER)
        details["run_invocation_uri"] = f"{issuer.server}/{repository}/actions/runs/{run}/attempts/{attempt}"
    return Claims(issuer.url, signer, details, challenge=_text(token, "sub"))


def _text(token: Mapping[str, Any], claim: str, pattern: re.Pattern[str] | None = None) -> str:
    found = token.get(claim)
    if not isinstance(found, str) or not found or (pattern is not None and not pattern.fullmatch(found)):
        raise UnauthenticatedError(f"the identity token's claim {claim} is not what a workflow's is")
    return found
