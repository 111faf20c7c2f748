"""Entries, as sigstore's own verifier sees them."""

from __future__ import annotations

import asyncio
import copy
import json
import time
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, load_der_x509_certificate
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import verify_checkpoint
from sigstore._internal.trust import KeyringPurpose
from sigstore.errors import VerificationError
from sigstore.models import Bundle, TransparencyLogEntry, TrustedRoot
from sigstore.verify import Verifier, policy
from sigstore_models.rekor.v1 import TransparencyLogEntry as InnerEntry
from sigstore_models.trustroot.v1 import TrustedRoot as InnerRoot
from tests.marketplace.log.signing import SHA256, URL, WHEEL, Person, b64

from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log import rekor
from lumosai_marketplace.log.envelope import propose, read_proposal
from lumosai_marketplace.log.note import keys_of
from lumosai_marketplace.log.store import Log
from lumosai_marketplace.log.tree import leaf_hash
from lumosai_marketplace.log.verify import open_checkpoint, verify_inclusion
from lumosai_marketplace.statement import PUBLISH, Statement
from lumosai_marketplace.trust.pep740 import from_bundle
from lumosai_marketplace.trust.roots import Roots
from lumosai_marketplace.trust.verify import Verifier as StrictVerifier
from lumosai_sdk.errors import InputError


def issuers(authority: Authority) -> list[Certificate]:
    return [load_der_x509_certificate(chain[0]) for chain in authority.ca_chains()]


async def logged(log: Log, person: Person, envelope: str) -> rekor.Logged:
    now = time.time()
    return await rekor.add(log, propose(envelope, person.pem, issuers(person.authority), now), now)


def bundle(person: Person, envelope: str, entry: rekor.Logged) -> dict[str, Any]:
    material = {
        "certificate": {"rawBytes": b64(person.certificate.public_bytes(Encoding.DER))},
        "tlogEntries": [entry.to_bundle()],
    }
    return {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": material,
        "dsseEnvelope": json.loads(envelope),
    }


def root(authority: Authority) -> TrustedRoot:
    return TrustedRoot(InnerRoot.from_json(json.dumps(authority.trusted_root())))


async def fill(log: Log, count: int) -> None:
    await log.append([b"other %d" % i for i in range(count)])


@pytest.mark.parametrize("before", [0, 1, 6, 300])
async def test_sigstores_own_checks_accept_an_entry_wherever_it_is(
    before: int, instance_log: Log, person: Person
) -> None:
    if before:
        await fill(instance_log, before)
    made = await logged(instance_log, person, person.envelope())
    await fill(instance_log, before + 2)
    later = await rekor.logged(instance_log, made.entry.index)
    keyring = root(person.authority).rekor_keyring(KeyringPurpose.VERIFY)
    for seen in (made, later):
        for entry in (
            TransparencyLogEntry._from_v1_response(seen.to_api()),
            TransparencyLogEntry(InnerEntry.from_json(json.dumps(seen.to_bundle()))),
        ):
            verify_merkle_inclusion(entry)
            verify_checkpoint(keyring, entry)
            entry._verify(keyring)
    host = person.authority.origin
    keys = keys_of(person.authority.trusted_root(), host, time.time())
    checkpoint = open_checkpoint(made.checkpoint.text, keys, host)
    verify_inclusion(made.entry.body, before, checkpoint, made.proof)


async def test_a_bundle_with_the_entry_is_accepted_by_sigstore_and_by_our_stricter_verifier(
    instance_log: Log, person: Person
) -> None:
    await fill(instance_log, 9)
    envelope = person.envelope()
    made = bundle(person, envelope, await logged(instance_log, person, envelope))
    identity = policy.Identity(identity=person.subject, issuer=f"{URL}/sigstore/oauth2")
    trusted = root(person.authority)
    _, payload = Verifier(trusted_root=trusted).verify_dsse(Bundle.from_json(json.dumps(made)), identity)
    assert payload == Statement(WHEEL, SHA256, PUBLISH).encode()
    roots = Roots.from_json(json.dumps(person.authority.trusted_root()))
    verified = StrictVerifier(roots).verify(from_bundle(made), WHEEL, SHA256)
    assert (verified.signer.subject, verified.log_index) == (person.subject, 9)


