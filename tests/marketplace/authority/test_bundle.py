"""Bundles made with the instance's parts, before sigstore's own verifier, unmodified."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.x509 import UnrecognizedExtension, load_der_x509_certificate
from sigstore.errors import VerificationError

from lumosai_marketplace.authority import rotation
from lumosai_marketplace.authority.ca import SigningCa, hash_of
from lumosai_marketplace.authority.ct import CtKey
from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.authority.keys import FolderKeys
from lumosai_marketplace.authority.state import Part


def signing(authority: Authority) -> tuple[SigningCa, CtKey]:
    now = authority._now()
    return now.ca, now.ct


def test_a_whole_bundle_is_accepted(authority: Authority, publisher: Any, verify: Callable[..., bytes]) -> None:
    payload = verify(authority.trusted_root(), publisher.bundle())
    assert b"acme_weather-1.0.0-py3-none-any.whl" in payload


def test_another_subject_or_issuer_is_not_the_one(
    authority: Authority, publisher: Any, verify: Callable[..., bytes]
) -> None:
    bundle = publisher.bundle()
    with pytest.raises(VerificationError, match="do not match"):
        verify(authority.trusted_root(), bundle, subject="evil@acme.com")
    with pytest.raises(VerificationError, match=r"OIDCIssuer|issuer"):
        verify(authority.trusted_root(), bundle, issuer="https://evil.example")


def test_a_certificate_that_another_ct_key_has_promised_is_refused(
    authority: Authority, other: Authority, publisher: Any, verify: Callable[..., bytes]
) -> None:
    ca, _ = signing(authority)
    _, foreign = signing(other)
    leaf = ca.issue(publisher.key.public_key(), publisher.claims, foreign, datetime.now(UTC))
    with pytest.raises(VerificationError, match="SCT"):
        verify(authority.trusted_root(), publisher.bundle(leaf=rotation._der(leaf)))


def test_a_certificate_without_the_promise_is_refused(
    authority: Authority, publisher: Any, verify: Callable[..., bytes]
) -> None:
    ca, _ = signing(authority)
    builder = ca._leaf(publisher.key.public_key(), publisher.claims, datetime.now(UTC))
    leaf = builder.sign(ca.key, hash_of(ca.key))
    with pytest.raises(VerificationError, match=r"(?i)certificate timestamp"):
        verify(authority.trusted_root(), publisher.bundle(leaf=rotation._der(leaf)))


def test_a_certificate_of_another_ca_is_refused(
    authority: Authority, other: Authority, publisher: Any, verify: Callable[..., bytes]
) -> None:
    leaf = other.issue(publisher.key.public_key(), publisher.claims)[0]
    with pytest.raises(VerificationError, match="chain"):
        verify(authority.trusted_root(), publisher.bundle(leaf=leaf))


@pytest.mark.parametrize("minutes", [-11, 1])
def test_a_key_used_after_or_before_its_ten_minutes_is_refused(
    authority: Authority, publisher: Any, verify: Callable[..., bytes], minutes: int
) -> None:
    bundle = publisher.bundle(at=datetime.now(UTC) + timedelta(minutes=minutes))
    with pytest.raises(VerificationError, match=r"chain|expired"):
        verify(authority.trusted_root(), bundle)


def test_another_timestamp_authority_is_not_believed(
    authority: Authority, other: Authority, publisher: Any, verify: Callable[..., bytes]
) -> None:
    bundle = publisher.bundle(tsa=other)
    entry = bundle["verificationMaterial"]["tlogEntries"][0]
    del entry["inclusionPromise"]  # the timestamp is the only time left
    with pytest.raises(VerificationError, match="not enough sources of verified time"):
        verify(authority.trusted_root(), bundle)


def test_another_log_is_not_believed(
    authority: Authority, other: Authority, publisher: Any, verify: Callable[..., bytes]
) -> None:
    with pytest.raises(VerificationError, match="log entry"):
        verify(authority.trusted_root(), publisher.bundle(log=other.log_signer))


@pytest.mark.parametrize("part", ["root", "ca", "ct", "log", "tsa"])
def test_what_was_signed_before_a_rotation_stays_good_and_what_comes_after_is(
    authority: Authority, publisher: Any, verify: Callable[..., bytes], part: Part
) -> None:
    before, old_root = publisher.bundle(), authority.trusted_root()
    authority.rotate(part)
    after = publisher.bundle()
    assert verify(authority.trusted_root(), before) == verify(authority.trusted_root(), after)
    if part == "tsa":
        del after["verificationMaterial"]["tlogEntries"][0]["inclusionPromise"]
    with pytest.raises(VerificationError):
        verify(old_root, after)


@pytest.mark.parametrize("part", ["ca", "ct", "log", "tsa"])
def test_a_key_that_was_never_safe_is_trusted_by_nobody_after_it_is_retired(
    authority: Authority, publisher: Any, verify: Callable[..., bytes], part: Part
) -> None:
    before = publisher.bundle()
    authority.rotate(part)
    authority.retire(part, datetime(2020, 1, 1, tzinfo=UTC))
    if part == "tsa":
        del before["verificationMaterial"]["tlogEntries"][0]["inclusionPromise"]
    with pytest.raises(VerificationError):
        verify(authority.trusted_root(), before)


def test_the_span_of_a_retired_key_ends_where_it_was_said(authority: Authority) -> None:
    authority.rotate("ca")
    soon = (datetime.now(UTC) + timedelta(minutes=1)).replace(microsecond=0)
    authority.retire("ca", soon)
    first, second = authority.trusted_root()["certificateAuthorities"]
    assert first["validFor"]["end"] == soon.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert "end" not in second["validFor"]


def test_an_old_key_is_valid_for_longer_than_the_last_certificate_under_it_lives(authority: Authority) -> None:
    leaf = load_der_x509_certificate(authority.issue(_key(), _claims(authority))[0])
    authority.rotate("ca")
    end = authority.generations("ca")[0].end
    assert end is not None
    assert end > leaf.not_valid_after_utc


def test_a_key_that_signs_no_more_is_deleted(authority: Authority) -> None:
    old = authority.generations("ca")[0].key
    authority.rotate("ca")
    store = FolderKeys.open(authority.folder / "keys")
    assert old not in store.names()
    assert len(store.names()) == 6


def test_the_claims_of_fulcio_stand_in_the_certificate(authority: Authority) -> None:
    leaf = load_der_x509_certificate(authority.issue(_key(), _claims(authority))[0])
    found = {
        e.oid.dotted_string.removeprefix("1.3.6.1.4.1.57264.1."): e.value.value
        for e in leaf.extensions
        if isinstance(e.value, UnrecognizedExtension)
    }
    issuer = authority.oidc.url.encode()
    assert found["1"] == issuer
    assert found["8"] == b"\x0c" + bytes([len(issuer)]) + issuer


def _key() -> Any:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1()).public_key()


def _claims(authority: Authority) -> Any:
    from lumosai_marketplace.authority.claims import Claims

    return Claims(authority.oidc.url, "dev@acme.com")
