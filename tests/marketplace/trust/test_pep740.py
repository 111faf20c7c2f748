# ruff: noqa: PLR2004
from __future__ import annotations

import json
from typing import Any

import pytest
from tests.marketplace.trust.making import (
    DESCRIBED,
    FILENAME,
    GITHUB,
    REPOSITORY,
    SHA256,
    WORKFLOW,
    Instance,
    changed,
)

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.trust import pep740
from lumosai_marketplace.trust.verify import Verifier

SIGNER = Signer(GITHUB, "x", REPOSITORY, "123", "45", WORKFLOW)


def test_an_attestation_is_the_same_after_both_ways(instance: Instance, verifier: Verifier) -> None:
    attestation = instance.attestation()
    bundle = pep740.to_bundle(attestation)
    assert pep740.from_bundle(bundle) == attestation
    assert verifier.verify_bundle(bundle, FILENAME, SHA256) == verifier.verify(attestation, FILENAME, SHA256)


def test_the_mapping_is_that_of_the_reference_implementation(instance: Instance) -> None:
    judge = pytest.importorskip("pypi_attestations")
    from sigstore.models import Bundle

    bundle = instance.bundle(DESCRIBED)
    theirs = judge.Attestation.from_bundle(Bundle.from_json(json.dumps(bundle)))
    ours = pep740.from_bundle(bundle)
    assert judge.Attestation.model_validate(ours) == theirs
    assert json.loads(theirs.to_bundle().to_json())["dsseEnvelope"] == pep740.to_bundle(ours)["dsseEnvelope"]


@pytest.mark.parametrize("signer", [SIGNER])
def test_a_provenance_document_is_one_to_others(instance: Instance, signer: Signer) -> None:
    judge = pytest.importorskip("pypi_attestations")
    document = pep740.provenance(signer, [instance.attestation(), instance.attestation(DESCRIBED)])
    read = judge.Provenance.model_validate(document)
    assert read.attestation_bundles[0].publisher.repository == "acme/weather"
    assert read.attestation_bundles[0].publisher.workflow == "release.yml"
    assert len(read.attestation_bundles[0].attestations) == 2


def test_a_provenance_document_gives_its_attestations_back(instance: Instance) -> None:
    made = [instance.attestation(), instance.attestation(DESCRIBED)]
    document = pep740.provenance({"kind": "Anything", "even": ["this"]}, made)
    assert list(pep740.attestations(pep740.parse(json.dumps(document)))) == made


def test_a_person_is_told_as_what_vouched_for_her() -> None:
    told = pep740.publisher_of(Signer("https://idp.example", "dev@acme.com"))
    assert told == {"kind": "OIDC", "issuer": "https://idp.example", "subject": "dev@acme.com"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("version", 2),
        ("version", True),
        ("version", "1"),
        ("version", None),
        ("extra", 1),
        ("envelope.extra", 1),
        ("verification_material.extra", 1),
        ("envelope.statement", None),
        ("envelope.statement", "not base64"),
        ("envelope.signature", ""),
        ("verification_material.certificate", 5),
        ("verification_material.transparency_entries", []),
        ("verification_material.transparency_entries.0.extra", 1),
        ("verification_material.transparency_entries.0.logIndex", "-1"),
        ("verification_material.transparency_entries.0.logIndex", "01"),
        ("verification_material.transparency_entries.0.logIndex", "9" * 25),
        ("verification_material.transparency_entries", {}),
    ],
)
def test_what_is_not_of_the_version_that_is_read_is_refused(instance: Instance, path: str, value: Any) -> None:
    with pytest.raises(RefusedError) as refused:
        pep740.to_bundle(changed(instance.attestation(), path, value))
    assert refused.value.rule == "signature.shape"


def test_a_bundle_that_no_attestation_can_say_is_refused(instance: Instance) -> None:
    bundle = instance.bundle()
    entry = bundle["verificationMaterial"]["tlogEntries"][0]
    del entry["integratedTime"], entry["inclusionPromise"]
    with pytest.raises(RefusedError) as refused:
        pep740.from_bundle(bundle)
    assert refused.value.rule == "signature.time"
    with pytest.raises(RefusedError) as refused:
        pep740.from_bundle(instance.bundle(kind="text/plain"))
    assert refused.value.rule == "signature.shape"


@pytest.mark.parametrize(
    ("document", "rule"),
    [
        ({}, "signature.shape"),
        ({"version": 3, "attestation_bundles": []}, "signature.shape"),
        ({"version": 1, "attestation_bundles": [{}]}, "signature.shape"),
        ({"version": 1, "attestation_bundles": [], "more": 1}, "signature.shape"),
        ({"version": 1, "attestation_bundles": [{"publisher": {}, "attestations": [{}]}]}, "signature.shape"),
        ({"version": 1, "attestation_bundles": [{"publisher": {}, "attestations": [None] * 9}]}, "signature.size"),
        ({"version": 1, "attestation_bundles": [{"publisher": {}, "attestations": []}] * 9}, "signature.size"),
    ],
)
def test_provenance_documents_that_are_none_are_refused(document: dict[str, Any], rule: str) -> None:
    with pytest.raises(RefusedError) as refused:
        pep740.attestations(document)
    assert refused.value.rule == rule


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "1",
        "{",
        '{"a": NaN}',
        "[" * 100_000,
        '{"a":' * 1000,
        b"\xff",
        " " * 5_000_000,
        "[" + "[]," * 1_000_000,
    ],
)
def test_text_that_would_keep_a_parser_busy_is_refused_first(text: str | bytes) -> None:
    with pytest.raises(RefusedError) as refused:
        pep740.parse(text)
    assert refused.value.rule == "signature.shape"