async def test_sigstore_refuses_the_entry_once_anything_in_it_was_changed(instance_log: Log, person: Person) -> None:
    await fill(instance_log, 5)
    envelope = person.envelope()
    good = bundle(person, envelope, await logged(instance_log, person, envelope))
    identity = policy.Identity(identity=person.subject, issuer=f"{URL}/sigstore/oauth2")
    verifier = Verifier(trusted_root=root(person.authority))

    def entry(of: dict[str, Any]) -> Any:
        return of["verificationMaterial"]["tlogEntries"][0]

    changes: tuple[Callable[[Any], Any], ...] = (
        lambda e: e.update(integratedTime=str(int(e["integratedTime"]) + 1)),
        lambda e: e["inclusionProof"].update(logIndex="4"),
        lambda e: e["inclusionProof"].update(treeSize="7"),
        lambda e: e["inclusionProof"]["hashes"].reverse(),
        lambda e: e["inclusionProof"]["checkpoint"].update(envelope=e["inclusionProof"]["checkpoint"]["envelope"] * 2),
        lambda e: e.update(logIndex="4"),
    )
    for change in changes:
        bad = copy.deepcopy(good)
        change(entry(bad))
        with pytest.raises((VerificationError, ValueError)):
            verifier.verify_dsse(Bundle.from_json(json.dumps(bad)), identity)


async def test_what_is_logged_already_is_not_logged_again(instance_log: Log, person: Person) -> None:
    envelope = person.envelope()
    first, again = [await logged(instance_log, person, envelope) for _ in range(2)]
    assert first.entry == again.entry
    assert await instance_log.size() == 1
    assert again.entry.statement == Statement(WHEEL, SHA256, PUBLISH).encode()


async def test_entries_are_found_by_their_name(instance_log: Log, person: Person) -> None:
    made = await logged(instance_log, person, person.envelope())
    assert made.uuid == leaf_hash(made.entry.body).hex()
    for name in (made.uuid, "0123456789abcdef" + made.uuid):
        found = await rekor.by_uuid(instance_log, name)
        assert found is not None
        assert found.entry == made.entry
    assert await rekor.by_uuid(instance_log, "00" * 32) is None
    for name in ("", "zz" * 32, made.uuid[1:]):
        with pytest.raises(InputError):
            await rekor.by_uuid(instance_log, name)


async def test_an_entry_whose_key_is_rotated_meanwhile_is_of_one_key(
    instance_log: Log, person: Person, tmp_path: Any
) -> None:
    authority = Authority.create(tmp_path / "other", url=URL)
    log = Log(instance_log._engine, lambda: authority.log_signer, authority.origin)
    await fill(log, 3)

    def rotate(real: Any = log.checkpoint) -> Any:
        async def checkpoint(size: int | None = None) -> str:
            log.checkpoint = real  # type: ignore[method-assign]
            await asyncio.to_thread(authority.rotate, "log")
            return str(await real(size))

        return checkpoint

    log.checkpoint = rotate()  # type: ignore[method-assign]
    made = await rekor.logged(log, 1)
    assert made.log_id == authority.log_signer.key_id
    signature = made.checkpoint.text.rsplit(" ", 1)[1]
    assert b64decode(signature)[:4] == made.log_id[:4]


# --- what is not taken


def proposal(person: Person, document: Any, at: float | None = None) -> Any:
    return read_proposal(document, issuers(person.authority), at or time.time())


