"""What an upload has to be: a plugin's wheel, signed twice by a registered publisher, and as the signature says."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.service.db.models import Publisher
from lumosai_marketplace.service.judging import Judges
from lumosai_marketplace.service.multipart import Form
from lumosai_marketplace.service.publishers import matches
from lumosai_marketplace.statement import PLUGIN, PUBLISH, PluginFacts
from lumosai_marketplace.trust.verify import Verified
from lumosai_marketplace.wheels.wheel import Wheel, read_wheel
from lumosai_sdk.errors import InputError
from lumosai_sdk.jsontext import bounded_json

SIGN = "lumos plugin sign, then lumos plugin publish"
MAX_FACTS = 32 * 1024
"""Bytes of plugin/v1 as JSON: a page about a plugin reads those of all its versions."""
_FEWER = "ask for fewer permissions"
_DEPTH, _WEIGHT = 24, 20_000


def check_form(form: Form) -> bytes:
    """Return the file's bytes. Raises InputError for a form that is no upload of a wheel."""
    for name, wanted in ((":action", "file_upload"), ("protocol_version", "1")):
        if form.one(name) != wanted:
            raise InputError(f"the field {name} of an upload is {wanted!r}")
    if form.content is None:
        raise InputError("the upload has no file")
    if form.one("filetype") != "bdist_wheel":
        raise RefusedError(
            "guard.wheel", "plugins are wheels: no sdists, eggs or installers", hint="lumos plugin build"
        )
    said = form.one("sha256_digest")
    if said and said.lower() != hashlib.sha256(form.content).hexdigest():
        raise RefusedError("guard.digest", "the file is not the one that the upload's sha256_digest is of")
    return form.content


def read(form: Form, data: bytes, *, native: bool) -> Wheel:
    """Read the wheel. Raises RefusedError ``guard.*``. Takes a while: call it in a thread."""
    wheel = read_wheel(form.filename, data, native=native)
    for name, found in (("name", wheel.name.wire), ("version", wheel.version)):
        said = form.one(name)
        if said and _normal(name, said) != found:
            raise RefusedError("guard.name", f"the upload says {name} {said[:80]!r}, and the wheel {found!r}")
    texts = (wheel.readme, wheel.manifest_text, str(wheel.core))
    if any("\0" in t for t in texts):
        raise RefusedError("guard.metadata", "the metadata hold a NUL character")
    return wheel


def _normal(field: str, text: str) -> str:
    from packaging.utils import canonicalize_name
    from packaging.version import InvalidVersion, Version

    if field == "name":
        return str(canonicalize_name(text))
    try:
        return str(Version(text))
    except InvalidVersion:
        return text


def attestations(form: Form) -> Sequence[Mapping[str, Any]]:
    """Return the attestations that came along. Raises RefusedError ``signature.missing``, InputError."""
    text = form.one("attestations")
    if not text:
        raise RefusedError("signature.missing", "the upload is not signed (lumos plugin sign)", hint=SIGN)
    try:
        found = bounded_json(text, depth=_DEPTH, weight=_WEIGHT)
    except (ValueError, RecursionError) as e:
        raise InputError(f"the field attestations is no JSON: {str(e)[:200]}") from None
    if not isinstance(found, list) or not all(isinstance(a, dict) for a in found):
        raise InputError("the field attestations is no list of attestations (PEP 740)")
    if len(found) != 2:  # noqa: PLR2004
        raise RefusedError(
            "signature.missing",
            f"a plugin has two attestations, of the types {PUBLISH} and {PLUGIN}: there are {len(found)}",
            hint=SIGN,
        )
    return found


def verify(judges: Judges, wheel: Wheel, given: Sequence[Mapping[str, Any]]) -> Verified:
    """Verify both attestations; return plugin/v1. Raises RefusedError ``signature.*``. Call it in a thread."""
    found = {v.statement.predicate_type: v for v in (judges.verify(a, wheel.filename, wheel.sha256) for a in given)}
    if set(found) != {PUBLISH, PLUGIN}:
        types = ", ".join(sorted(t[:80] for t in found))
        raise RefusedError("signature.missing", f"the attestations are of the types {types}", hint=SIGN)
    if found[PUBLISH].signer != found[PLUGIN].signer:
        raise RefusedError("signature.signers", "the two attestations are signed by different people or runs")
    _check_facts(wheel, found[PLUGIN])
    return found[PLUGIN]


def _check_facts(wheel: Wheel, verified: Verified) -> None:
    """Compare what was signed with what the wheel is: the permissions that people are shown are its manifest's."""
    signed, facts = verified.facts, wheel.facts
    if signed is None:
        raise RefusedError("signature.statement", "the attestation of plugin/v1 says nothing of the plugin")
    for name in ("name", "version", "runtime", "api", "permissions", "wasm_sha256", "world"):
        if getattr(signed, name) != getattr(facts, name):
            raise RefusedError(
                "signature.facts", f"the signature says another {name} of {wheel.filename} than its manifest", hint=SIGN
            )
    if len(json.dumps(signed.to_json())) > MAX_FACTS:
        raise RefusedError(
            "signature.facts", f"what is signed of {wheel.filename} has more than {MAX_FACTS} bytes", hint=_FEWER
        )
    _check_source(signed, verified)


def _check_source(signed: PluginFacts, verified: Verified) -> None:
    """A workflow cannot claim another repository's source than the one that its certificate names."""
    signer = verified.signer
    for said, known, what in (
        (signed.repository, signer.repository, "repository"),
        (signed.commit, signer.commit, "commit"),
    ):
        if said and known and said.rstrip("/") != known.rstrip("/"):
            raise RefusedError("signature.source", f"the signature claims a {what} that is not the signer's")


def check_publisher(verified: Verified, registered: Sequence[Publisher], wheel: Wheel) -> None:
    """Refuse a signature by anybody who is not registered for this plugin: ``trust.publisher``."""
    if any(matches(publisher, verified.signer) for publisher in registered):
        return
    signer = verified.signer
    who = f"{signer.repository} {signer.workflow} {signer.ref}".strip() or signer.subject
    raise RefusedError(
        "trust.publisher",
        f"{who} is not registered as a publisher of {wheel.name}",
        hint=f"whoever owns the namespace can change that: lumos marketplace publisher add {wheel.name.namespace} …",
    )
