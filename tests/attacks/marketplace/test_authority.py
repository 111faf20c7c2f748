"""Attacks on the private sigstore instance: a certificate for an identity, or a key, that is somebody else's."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import json
import time
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as ser
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from lumosai_marketplace.authority import der
from lumosai_marketplace.authority.claims import Claims
from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.authority.issuers import TrustedIssuer, read_jwks
from lumosai_marketplace.authority.oidc import TokenVerifier
from lumosai_marketplace.service import sigstore
from lumosai_marketplace.service.sigstore import Sigstore
from lumosai_sdk.errors import InputError, LumosError, UnauthenticatedError

URL = "http://localhost:8643"
SIGNING = "sigstore@localhost:8643"
IDP = "https://login.acme.com"
GITHUB = "https://token.actions.githubusercontent.com"
SIGN = "/sigstore/api/v2/signingCert"
STAMP = "/sigstore/api/v1/timestamp"


class Idp:
    """A trusted issuer, and the key that it is known by."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key()))
        self.keys = json.dumps({"keys": [{**public, "kid": "k1"}]}).encode()

    async def fetch(self, _url: str) -> bytes:
        return self.keys

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        times = {"iat": now, "exp": now + 300}
        person = {"iss": IDP, "sub": "u1", "aud": SIGNING, "email": "dev@acme.com", "email_verified": True}
        return {k: v for k, v in {**person, **times, **changed}.items() if v is not None}

    def token(self, head: dict[str, Any] | None = None, **changed: Any) -> str:
        return jwt.encode(self.claims(**changed), self.key, "ES256", headers={"kid": "k1", **(head or {})})


@pytest.fixture
def idp() -> Idp:
    return Idp()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.create(tmp_path / "authority", url=URL)


@pytest.fixture
def verifier(idp: Idp) -> TokenVerifier:
    trusted = [TrustedIssuer(IDP, "email", f"{IDP}/keys"), TrustedIssuer(GITHUB, "github", f"{IDP}/keys")]
    return TokenVerifier(trusted, idp.fetch)


@pytest.fixture
async def client(authority: Authority, verifier: TokenVerifier) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    parts = Sigstore(authority, verifier, (SIGNING,))
    app.include_router(sigstore.router)
    app.dependency_overrides[sigstore.of_service] = lambda: parts

    @app.exception_handler(LumosError)
    async def problem(_request: Request, error: LumosError) -> JSONResponse:
        return JSONResponse(error.to_json(), status_code=error.status)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as made:
        yield made


def segment(value: Any) -> str:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return urlsafe_b64encode(data).rstrip(b"=").decode()


# --- tokens


async def test_the_honest_token_is_taken(authority: Authority, verifier: TokenVerifier, idp: Idp) -> None:
    assert (await verifier.verify(idp.token(), authority.oidc)).claims.subject == "dev@acme.com"


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "lumos-marketplace"},
        {"aud": "sigstore"},
        {"aud": "sigstore@localhost"},
        {"aud": "sigstore@plugins.elsewhere.example"},
        {"aud": [SIGNING, "lumos-marketplace"]},
        {"aud": ["lumos-marketplace"]},
        {"aud": []},
        {"aud": None},
        {"aud": SIGNING.title()},
        {"aud": {SIGNING: 1}},
        {"exp": int(time.time()) - 120},
        {"exp": None},
        {"iat": None},
        {"iat": int(time.time()) + 300, "exp": int(time.time()) + 600},
        {"nbf": int(time.time()) + 300},
        {"exp": int(time.time()) + 86_400 * 365},
        {"iat": 0},
        {"iat": 1, "exp": 1e308},
        {"exp": "9999999999"},
        {"exp": True},
        {"sub": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email_verified": 1},
        {"email_verified": None},
        {"email": None},
        {"email": ["dev@acme.com"]},
        {"email": "dev@acme.com\nevil@acme.com"},
        {"email": "dev@acme.com\x00.evil.com"},
        {"email": "\u0501ev@acme.com"},
        {"email": "https://github.com/acme/weather"},
        {"iss": "https://login.evil.com"},
        {"iss": f"{IDP}/"},
        {"iss": [IDP]},
        {"iss": None},
    ],
)
async def test_a_token_that_is_not_for_this_is_refused(
    authority: Authority, verifier: TokenVerifier, idp: Idp, changed: dict[str, Any]
) -> None:
    body = idp.claims(**changed)
    signed = f"{segment({'alg': 'ES256', 'kid': 'k1'})}.{segment(body)}"
    token = f"{signed}.{segment(es256(idp.key, signed.encode()))}"
    with pytest.raises(UnauthenticatedError):
        await verifier.verify(token, authority.oidc)


