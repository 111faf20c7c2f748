"""Tokens of an issuer, good and forged; what an issuer publishes, good and hostile."""

# ruff: noqa: PLR2004 - tests count things
from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import jwt
import pytest
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from lumosai_plugins.jwt import issuer as issuer_module
from lumosai_plugins.jwt.authenticator import Tokens
from lumosai_plugins.jwt.issuer import IssuerUnavailableError
from lumosai_sdk import AuthRequest, PluginContext
from lumosai_sdk.errors import ConfigError, UnauthenticatedError
from lumosai_sdk.testing.conformance.auth import AuthConformance

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024)


def jwk(key: Any, kid: Any = "one", **more: Any) -> dict[str, Any]:
    kind = jwt.algorithms.ECAlgorithm if isinstance(key, ec.EllipticCurvePrivateKey) else jwt.algorithms.RSAAlgorithm
    return {**kind.to_jwk(key.public_key(), as_dict=True), "kid": kid, "use": "sig", **more}


class Idp:
    """An issuer on this machine."""

    def __init__(self) -> None:
        self.keys: list[Any] = [jwk(RSA), jwk(EC, "two")]
        self.fetched: list[str] = []
        self.url = ""
        self.discovery: dict[str, Any] = {}
        self.raw: bytes | None = None
        self.headers: dict[str, str] = {}
        self.status = 200

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.fetched.append(request.path)
        if request.path.endswith("openid-configuration"):
            return web.json_response({"issuer": self.url, "jwks_uri": f"{self.url}/keys", **self.discovery})
        body = self.raw if self.raw is not None else json.dumps({"keys": self.keys}).encode()
        return web.Response(body=body, status=self.status, headers=self.headers)

    def token(self, key: Any = RSA, kid: str = "one", algorithm: str = "RS256", head: Any = None, **claims: Any) -> str:
        now = int(time.time())
        body = {"iss": self.url, "aud": "lumos", "sub": "ada", "iat": now, "exp": now + 60, "scope": "run", **claims}
        body = {k: v for k, v in body.items() if v is not None}
        return jwt.encode(body, key, algorithm, headers={"kid": kid, **(head or {})})


@pytest.fixture
async def idp() -> AsyncIterator[Idp]:
    made = Idp()
    app = web.Application()
    app.router.add_get("/{path:.*}", made.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield made
    await runner.cleanup()


def tokens(idp: Idp, **settings: Any) -> Tokens:
    permissions = {"run": ["agent.run", "run.read"], "admin": ["*"]}
    given = {"issuer": idp.url, "audience": "lumos", "permissions": permissions, **settings}
    return Tokens(PluginContext("jwt", settings=given))


def _issuer(made: Tokens) -> issuer_module.Issuer:
    assert made._issuer is not None
    return made._issuer


def shown(token: str) -> AuthRequest:
    return AuthRequest({"authorization": f"Bearer {token}"})


class TestAuth(AuthConformance):
    @pytest.fixture
    def authenticator(self, idp: Idp) -> Tokens:
        return tokens(idp)

    @pytest.fixture
    def secret(self, idp: Idp) -> str:
        return idp.token()

    @pytest.fixture
    def known(self, secret: str) -> AuthRequest:
        return shown(secret)


async def test_claims_become_a_caller(idp: Idp) -> None:
    made = tokens(idp, tenant_claim="org.name", permissions_claim="realm.roles")
    token = idp.token(EC, "two", "ES256", org={"name": "acme"}, realm={"roles": ["run", "unknown", 5]})
    who = await made.authenticate(shown(token))
    assert who is not None
    assert (who.id, who.tenant, who.credential) == ("ada", "acme", "jwt:acme/ada")
    assert who.scopes == {"agent.run", "run.read"}
    assert idp.fetched == ["/.well-known/openid-configuration", "/keys"]


async def test_words_of_a_claim_are_no_scopes_of_the_host(idp: Idp) -> None:
    who = await tokens(idp).authenticate(shown(idp.token(scope="* agent.run plugin.manage")))
    assert who is not None
    assert who.scopes == frozenset()


@pytest.mark.parametrize("claims", [
    {"exp": 1}, {"exp": None}, {"aud": "other"}, {"aud": None}, {"nbf": int(time.time()) + 86_400}, {"iat": None},
    {"iat": int(time.time()) + 86_400}, {"iat": 1}, {"sub": None}, {"sub": ""}, {"sub": "a\nb"}, {"sub": "x" * 300},
    {"iat": "soon"}, {"exp": "never"},
])  # fmt: skip
async def test_claims_that_are_not_good_are_refused(idp: Idp, claims: dict[str, Any]) -> None:
    with pytest.raises(UnauthenticatedError):
        await tokens(idp).authenticate(shown(_unchecked(idp, claims)))


def _unchecked(idp: Idp, claims: dict[str, Any]) -> str:
    """Return a signed token of any claims: the library refuses to write some."""
    body = jwt.decode(idp.token(), options={"verify_signature": False})
    body = {k: v for k, v in {**body, **claims}.items() if v is not None}
    return jwt.api_jws.encode(json.dumps(body).encode(), RSA, "RS256", {"kid": "one", "typ": "JWT"})


async def test_clocks_may_differ_by_the_leeway(idp: Idp) -> None:
    now = int(time.time())
    assert await tokens(idp).authenticate(shown(idp.token(iat=now + 10, exp=now - 10)))


async def test_a_tenant_that_would_be_another_is_refused(idp: Idp) -> None:
    made = tokens(idp, tenant_claim="org")
    unfit: list[Any] = ["a/b", None, 5, [], ""]
    for org in unfit:
        with pytest.raises(UnauthenticatedError):
            await made.authenticate(shown(idp.token(org=org)))


# --- forged


def _part(value: Any) -> bytes:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=")


def _by_hmac(idp: Idp, secret: bytes) -> str:
    claims = jwt.decode(idp.token(), options={"verify_signature": False})
    signed = _part({"alg": "HS256", "typ": "JWT", "kid": "one"}) + b"." + _part(claims)
    mac = hmac.new(secret, signed, hashlib.sha256).digest()
    return (signed + b"." + base64.urlsafe_b64encode(mac).rstrip(b"=")).decode()


async def test_a_public_key_is_no_password(idp: Idp) -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    public = RSA.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    made = tokens(idp)
    for secret in (pem, json.dumps(idp.keys[0]).encode(), b""):
        with pytest.raises(UnauthenticatedError):
            await made.authenticate(shown(_by_hmac(idp, secret)))
    assert idp.fetched == []


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "HS256", "RS384", "ES512", "", None, 5, ["RS256"]])
async def test_only_what_is_configured_signs(idp: Idp, algorithm: Any) -> None:
    good = idp.token().split(".")
    forged = f"{_part({'alg': algorithm, 'typ': 'JWT', 'kid': 'one'}).decode()}.{good[1]}.{good[2]}"
    assert await _refuses(tokens(idp), forged)


