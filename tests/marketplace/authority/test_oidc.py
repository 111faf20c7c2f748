"""Identity tokens: the service's own, and those of issuers that the operator trusts."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import UnrecognizedExtension, load_der_x509_certificate

from lumosai_marketplace.authority import issuers
from lumosai_marketplace.authority.claims import DETAILS, Claims
from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.authority.issuers import IssuerUnavailableError, TrustedIssuer, read_jwks
from lumosai_marketplace.authority.oidc import TokenVerifier
from lumosai_marketplace.fetching import fetch
from lumosai_marketplace.signer import Signer
from lumosai_sdk.errors import ConfigError, InputError, UnauthenticatedError

GITHUB = "https://token.actions.githubusercontent.com"
IDP = "https://login.acme.com"
SIGNING = "sigstore@localhost:8643"
WORKFLOW = "acme/weather/.github/workflows/release.yml@refs/tags/v1.2.0"


def jwk(key: Any, kid: str = "k1", **extra: str) -> dict[str, Any]:
    algorithm = (
        jwt.algorithms.ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else jwt.algorithms.RSAAlgorithm
    )
    return {**json.loads(algorithm.to_jwk(key.public_key())), "kid": kid, **extra}


class Idp:
    """A foreign issuer: its key, its tokens, and what it answers when it is asked for keys."""

    def __init__(self, issuer: str = IDP) -> None:
        self.issuer = issuer
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.published = [jwk(self.key)]
        self.asked: list[str] = []
        self.down = False

    def token(self, *, kid: str = "k1", **claims: Any) -> str:
        now = int(time.time())
        body = {"iss": self.issuer, "sub": "u1", "aud": SIGNING, "iat": now, "exp": now + 300, **claims}
        body = {name: value for name, value in body.items() if value is not None}
        return jwt.encode(body, self.key, "ES256", headers={"kid": kid})

    def person(self, **claims: Any) -> str:
        return self.token(**{"email": "dev@acme.com", "email_verified": True, **claims})

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if self.down:
            raise OSError("no answer")
        if url.endswith("openid-configuration"):
            return json.dumps({"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"}).encode()
        return json.dumps({"keys": self.published}).encode()

    def verifier(self, kind: Any = "email", **options: Any) -> TokenVerifier:
        return TokenVerifier([TrustedIssuer(self.issuer, kind, **options)], self.fetch)


@pytest.fixture
def idp() -> Idp:
    return Idp()


def workflow_claims(**changed: Any) -> dict[str, Any]:
    return {
        "sub": "repo:acme/weather:ref:refs/tags/v1.2.0",
        "repository": "acme/weather",
        "repository_id": "123",
        "repository_owner": "acme",
        "repository_owner_id": "45",
        "ref": "refs/tags/v1.2.0",
        "sha": "a" * 40,
        "workflow_ref": WORKFLOW,
        "workflow_sha": "b" * 40,
        "job_workflow_ref": WORKFLOW,
        "job_workflow_sha": "c" * 40,
        "event_name": "push",
        "run_id": "9",
        "run_attempt": "1",
        "runner_environment": "github-hosted",
        "repository_visibility": "public",
        **changed,
    }


async def test_the_services_own_token_names_its_person(authority: Authority) -> None:
    identity = await TokenVerifier().verify(authority.identity_token("dev@acme.com"), authority.oidc)
    assert identity.claims == Claims(authority.oidc.url, "dev@acme.com", challenge="dev@acme.com")
    assert identity.claims.signer() == Signer(authority.oidc.url, "dev@acme.com")


async def test_a_token_for_another_audience_is_good_for_that_one_only(authority: Authority) -> None:
    token = authority.identity_token("dev@acme.com", "lumos-marketplace")
    await TokenVerifier().verify(token, authority.oidc, "lumos-marketplace")
    with pytest.raises(UnauthenticatedError, match=r"(?i)audience"):
        await TokenVerifier().verify(token, authority.oidc)


async def test_tokens_outlive_the_rotation_of_their_key_for_a_while(authority: Authority) -> None:
    before = authority.identity_token("dev@acme.com")
    authority.rotate("oidc")
    assert len(authority.jwks()["keys"]) == 2
    for token in (before, authority.identity_token("dev@acme.com")):
        await TokenVerifier().verify(token, authority.oidc)


def test_nobody_without_an_address_gets_a_token(authority: Authority) -> None:
    for subject in ("dev", "dev@acme.com\n", "d\u00e9v@acme.com", "a@b@c", "x" * 300 + "@acme.com", "dev@acme..com"):
        with pytest.raises(InputError):
            authority.identity_token(subject)


async def test_a_person_of_a_trusted_issuer(authority: Authority, idp: Idp) -> None:
    identity = await idp.verifier().verify(idp.person(), authority.oidc)
    assert identity.claims.signer() == Signer(IDP, "dev@acme.com")
    assert idp.asked == [f"{IDP}/.well-known/openid-configuration", f"{IDP}/keys"]


async def test_without_an_issuer_of_its_own_a_service_takes_tokens_of_the_trusted_ones_only(
    authority: Authority, idp: Idp
) -> None:
    assert (await idp.verifier().verify_foreign(idp.person(), SIGNING)).claims.subject == "dev@acme.com"
    with pytest.raises(UnauthenticatedError, match="does not trust"):
        await idp.verifier().verify_foreign(authority.identity_token("dev@acme.com"), SIGNING)


async def test_keys_are_kept_and_asked_for_without_discovery_if_it_is_told_where_they_are(
    authority: Authority, idp: Idp
) -> None:
    verifier = idp.verifier(jwks_url="https://keys.acme.com/all")
    for _ in range(3):
        await verifier.verify(idp.person(), authority.oidc)
    assert idp.asked == ["https://keys.acme.com/all"]


async def test_rsa_keys_sign_with_rs256(authority: Authority, idp: Idp) -> None:
    key = rsa.generate_private_key(65537, 2048)
    idp.published = [jwk(key)]
    now = int(time.time())
    claims = {"iss": IDP, "sub": "u", "aud": SIGNING, "iat": now, "exp": now + 60}
    claims |= {"email": "dev@acme.com", "email_verified": True}
    token = jwt.encode(claims, key, "RS256", headers={"kid": "k1"})
    assert (await idp.verifier().verify(token, authority.oidc)).claims.subject == "dev@acme.com"


async def test_a_new_key_is_found_and_the_issuer_is_not_asked_for_every_unknown_one(
    authority: Authority, idp: Idp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issuers, "AGAIN", 1e9)
    verifier = idp.verifier()
    for number in range(20):
        with pytest.raises(UnauthenticatedError, match="does not publish"):
            await verifier.verify(idp.person(kid=f"unknown-{number}"), authority.oidc)
    assert len(idp.asked) == 2
    monkeypatch.setattr(issuers, "AGAIN", 0)
    idp.published.append(jwk(idp.key, "k2"))
    await verifier.verify(idp.person(kid="k2"), authority.oidc)


async def test_an_issuer_that_is_down_is_told_and_its_keys_serve_for_a_while(
    authority: Authority, idp: Idp, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = idp.verifier()
    await verifier.verify(idp.person(), authority.oidc)
    idp.down = True
    monkeypatch.setattr(issuers, "FRESH", -1)
    monkeypatch.setattr(issuers, "AGAIN", 0)
    await verifier.verify(idp.person(), authority.oidc)
    monkeypatch.setattr(issuers, "STALE", -1)
    with pytest.raises(IssuerUnavailableError, match=IDP):
        await verifier.verify(idp.person(), authority.oidc)


async def test_a_workflows_claims_become_a_certificates_and_those_the_signer(authority: Authority) -> None:
    from lumosai_marketplace.trust.certificates import signer_of

    github = Idp(GITHUB)
    identity = await github.verifier("github").verify(github.token(**workflow_claims()), authority.oidc)
    assert identity.claims.details.keys() == DETAILS.keys()
    assert identity.claims.challenge == "repo:acme/weather:ref:refs/tags/v1.2.0"
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    leaf = load_der_x509_certificate(authority.issue(public, identity.claims)[0])
    arcs = {e.oid.dotted_string for e in leaf.extensions if isinstance(e.value, UnrecognizedExtension)}
    assert {f"1.3.6.1.4.1.57264.1.{n}" for n in range(8, 23)} <= arcs
    assert signer_of(leaf) == identity.claims.signer()
    assert identity.claims.signer() == Signer(
        issuer=GITHUB,
        subject=f"https://github.com/{WORKFLOW}",
        repository="https://github.com/acme/weather",
        repository_id="123",
        owner_id="45",
        workflow=".github/workflows/release.yml",
        ref="refs/tags/v1.2.0",
        commit="a" * 40,
    )


async def test_only_what_the_token_has_is_claimed(authority: Authority) -> None:
    github = Idp(GITHUB)
    missing = ("workflow_ref", "workflow_sha", "run_id", "run_attempt", "sha", "event_name")
    token = github.token(**workflow_claims(**dict.fromkeys(missing)))
    details = (await github.verifier("github").verify(token, authority.oidc)).claims.details
    assert "build_config_uri" not in details
    assert "run_invocation_uri" not in details
    assert details["source_repository_identifier"] == "123"


async def test_a_workflow_of_another_repository_stays_visible_as_such(authority: Authority) -> None:
    from lumosai_marketplace.trust.certificates import signer_of

    github = Idp(GITHUB)
    shared = "acme/shared/.github/workflows/build.yml@refs/heads/main"
    token = github.token(**workflow_claims(job_workflow_ref=shared, workflow_ref=shared))
    claims = (await github.verifier("github").verify(token, authority.oidc)).claims
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    found = signer_of(load_der_x509_certificate(authority.issue(public, claims)[0]))
    assert found == claims.signer()
    assert found.workflow == f"https://github.com/{shared}"


@pytest.mark.parametrize(
    "url",
    [
        "http://login.acme.com",
        "https://user@login.acme.com",
        "https://login.acme.com?x=1",
        "https://login.acme.com#x",
        "file:///etc/passwd",
        "login.acme.com",
    ],
)
def test_an_issuer_that_could_be_listened_to_is_no_issuer(url: str) -> None:
    with pytest.raises(ConfigError):
        TrustedIssuer(url, "email")
    with pytest.raises(ConfigError):
        TrustedIssuer(IDP, "email", jwks_url=url)


def test_keys_that_do_not_sign_here_are_passed_over() -> None:
    good, small = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 1024)
    keys = [
        jwk(good, "good"),
        jwk(small, "small"),
        jwk(ec.generate_private_key(ec.SECP384R1()), "p384"),
        jwk(good, "encrypts", use="enc"),
        jwk(good, "hmac", alg="HS256"),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "oct"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "broken"},
        {"kty": "EC", "crv": "P-256", "kid": "empty"},
        {**jwk(good), "kid": 5},
        "no key",
    ]
    assert list(read_jwks(json.dumps({"keys": keys}).encode())) == ["good"]


Serve = Callable[[Callable[[web.Request], Awaitable[web.StreamResponse]]], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    runners: list[web.AppRunner] = []

    async def start(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> str:
        app = web.Application()
        app.router.add_get("/{path:.*}", handler)
        runner = web.AppRunner(app)
        runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


async def test_keys_come_over_http(authority: Authority, serve: Serve) -> None:
    idp = Idp()

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=await idp.fetch(str(request.url)))

    idp.issuer = await serve(answer)
    verifier = TokenVerifier([TrustedIssuer(idp.issuer, "email")])
    assert (await verifier.verify(idp.person(), authority.oidc)).claims.issuer == idp.issuer


async def test_what_is_fetched_is_bounded_and_not_followed(serve: Serve, tmp_path: Path) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/redirect":
            raise web.HTTPFound("/large")
        if request.path == "/missing":
            raise web.HTTPNotFound
        response = web.StreamResponse(headers={"Content-Encoding": "gzip"} if request.path == "/zipped" else None)
        await response.prepare(request)
        for _ in range(1 if request.path == "/zipped" else 64):
            await response.write(b"x" * 16_384)
        return response

    url = await serve(answer)
    for path, why in (("redirect", "302"), ("missing", "404"), ("large", "more than")):
        with pytest.raises(ValueError, match=why):
            await fetch(f"{url}/{path}")
    assert len(await fetch(f"{url}/zipped")) == 16_384  # as it arrived: nothing is unpacked
    with pytest.raises(OSError, match="no answer"):
        await fetch("http://127.0.0.1:1/")