def es256(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

    r, s = decode_dss_signature(key.sign(data, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


async def test_a_token_of_the_services_own_issuer_that_a_trusted_one_signed_is_refused(
    authority: Authority, verifier: TokenVerifier, idp: Idp
) -> None:
    for kid in ("k1", authority.oidc.kid):
        token = idp.token({"kid": kid}, iss=authority.oidc.url, email="admin@acme.com")
        with pytest.raises(UnauthenticatedError):
            await verifier.verify(token, authority.oidc)


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", ""])
async def test_a_token_that_nobody_signed_is_refused(
    authority: Authority, verifier: TokenVerifier, idp: Idp, algorithm: str
) -> None:
    for signature in ("", segment(bytes(64))):
        token = f"{segment({'alg': algorithm, 'kid': 'k1'})}.{segment(idp.claims())}.{signature}"
        with pytest.raises(UnauthenticatedError):
            await verifier.verify(token, authority.oidc)


@pytest.mark.parametrize("kind", ["HS256", "HS384", "HS512"])
async def test_a_public_key_is_no_shared_secret(
    authority: Authority, verifier: TokenVerifier, idp: Idp, kind: str
) -> None:
    public = idp.key.public_key()
    spki = ser.PublicFormat.SubjectPublicKeyInfo
    secrets = [public.public_bytes(encoding, spki) for encoding in (ser.Encoding.PEM, ser.Encoding.DER)]
    for secret in (*secrets, idp.keys, b""):
        signed = f"{segment({'alg': kind, 'kid': 'k1'})}.{segment(idp.claims())}"
        token = f"{signed}.{segment(digest(secret, signed.encode(), f'sha{kind[2:]}'))}"
        with pytest.raises(UnauthenticatedError):
            await verifier.verify(token, authority.oidc)


async def test_a_key_that_the_token_brings_along_is_not_looked_at(
    authority: Authority, verifier: TokenVerifier, idp: Idp
) -> None:
    evil = ec.generate_private_key(ec.SECP256R1())
    public = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(evil.public_key()))
    for head in ({"jwk": public}, {"jku": "https://evil.com/keys"}, {"x5u": "https://evil.com/c"}, {"x5c": ["AA=="]}):
        token = jwt.encode(idp.claims(), evil, "ES256", headers={"kid": "k1", **head})
        with pytest.raises(UnauthenticatedError):
            await verifier.verify(token, authority.oidc)


@pytest.mark.parametrize("kid", ["", "../../etc/passwd", "' OR 1=1 --", "k2", "K1"])
async def test_a_key_id_finds_what_is_published_only(
    authority: Authority, verifier: TokenVerifier, idp: Idp, kid: str
) -> None:
    with pytest.raises(UnauthenticatedError):
        await verifier.verify(idp.token({"kid": kid}), authority.oidc)


async def test_an_extension_that_must_be_understood_is_refused(
    authority: Authority, verifier: TokenVerifier, idp: Idp
) -> None:
    signed = f"{segment({'alg': 'ES256', 'kid': 'k1', 'crit': ['exp']})}.{segment(idp.claims())}"
    with pytest.raises(UnauthenticatedError):
        await verifier.verify(f"{signed}.{segment(es256(idp.key, signed.encode()))}", authority.oidc)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "x" * 100_000,
        "\u00e4.b.c",
        f"{segment({'alg': 'ES256'})}.{segment(b'[' * 9000)}.AA",
        f"{segment(b'{' * 9000)}.{segment({})}.AA",
        f"{segment({'alg': 'ES256'})}.{segment(b'[]')}.AA",
        f"{segment([])}.{segment({'iss': IDP})}.AA",
        f"{segment({'alg': 'ES256', 'kid': {}})}.{segment({'iss': IDP})}.AA",
        f"{segment({'alg': ['ES256'], 'kid': 'k1'})}.{segment({'iss': IDP})}.AA",
        f"{segment({'alg': 'ES256', 'kid': 'k1'})}.{segment({'iss': IDP, 'x': 10**4000})}.AA",
        f"{segment({'alg': 'ES256', 'kid': 'k1', 'b64': False})}.{segment({'iss': IDP})}.AA",
    ],
)
async def test_what_is_no_token_is_refused(authority: Authority, verifier: TokenVerifier, token: str) -> None:
    with pytest.raises(UnauthenticatedError):
        await verifier.verify(token, authority.oidc)


WORKFLOW: dict[str, Any] = {
    "iss": GITHUB,
    "sub": "repo:acme/weather:ref:refs/heads/main",
    "repository": "acme/weather",
    "repository_id": "123",
    "repository_owner": "acme",
    "repository_owner_id": "45",
    "job_workflow_ref": "acme/weather/.github/workflows/r.yml@refs/heads/main",
}


