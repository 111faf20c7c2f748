from __future__ import annotations

import json
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_der_x509_certificate, load_pem_x509_certificate, load_pem_x509_csr
from tests.marketplace.trust.making import DESCRIBED, FILENAME, PUBLISHED, SHA256, Instance, Tree, ago
from tests.marketplace.trust.serving import Answer, serving

from lumosai_marketplace.authority.claims import Claims
from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.trust import signing
from lumosai_marketplace.trust.signingerrors import SigningError
from lumosai_marketplace.trust.verify import Verifier
from lumosai_sdk.errors import InputError

KEY = "k" * 32
AUDIENCE = "sigstore@127.0.0.1"


class Service:
    """The routes that sigstore's client asks, by an instance; ``spoil`` answers some of them otherwise."""

    def __init__(self) -> None:
        self.instance: Instance
        self.spoil: dict[str, Answer] = {}
        self.seen: list[str] = []

    def answer(self, _method: str, path: str, body: bytes, headers: dict[str, str]) -> Answer:
        self.seen.append(path)
        for end, spoiled in self.spoil.items():
            if path.endswith(end):
                return spoiled
        routes: dict[str, Callable[[bytes, dict[str, str]], Answer]] = {
            "signingCert": self.certificate,
            "entries": self.log,
            "timestamp": self.timestamp,
        }
        return routes[path.rpartition("/")[2]](body, headers)

    def certificate(self, body: bytes, headers: dict[str, str]) -> Answer:
        token = headers["Authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, KEY, algorithms=["HS256"], audience=AUDIENCE)
        request = load_pem_x509_csr(b64decode(json.loads(body)["certificateSigningRequest"]))
        identity = Claims(claims["iss"], claims["sub"])
        chain = self.instance.authority.issue(request.public_key(), identity)  # type: ignore[arg-type]
        pems = [load_der_x509_certificate(c).public_bytes(Encoding.PEM).decode() for c in chain]
        return 200, {}, json.dumps({"signedCertificateEmbeddedSct": {"chain": {"certificates": pems}}}).encode()

    def log(self, body: bytes, _headers: dict[str, str]) -> Answer:
        content = json.loads(body)["spec"]["proposedContent"]
        certificate = load_pem_x509_certificate(b64decode(content["verifiers"][0]))
        entry = self.instance.entry(json.loads(content["envelope"]), certificate, ago())
        proof = entry["inclusionProof"]
        told = {
            "body": entry["canonicalizedBody"],
            "integratedTime": int(entry["integratedTime"]),
            "logID": b64decode(entry["logId"]["keyId"]).hex(),
            "logIndex": int(entry["logIndex"]),
            "verification": {
                "inclusionProof": {
                    "logIndex": int(proof["logIndex"]),
                    "treeSize": int(proof["treeSize"]),
                    "rootHash": b64decode(proof["rootHash"]).hex(),
                    "hashes": [b64decode(h).hex() for h in proof["hashes"]],
                    "checkpoint": proof["checkpoint"]["envelope"],
                },
                "signedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            },
        }
        return 201, {}, json.dumps({"ab" * 32: told}).encode()

    def timestamp(self, body: bytes, _headers: dict[str, str]) -> Answer:
        return 201, {"content-type": "application/timestamp-reply"}, self.instance.authority.timestamp(body)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service()
    with serving(made.answer) as url:
        made.instance = Instance(Authority.create(tmp_path / "authority", url=url), Tree("127.0.0.1"))
        yield made


def token(**other: Any) -> str:
    now = int(time.time())
    claims = {"iss": "https://idp.example", "sub": "dev@acme.com", "aud": AUDIENCE, "iat": now, "exp": now + 3600}
    return jwt.encode({**claims, **other}, KEY, "HS256")


def test_what_is_signed_holds(service: Service) -> None:
    config = service.instance.authority.client_trust_config()
    for given in (config, json.dumps(config)):
        attestation = signing.sign(DESCRIBED, token(), given, AUDIENCE)
        found = Verifier(service.instance.roots).verify(attestation, FILENAME, SHA256)
        assert (found.statement, found.signer.subject) == (DESCRIBED, "dev@acme.com")


def test_several_statements_cost_one_certificate(service: Service) -> None:
    config = service.instance.authority.client_trust_config()
    made = signing.sign_all([PUBLISHED, DESCRIBED], token(), config, AUDIENCE)
    certificates = {a["verification_material"]["certificate"] for a in made}
    assert len(certificates) == 1
    assert len([p for p in service.seen if p.endswith("signingCert")]) == 1
    verifier = Verifier(service.instance.roots)
    assert [verifier.verify(a, FILENAME, SHA256).statement for a in made] == [PUBLISHED, DESCRIBED]


def failed(service: Service, raw: str | None = None, config: Any = None) -> SigningError:
    raw = token() if raw is None else raw
    with pytest.raises(SigningError) as caught:
        signing.sign(PUBLISHED, raw, config or service.instance.authority.client_trust_config(), AUDIENCE)
    assert not raw or raw not in str(caught.value)
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("", "malformed"),
        ("a.b.c", "malformed"),
        (token(exp=int(time.time()) - 60), "expired"),
        (token(aud="lumos-market"), "its audience is not sigstore@127.0.0.1"),
        (token(nbf=int(time.time()) + 3600), "clock"),
    ],
)
def test_a_token_that_will_not_do_is_told_before_it_is_sent(service: Service, raw: str, said: str) -> None:
    error = failed(service, raw)
    assert said in error.message
    assert str(error.hint).startswith("lumos plugin login")
    assert not service.seen