async def _refuses(made: Tokens, token: str) -> bool:
    try:
        return await made.authenticate(shown(token)) is None
    except UnauthenticatedError:
        return True


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512"])
def test_no_setting_allows_what_anybody_could_sign(algorithm: str) -> None:
    import tomllib
    from pathlib import Path

    import lumosai_plugins.jwt as package

    manifest = tomllib.loads(Path(str(package.__file__)).with_name("lumos-plugin.toml").read_text())
    assert algorithm not in manifest["settings_schema"]["properties"]["algorithms"]["items"]["enum"]


async def test_a_key_in_the_token_or_where_it_points_is_not_believed(idp: Idp) -> None:
    made = tokens(idp)
    for head in ({"jwk": jwk(OTHER)}, {"jku": f"{idp.url}/evil"}, {"x5u": f"{idp.url}/evil"}, {"crit": ["x"], "x": 1},
                 {"typ": "logout+jwt"}):  # fmt: skip
        assert await _refuses(made, idp.token(OTHER, head=head))
    assert "/evil" not in idp.fetched


@pytest.mark.parametrize(
    "kid", ["../../etc/passwd", "http://evil.example/k", "one' OR 1=1", "", "\x00", "k" * 257, "two"]
)
async def test_a_key_id_is_a_name_and_nothing_more(idp: Idp, kid: str) -> None:
    with pytest.raises(UnauthenticatedError):
        await tokens(idp).authenticate(shown(idp.token(kid=kid)))
    assert set(idp.fetched) <= {"/.well-known/openid-configuration", "/keys"}


async def test_a_token_of_another_issuer_is_left_to_others_and_nobody_is_asked(idp: Idp) -> None:
    assert await tokens(idp).authenticate(shown(idp.token(iss="https://evil.example"))) is None
    assert idp.fetched == []


async def test_a_large_token_is_not_even_looked_at(idp: Idp) -> None:
    assert await tokens(idp).authenticate(shown(idp.token(filler="x" * 9000))) is None
    assert idp.fetched == []


# --- what the issuer publishes