@pytest.mark.parametrize(
    "changed",
    [
        {"repository_id": None},
        {"repository_owner_id": None},
        {"repository_id": 123},
        {"repository_id": "123 "},
        {"repository": "acme/weather/../../evil/x"},
        {"repository": "evil/weather"},
        {"repository": "acme/wea ther"},
        {"job_workflow_ref": None},
        {"job_workflow_ref": "acme/weather/.github/workflows/r.yml"},
        {"job_workflow_ref": "acme/weather/.github/workflows/r.yml@refs/heads/main\n@x"},
        {"job_workflow_ref": "@evil.com/x/y@z"},
        {"job_workflow_ref": ["acme/weather/r.yml@x"]},
        {"run_id": "9/../../evil"},
        {"ref": ["refs/heads/main"]},
        {"sha": {"a": 1}},
    ],
)
async def test_a_workflow_that_does_not_say_who_it_is_is_refused(
    authority: Authority, verifier: TokenVerifier, idp: Idp, changed: dict[str, Any]
) -> None:
    with pytest.raises((UnauthenticatedError, InputError)):
        await verifier.verify(idp.token(**{**WORKFLOW, **changed}), authority.oidc)
    assert (await verifier.verify(idp.token(**WORKFLOW), authority.oidc)).claims.signer().repository_id == "123"


async def test_a_person_is_no_workflow_and_a_workflow_no_person(
    authority: Authority, verifier: TokenVerifier, idp: Idp
) -> None:
    workflow = await verifier.verify(idp.token(**WORKFLOW), authority.oidc)  # it brings an e-mail address along
    assert not workflow.claims.is_email
    person = await verifier.verify(idp.token(**{**WORKFLOW, "iss": IDP}), authority.oidc)
    assert person.claims.details == {}


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b"[]", b'{"keys": 5}', b"[" * 60_000, b'{"keys": [' + b"[]," * 40_000 + b"[]]}", b"\xff"],
)
def test_a_key_set_that_is_none_is_refused_soon(document: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        read_jwks(document)


def test_a_key_set_of_thousands_is_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        read_jwks(json.dumps({"keys": [{"kid": str(n)} for n in range(33)]}).encode())


# --- requests for certificates


def csr(key: Any, *, extensions: tuple[x509.ExtensionType, ...] = ()) -> x509.CertificateSigningRequest:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    return builder.sign(key, hashes.SHA256())


def asked(pem: bytes) -> dict[str, Any]:
    return {"certificateSigningRequest": b64encode(pem).decode()}


async def post(client: httpx.AsyncClient, body: Any, token: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await client.post(SIGN, content=content, headers={"Authorization": f"Bearer {token}"})


async def test_the_honest_request_gets_its_certificate_and_nothing_it_wished_for_besides(
    client: httpx.AsyncClient, idp: Idp
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    wishes = (
        x509.SubjectAlternativeName([x509.RFC822Name("admin@acme.com")]),
        x509.BasicConstraints(ca=True, path_length=None),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
    )
    pem = csr(key, extensions=wishes).public_bytes(ser.Encoding.PEM)
    answer = await post(client, asked(pem), idp.token())
    assert answer.status_code == 200
    chain = answer.json()["signedCertificateEmbeddedSct"]["chain"]["certificates"]
    leaf = x509.load_pem_x509_certificate(chain[0].encode())
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [n.value for n in names] == ["dev@acme.com"]
    uses = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(uses) == [ExtendedKeyUsageOID.CODE_SIGNING]
    with pytest.raises(x509.ExtensionNotFound):
        leaf.extensions.get_extension_for_class(x509.BasicConstraints)


async def test_a_request_for_the_key_of_another_is_refused(client: httpx.AsyncClient, idp: Idp) -> None:
    mine, theirs = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    encoded = csr(mine).public_bytes(ser.Encoding.DER)
    spki = ser.PublicFormat.SubjectPublicKeyInfo
    swapped = encoded.replace(
        mine.public_key().public_bytes(ser.Encoding.DER, spki), theirs.public_key().public_bytes(ser.Encoding.DER, spki)
    )
    pem = x509.load_der_x509_csr(swapped).public_bytes(ser.Encoding.PEM)
    answer = await post(client, asked(pem), idp.token())
    assert answer.status_code == 422
    assert "not signed with the key" in answer.json()["message"]


def proven(key: Any, proof: bytes) -> dict[str, Any]:
    spki = ser.PublicFormat.SubjectPublicKeyInfo
    pem = key.public_key().public_bytes(ser.Encoding.PEM, spki).decode()
    return {"publicKeyRequest": {"publicKey": {"content": pem}, "proofOfPossession": b64encode(proof).decode()}}


async def test_a_proof_by_another_key_or_of_another_identity_is_refused(client: httpx.AsyncClient, idp: Idp) -> None:
    mine, theirs = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    sign = ec.ECDSA(hashes.SHA256())
    for key, proof in (
        (theirs, mine.sign(b"dev@acme.com", sign)),
        (mine, mine.sign(b"admin@acme.com", sign)),
        (mine, mine.sign(b"u1", sign)),
        (mine, mine.sign(b"", sign)),
        (mine, b""),
    ):
        answer = await post(client, proven(key, proof), idp.token())
        assert answer.status_code == 422
    assert (await post(client, proven(mine, mine.sign(b"dev@acme.com", sign)), idp.token())).status_code == 200


async def test_other_kinds_of_keys_are_refused_before_their_signature_is_looked_at(
    client: httpx.AsyncClient, idp: Idp
) -> None:
    for key in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 2048)):
        answer = await post(client, asked(csr(key).public_bytes(ser.Encoding.PEM)), idp.token())
        assert answer.status_code == 422
        assert "P-256" in answer.json()["message"]


@pytest.mark.parametrize("token", ["", "Bearer", "x.y.z"])
async def test_nobody_gets_no_certificate(client: httpx.AsyncClient, token: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    answer = await post(client, asked(csr(key).public_bytes(ser.Encoding.PEM)), token)
    assert answer.status_code in {401, 422}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b'{"certificateSigningRequest": ' + b"[]," * 9_000,
        b'{"certificateSigningRequest": 5}',
        b'{"certificateSigningRequest": "!!"}',
        b'{"certificateSigningRequest": "AAAA"}',
        b'{"publicKeyRequest": []}',
        b'{"publicKeyRequest": {"publicKey": {"content": "x"}, "proofOfPossession": "AA=="}}',
        b'{"publicKeyRequest": {"publicKey": {"content": 5}, "proofOfPossession": "AA=="}}',
        b'{"credentials": {"oidcIdentityToken": 5}}',
        b'{"credentials": NaN}',
        b"\xff\xfe",
        json.dumps({"certificateSigningRequest": "A" * 60_000}).encode(),
        json.dumps(asked(b"-----BEGIN CERTIFICATE REQUEST-----\nMIIB\n-----END CERTIFICATE REQUEST-----\n")).encode(),
    ],
)
async def test_what_is_no_request_is_refused(client: httpx.AsyncClient, idp: Idp, body: bytes) -> None:
    assert (await post(client, body, idp.token())).status_code == 422