def problem(status: int, detail: str) -> Answer:
    return status, {"content-type": "application/problem+json"}, json.dumps({"detail": detail}).encode()


@pytest.mark.parametrize(
    ("path", "answer", "said"),
    [
        ("signingCert", problem(401, "unknown issuer"), "does not take the identity (401: unknown issuer)"),
        ("signingCert", (403, {}, b"<html>"), "does not take the identity (403)"),
        ("signingCert", (429, {}, b"{}"), "too many requests"),
        ("signingCert", (500, {}, b""), "answers 500"),
        ("signingCert", (307, {"location": "http://127.0.0.1:9/"}, b""), "sends elsewhere"),
        ("signingCert", (200, {}, b"[]"), "signing failed"),
        ("signingCert", (200, {}, b"{}"), "signing failed"),
        ("entries", problem(400, "no"), "(400: no)"),
        ("entries", (503, {}, b""), "answers 503"),
        ("entries", (201, {}, b"null"), "signing failed"),
    ],
)
def test_what_the_instance_answers_is_told_in_words(service: Service, path: str, answer: Answer, said: str) -> None:
    service.spoil[path] = answer
    assert said in failed(service).message


def test_an_instance_that_echoes_the_token_does_not_show_it(service: Service) -> None:
    raw = token()
    service.spoil["signingCert"] = problem(400, f"what is {raw}?")
    assert "(the token)" in failed(service, raw).message


def test_an_instance_that_is_not_there_is_told(service: Service) -> None:
    config = service.instance.authority.client_trust_config()
    for part in ("caUrls", "rekorTlogUrls"):
        config["signingConfig"][part][0]["url"] = "http://127.0.0.1:9"
    error = failed(service, config=config)
    assert "http://127.0.0.1:9 cannot be reached" in error.message
    assert "proxy" in str(error.hint)


def test_a_certificate_of_another_instance_is_not_used(service: Service, other: Instance) -> None:
    config = service.instance.authority.client_trust_config()
    config["trustedRoot"] = other.authority.trusted_root()
    assert "not of the instance whose keys are trusted here" in failed(service, config=config).message


def test_what_does_not_hold_is_not_handed_out(service: Service, other: Instance) -> None:
    config = service.instance.authority.client_trust_config()
    config["trustedRoot"]["tlogs"] = other.authority.trusted_root()["tlogs"]
    error = failed(service, config=config)
    assert "does not hold, and was not used" in error.message


@pytest.mark.parametrize("config", ["", "{}", {"mediaType": "x"}, {}])
def test_a_configuration_that_is_none_is_told(config: Any) -> None:
    with pytest.raises(InputError, match="client trust configuration"):
        signing.sign(PUBLISHED, token(), config, AUDIENCE)


def test_the_token_of_a_job_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch, service: Service) -> None:
    for name in ("GITHUB_ACTIONS", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_URL", "CIRCLECI"):
        monkeypatch.delenv(name, raising=False)
    assert signing.ambient_token(AUDIENCE) is None
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(SigningError) as caught:
        signing.ambient_token(AUDIENCE)
    assert "id-token: write" in str(caught.value.hint)


def test_a_refusal_of_ones_own_signature_is_an_error_of_signing(service: Service) -> None:
    with pytest.raises(RefusedError):
        Verifier(service.instance.roots).verify({}, FILENAME, SHA256)