def test_what_is_taken_is_written_as_rekor_writes_it(person: Person) -> None:
    envelope = person.envelope()
    made = proposal(person, person.proposed(envelope))
    body = json.loads(made.body)
    assert (body["kind"], body["apiVersion"]) == ("dsse", "0.0.1")
    assert set(body["spec"]) == {"envelopeHash", "payloadHash", "signatures"}
    assert body["spec"]["signatures"][0]["verifier"] == b64(person.pem)
    assert made.body == json.dumps(body, sort_keys=True, separators=(",", ":")).encode()


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        {},
        {"kind": "hashedrekord", "apiVersion": "0.0.1", "spec": {}},
        {"kind": "dsse", "apiVersion": "0.0.2", "spec": {}},
        {"kind": "dsse", "apiVersion": "0.0.1", "spec": None},
        {"kind": "dsse", "apiVersion": "0.0.1", "spec": {"proposedContent": {"envelope": "{}", "verifiers": []}}},
        {"kind": "dsse", "apiVersion": "0.0.1", "spec": {"proposedContent": {"envelope": {}, "verifiers": ["YQ=="]}}},
        {"kind": "dsse", "apiVersion": "0.0.1", "spec": {"proposedContent": {"envelope": "{}", "verifiers": [3]}}},
        {"kind": "dsse", "apiVersion": "0.0.1", "spec": {"proposedContent": {"envelope": "{}", "verifiers": ["*"]}}},
        {"kind": "dsse", "apiVersion": "0.0.1", "spec": {"proposedContent": {"envelope": "{}", "verifiers": ["YQ=="]}}},
    ],
)
def test_what_is_malformed_is_refused(document: Any, person: Person) -> None:
    with pytest.raises(InputError):
        proposal(person, document)


@pytest.mark.parametrize(
    "envelope",
    [
        "not json",
        "[]",
        "{}",
        '{"payload": "YQ==", "payloadType": "x", "signatures": []}',
        '{"payload": "YQ==", "payloadType": "x", "signatures": [{"sig": "YQ=="}, {"sig": "YQ=="}]}',
        '{"payload": "YQ==", "payloadType": "", "signatures": [{"sig": "YQ=="}]}',
        '{"payload": "Y Q=", "payloadType": "x", "signatures": [{"sig": "YQ=="}]}',
        '{"payload": 1, "payloadType": "x", "signatures": [{"sig": "YQ=="}]}',
        '{"payload": "YQ==", "payloadType": "x", "signatures": [{"sig": ""}]}',
        "[" * 100_000,
    ],
)
def test_an_envelope_that_is_none_is_refused(envelope: str, person: Person) -> None:
    with pytest.raises(InputError):
        proposal(person, person.proposed(envelope))


def refused(person: Person, document: Any, at: float | None = None) -> str:
    with pytest.raises(RefusedError) as error:
        proposal(person, document, at)
    return error.value.rule


def test_a_signature_of_somebody_else_is_refused(person: Person) -> None:
    other = Person(person.authority, "mallory@example.org")
    assert refused(person, person.proposed(other.envelope())) == "log.envelope"
    changed = json.loads(person.envelope())
    changed["payload"] = b64(b"something else")
    assert refused(person, person.proposed(json.dumps(changed))) == "log.envelope"
    retyped = json.loads(person.envelope())
    retyped["payloadType"] = "application/x"
    assert refused(person, person.proposed(json.dumps(retyped))) == "log.envelope"


def test_a_certificate_of_another_ca_is_refused(person: Person, tmp_path: Any) -> None:
    other = Person(Authority.create(tmp_path / "other", url=URL))
    assert refused(person, other.proposed()) == "log.certificate"


def test_a_certificate_is_taken_only_while_it_is_in_force(person: Person) -> None:
    document = person.proposed()
    now = datetime.now(UTC)
    for at in (now - timedelta(hours=1), now + timedelta(hours=1)):
        assert refused(person, document, at.timestamp()) == "log.certificate"


def test_a_key_that_signs_but_is_in_no_certificate_is_refused(person: Person) -> None:
    document = person.proposed()
    key = ec.generate_private_key(ec.SECP256R1())
    from cryptography.hazmat.primitives.serialization import PublicFormat

    pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    document["spec"]["proposedContent"]["verifiers"] = [b64(pem)]
    with pytest.raises(InputError, match="no certificate"):
        proposal(person, document)