async def endless(most: int, sent: list[int]) -> AsyncIterator[bytes]:
    for _ in range(most):
        sent[0] += 1
        yield b"x" * 16_384


@pytest.mark.parametrize("path", [SIGN, "/api/v2/signingCert", STAMP])
async def test_a_body_that_is_too_large_is_not_read_to_its_end(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.post(path, content=b"x" * 100_000, headers={"Authorization": "Bearer x"})
    assert answer.status_code == 413
    sent = [0]
    answer = await client.post(path, content=endless(5000, sent), headers={"Authorization": "Bearer x"})
    assert answer.status_code == 413
    assert sent[0] < 10


# --- timestamps


def request(data: bytes = bytes(32)) -> bytes:
    return der.seq(der.integer(1), der.seq(der.seq(der.oid("2.16.840.1.101.3.4.2.1")), der.octets(data)))


@pytest.mark.parametrize(
    "bomb",
    [
        b"\x30\x80" * 2000,
        b"\x30\x84\x7f\xff\xff\xff\x02\x01\x01",
        b"\x30\x82\x0f\xfc" * 900,
        der.seq(der.integer(1 << 20_000)),
        der.seq(der.integer(1), der.seq(der.seq(b"\x06\x82\x0b\xb8" + b"\xff" * 3000), der.octets(bytes(32)))),
        request() + b"\x00",
        request()[:-1],
        request(bytes(20)),
        sha256(b"noise").digest() * 100,
    ],
)
async def test_a_bomb_of_der_is_refused(client: httpx.AsyncClient, bomb: bytes) -> None:
    assert (await client.post(STAMP, content=bomb)).status_code == 422
    assert (await client.post(STAMP, content=request())).status_code == 201


# --- what a certificate says


@pytest.mark.parametrize(
    "details",
    [
        {"source_repository_uri": "https://github.com/acme/weather\n"},
        {"source_repository_uri": ""},
        {"source_repository_uri": "x" * 5000},
        {"issuer": "https://accounts.google.com"},
        {"8": "https://accounts.google.com"},
    ],
)
def test_a_claim_says_what_it_says(details: dict[str, str]) -> None:
    with pytest.raises(InputError):
        Claims(GITHUB, "https://github.com/acme/weather/r.yml@x", details)


@pytest.mark.parametrize(
    "subject", ["", "dev", "dev@acme.com,admin@acme.com", "javascript:x", "https://a b", "a@b@c.com"]
)
def test_a_subject_is_one_address_or_uri(subject: str) -> None:
    with pytest.raises(InputError):
        Claims(IDP, subject)
