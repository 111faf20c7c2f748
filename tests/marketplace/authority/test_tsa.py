"""Timestamps, as an independent RFC 3161 implementation (rfc3161-client, in Rust) reads and verifies them."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha384, sha512
from typing import Any

import pytest
from cryptography.x509 import load_der_x509_certificate
from rfc3161_client import (
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from lumosai_marketplace.authority import der
from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.authority.tsa import TimestampRequest
from lumosai_sdk.errors import InputError

SHA256 = "2.16.840.1.101.3.4.2.1"


def verifier(authority: Authority) -> Any:
    leaf, root = (load_der_x509_certificate(c) for c in authority.timestamp_chain())
    return VerifierBuilder().tsa_certificate(leaf).add_root_certificate(root).build()


@pytest.mark.parametrize("nonce", [True, False])
@pytest.mark.parametrize("certificate", [True, False])
def test_an_answer_verifies(authority: Authority, nonce: bool, certificate: bool) -> None:
    request = (
        TimestampRequestBuilder().data(b"signature").nonce(nonce=nonce).cert_request(cert_request=certificate).build()
    )
    answer = decode_timestamp_response(authority.timestamp(request.as_bytes()))
    assert answer.status == 0
    assert answer.tst_info.nonce == request.nonce
    assert abs(answer.tst_info.gen_time - datetime.now(UTC)) < timedelta(minutes=1)
    assert len(answer.signed_data.certificates) == int(certificate)
    verifier(authority).verify_message(answer, b"signature")
    with pytest.raises(VerificationError):
        verifier(authority).verify_message(answer, b"another signature")


@pytest.mark.parametrize(("oid", "digest"), [("2.16.840.1.101.3.4.2.2", sha384), ("2.16.840.1.101.3.4.2.3", sha512)])
def test_longer_digests_are_taken(oid: str, digest: Any) -> None:
    made = digest(b"x").digest()
    parsed = TimestampRequest.parse(der.seq(der.integer(1), imprint(oid, made)))
    assert parsed == TimestampRequest(oid, made, None, False)


def test_no_two_answers_have_the_same_number(authority: Authority) -> None:
    request = der.seq(der.integer(1), imprint())
    numbers = {decode_timestamp_response(authority.timestamp(request)).tst_info.serial_number for _ in range(20)}
    assert len(numbers) == 20


def imprint(oid: str = SHA256, digest: bytes = bytes(32), rest: bytes = b"") -> bytes:
    return der.seq(der.seq(der.oid(oid), rest), der.octets(digest))


@pytest.mark.parametrize(
    "request_",
    [
        b"",
        b"\x30",
        b"\x30\x80\x00\x00",
        b"\x30\x84\xff\xff\xff\xff",
        b"\x30\x81\x01\x00",
        b"\x30\x82\x00\x81" + bytes(129),
        b"\x30" * 4000,
        b"\x30\x82\x0f\xa0" * 1000,
        bytes(5000),
        der.seq(der.integer(2), imprint()),
        der.seq(der.integer(1)),
        der.seq(der.integer(1), imprint()) + b"\0",
        der.seq(der.integer(1), imprint("1.3.14.3.2.26", bytes(20))),
        der.seq(der.integer(1), imprint(digest=bytes(31))),
        der.seq(der.integer(1), imprint(rest=b"\x05\x01\x00")),
        der.seq(der.integer(1), imprint(rest=der.octets(b"x"))),
        der.seq(der.integer(1), imprint(), der.oid("1.2.3.4")),
        der.seq(der.integer(1), imprint(), b"\x02\x01\xff"),
        der.seq(der.integer(1), imprint(), b"\x02\x22" + b"\x01" * 34),
        der.seq(der.integer(1), imprint(), b"\x02\x02\x00\x01"),
        der.seq(der.integer(1), imprint(), b"\x01\x01\x01"),
        der.seq(der.integer(1), imprint(), b"\x01\x01\xff", der.tlv(0xA0, der.octets(b"x"))),
    ],
)
def test_what_is_no_request_is_refused(request_: bytes) -> None:
    with pytest.raises(InputError):
        TimestampRequest.parse(request_)


def test_every_truncation_and_flip_of_a_request_is_read_or_refused_and_never_fails_otherwise() -> None:
    whole = der.seq(der.integer(1), imprint(), der.integer(1 << 60), b"\x01\x01\xff")
    for at in range(len(whole)):
        for mutant in (whole[:at], *(whole[:at] + bytes([value]) + whole[at + 1 :] for value in range(256))):
            try:
                parsed = TimestampRequest.parse(mutant)
            except InputError:
                continue
            assert len(parsed.digest) in {32, 48, 64}
