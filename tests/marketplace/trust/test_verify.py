# ruff: noqa: PLR2004
from __future__ import annotations

import json
import time
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from tests.marketplace.trust.making import (
    DESCRIBED,
    FILENAME,
    GITHUB,
    PERSON,
    PUBLISHED,
    REF,
    REPOSITORY,
    SHA256,
    WORKFLOW,
    Instance,
    ago,
    workflow,
)

from lumosai_marketplace.authority.claims import Claims
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.statement import PUBLISH, Statement
from lumosai_marketplace.trust.certificates import signer_of
from lumosai_marketplace.trust.roots import Roots
from lumosai_marketplace.trust.verify import Verifier


def test_what_is_signed_is_told(instance: Instance, verifier: Verifier) -> None:
    found = verifier.verify(instance.attestation(DESCRIBED, workflow()), FILENAME, SHA256)
    assert found.statement == DESCRIBED
    assert found.signer == Signer(
        issuer=GITHUB,
        subject=f"{REPOSITORY}/{WORKFLOW}@{REF}",
        repository=REPOSITORY,
        repository_id="123",
        owner_id="45",
        workflow=WORKFLOW,
        ref=REF,
        commit="c0ffee" * 6 + "c0ff",
    )
    assert found.facts is not None
    assert found.facts.permissions == {"http": ["GET https://api.open-meteo.com/*"]}
    assert abs(found.signed - time.time()) < 60
    assert found.log_id == instance.authority.log_signer.key_id.hex()
    assert found.log_index == int(found.entry["logIndex"])
    assert found.checkpoint.startswith("market.example\n")


def test_the_signer_is_the_one_that_the_authority_meant(instance: Instance, verifier: Verifier) -> None:
    for claims in (PERSON, workflow()):
        assert verifier.verify(instance.attestation(PUBLISHED, claims), FILENAME, SHA256).signer == claims.signer()


def test_a_publish_statement_says_whose_it_is_and_no_more(instance: Instance, verifier: Verifier) -> None:
    found = verifier.verify(instance.attestation(), FILENAME, SHA256)
    assert found.facts is None
    assert found.signer == Signer(PERSON.issuer, "dev@acme.com")


def test_a_bundle_with_a_timestamp_is_verified_too(instance: Instance, verifier: Verifier) -> None:
    bundle = instance.bundle()
    assert verifier.verify_bundle(bundle, FILENAME, SHA256).statement == PUBLISHED
    bundle["verificationMaterial"].pop("timestampVerificationData")
    assert verifier.verify_bundle(bundle, FILENAME, SHA256).statement == PUBLISHED


def test_old_signatures_hold_after_a_rotation(fresh: Instance) -> None:
    instance = fresh
    before = instance.attestation()
    for part in ("ca", "ct", "log", "tsa"):
        instance.authority.rotate(part)
    verifier = Verifier(instance.roots)
    assert verifier.verify(before, FILENAME, SHA256).statement == PUBLISHED
    # A key is in force from the second in which it was made.
    time.sleep(1.1)
    assert verifier.verify(instance.attestation(), FILENAME, SHA256).statement == PUBLISHED


@pytest.mark.parametrize(
    ("filename", "digest"), [("acme_weather-1.0.1-py3-none-any.whl", SHA256), (FILENAME, "cd" * 32), ("", "")]
)
def test_a_signature_of_another_file_is_none_of_this(
    instance: Instance, verifier: Verifier, filename: str, digest: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        verifier.verify(instance.attestation(), filename, digest)
    assert refused.value.rule == "signature.subject"


@pytest.mark.parametrize(
    ("statement", "rule"),
    [
        (Statement(FILENAME, SHA256, "https://slsa.dev/provenance/v1"), "signature.predicate"),
        (Statement(FILENAME, SHA256, PUBLISH, {"trust": "me"}), "signature.predicate"),
        (Statement(FILENAME, SHA256, DESCRIBED.predicate_type), "signature.statement"),
        (Statement(FILENAME, SHA256, DESCRIBED.predicate_type, {"name": "acme/weather"}), "signature.statement"),
        (b"[]", "signature.statement"),
        (b"{", "signature.statement"),
        (PUBLISHED.encode().replace(b"[{", b"[{},{"), "signature.statement"),
    ],
)
def test_statements_that_say_something_else_are_refused(
    instance: Instance, verifier: Verifier, statement: Statement | bytes, rule: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        verifier.verify(instance.attestation(statement), FILENAME, SHA256)
    assert refused.value.rule == rule


def test_another_type_of_payload_is_refused(instance: Instance, verifier: Verifier) -> None:
    with pytest.raises(RefusedError) as refused:
        verifier.verify_bundle(instance.bundle(kind="text/plain"), FILENAME, SHA256)
    assert refused.value.rule == "signature.statement"


def test_a_root_that_is_none_is_refused() -> None:
    for text in ("", "[]", "{}", '{"mediaType": "text/html"}', "[" * 100_000, b"\xff"):
        with pytest.raises(RefusedError) as refused:
            Roots.from_json(text)
        assert refused.value.rule == "signature.roots"


def test_a_root_without_keys_verifies_nothing(instance: Instance) -> None:
    whole = json.loads(instance.roots.text)
    attestation = instance.attestation()
    for part in ("tlogs", "ctlogs", "certificateAuthorities"):
        values: tuple[Any, ...] = ([], None, [{}])
        for value in values:
            root = {**whole, part: value} if value is not None else {k: v for k, v in whole.items() if k != part}
            with pytest.raises(RefusedError):
                Verifier(Roots.from_json(json.dumps(root))).verify(attestation, FILENAME, SHA256)


def certificate(instance: Instance, *names: x509.GeneralName, claims: Claims = PERSON) -> x509.Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = instance.ca._leaf(key.public_key(), claims, ago())
    kept = [e for e in builder._extensions if not isinstance(e.value, x509.SubjectAlternativeName)]
    builder._extensions = kept
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=True)
    return builder.sign(key, hashes.SHA256())


@pytest.mark.parametrize(
    "names",
    [
        [],
        [x509.RFC822Name("dev@acme.com"), x509.RFC822Name("boss@acme.com")],
        [x509.DNSName("acme.com")],
    ],
)
def test_a_certificate_names_one_person_or_workflow(instance: Instance, names: list[x509.GeneralName]) -> None:
    with pytest.raises(RefusedError) as refused:
        signer_of(certificate(instance, *names))
    assert refused.value.rule == "signature.certificate"


def test_a_workflow_of_another_repository_is_told_in_full(instance: Instance, verifier: Verifier) -> None:
    claims = workflow(build_config_uri=f"https://github.com/evil/ci/{WORKFLOW}@{REF}")
    found = verifier.verify(instance.attestation(PUBLISHED, claims), FILENAME, SHA256)
    assert found.signer.workflow == f"https://github.com/evil/ci/{WORKFLOW}"