async def test_new_keys_are_found_and_unknown_ones_do_not_flood_the_issuer(
    idp: Idp, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    made = tokens(idp)
    monkeypatch.setattr(_issuer(made), "_clock", lambda: now[0])
    assert await made.authenticate(shown(idp.token()))
    for n in range(50):
        with pytest.raises(UnauthenticatedError):
            await made.authenticate(shown(idp.token(OTHER, f"made-up-{n}")))
    assert len(idp.fetched) == 2
    idp.keys = [jwk(OTHER, "next")]
    now[0] += issuer_module.PAUSE + 1
    assert await made.authenticate(shown(idp.token(OTHER, "next")))
    with pytest.raises(UnauthenticatedError):
        await made.authenticate(shown(idp.token()))


async def test_keys_are_kept_while_the_issuer_is_away_but_not_for_ever(
    idp: Idp, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    made = tokens(idp)
    monkeypatch.setattr(_issuer(made), "_clock", lambda: now[0])
    assert await made.authenticate(shown(idp.token()))
    idp.status = 500
    now[0] += 600
    assert await made.authenticate(shown(idp.token()))
    await made.aclose()
    now[0] += 3600
    with pytest.raises(IssuerUnavailableError, match="the answer is 500"):
        await made.authenticate(shown(idp.token()))


HOSTILE: list[Any] = [
    b"x" * (300 * 1024), b"[" * 100_000, b"\xff", b"[]", b'{"keys": 5}',
    json.dumps({"keys": [{"kty": "RSA"}] * 65}).encode(),
]  # fmt: skip


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_bomb_of_keys_is_refused(idp: Idp, body: bytes) -> None:
    idp.raw = body
    with pytest.raises(IssuerUnavailableError):
        await tokens(idp).authenticate(shown(idp.token()))


@pytest.mark.parametrize("key", [
    {**jwk(RSA), "kty": "oct", "k": "AAAA"}, jwk(SMALL), jwk(RSA, use="enc"), jwk(RSA, alg="RS512"),
    jwk(RSA, key_ops=["encrypt"]), jwk(RSA, d="x"), jwk(RSA, n="A" * 200_000), jwk(RSA, e="AQ"), 5, {"kid": "one"},
    jwk(RSA, kid=5), {**jwk(EC, "one"), "crv": "P-384"},
])  # fmt: skip
async def test_keys_that_are_not_for_this_are_none(idp: Idp, key: Any) -> None:
    idp.keys = [key, jwk(EC, "two")]
    made = tokens(idp)
    signer = SMALL if key == jwk(SMALL) else RSA
    with pytest.raises(UnauthenticatedError), pytest.warns() if signer is SMALL else _quiet():
        await made.authenticate(shown(idp.token(signer)))
    assert await made.authenticate(shown(idp.token(EC, "two", "ES256")))


def _quiet() -> Any:
    from contextlib import nullcontext

    return nullcontext()


@pytest.mark.parametrize("where", ["http://127.0.0.2/keys", "https://evil.example/keys", "file:///etc/passwd", 5, None])
async def test_discovery_does_not_lead_elsewhere(idp: Idp, where: Any) -> None:
    idp.discovery = {"jwks_uri": where}
    with pytest.raises(IssuerUnavailableError, match="another host"):
        await tokens(idp).authenticate(shown(idp.token()))


async def test_discovery_of_another_issuer_is_refused(idp: Idp) -> None:
    idp.discovery = {"issuer": "https://evil.example"}
    with pytest.raises(IssuerUnavailableError, match="another issuer"):
        await tokens(idp).authenticate(shown(idp.token()))


async def test_redirects_and_packed_answers_are_not_followed(idp: Idp) -> None:
    idp.status, idp.headers = 302, {"location": f"{idp.url}/elsewhere"}
    with pytest.raises(IssuerUnavailableError, match="302"):
        await tokens(idp).authenticate(shown(idp.token()))
    assert "/elsewhere" not in idp.fetched
    idp.status, idp.headers, idp.raw = 200, {"content-encoding": "gzip"}, b"\x1f\x8b"
    with pytest.raises(IssuerUnavailableError, match="packed"):
        await tokens(idp).authenticate(shown(idp.token()))


@pytest.mark.parametrize("settings", [
    {"issuer": "https://a.example"}, {"audience": "x"}, {"issuer": "http://a.example", "audience": "x"},
    {"issuer": "https://u:p@a.example", "audience": "x"}, {"issuer": "https://a.example:99999", "audience": "x"},
    {"issuer": "https://a.example", "audience": "x", "jwks_uri": "http://b.example"},
])  # fmt: skip
def test_settings_that_are_not_safe_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        Tokens(PluginContext("jwt", settings=settings))


async def test_where_nothing_is_set_up_nobody_is_let_in() -> None:
    made = Tokens(PluginContext("jwt"))
    with pytest.raises(ConfigError, match="issuer and audience"):
        await made.authenticate(shown("a.b.c"))
    await made.aclose()
