"""Trusted publishing: a workflow's identity becomes an upload token, and a signature."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from tests.marketplace.service.issuer import Issuer, issuing
from tests.marketplace.service.market import Market, free_port, prepared, serving, statements, wheel

if TYPE_CHECKING:
    import httpx


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        yield made


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[Market]:
    trusted = {"url": issuer.url, "kind": "github", "jwks_url": f"{issuer.url}/keys"}
    settings = prepared(tmp_path_factory.mktemp("oidc"), free_port(), trust={"issuers": [trusted]})
    with serving(settings) as market:
        register(market, issuer)
        yield market


def register(market: Market, issuer: Issuer, /, **changes: str) -> httpx.Response:
    body = {
        "issuer": issuer.url,
        "plugin": "weather",
        "repository": "https://github.com/acme/weather",
        "repository_id": "123",
        "owner_id": "45",
        "workflow": ".github/workflows/release.yml",
        "ref": "refs/tags/*",
    }
    return market.client.post("/api/v1/namespaces/acme/publishers", json={**body, **changes}, headers=market.bearer())


def mint(market: Market, token: str) -> httpx.Response:
    return market.client.post("/_/oidc/mint-token", json={"token": token})


def audience(market: Market) -> str:
    return str(market.client.get("/_/oidc/audience").json()["audience"])


def test_a_workflow_publishes_what_it_is_registered_for(trusting: Market, issuer: Issuer) -> None:
    answer = mint(trusting, issuer.token(audience(trusting)))
    assert answer.status_code == 200, answer.text
    token = answer.json()["token"]
    filename, data = wheel("acme-weather")
    signed = trusting.sign_statements(statements(filename, data), issuer.token(trusting.settings.signing_audiences[0]))
    assert trusting.upload(filename, data, signed, token).status_code == 200
    publisher = trusting.client.get(f"/integrity/acme-weather/1.0.0/{filename}/provenance").json()
    assert publisher["attestation_bundles"][0]["publisher"]["kind"] == "OIDC"

    other, bytes_ = wheel("acme-another")
    signed = trusting.sign_statements(statements(other, bytes_), issuer.token(trusting.settings.signing_audiences[0]))
    refused = trusting.upload(other, bytes_, signed, token)
    assert (refused.status_code, refused.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize(
    "changes",
    [
        {"repository_id": "666"},  # the name was registered anew by somebody else
        {"repository_owner_id": "666"},
        {"ref": "refs/heads/evil"},
        {"workflow_ref": "acme/weather/.github/workflows/evil.yml@refs/tags/v1.0.0"},
    ],
)
def test_another_workflow_gets_nothing(trusting: Market, issuer: Issuer, changes: dict[str, str]) -> None:
    answer = mint(trusting, issuer.token(audience(trusting), **changes))
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "sigstore"},  # a token to sign with is none to publish with
        {"aud": "plugins.elsewhere.example"},
        {"aud": ["127.0.0.1", "sigstore"]},
        {"exp": 1_000_000_000},
        {"iss": "https://evil.example"},
        {"sub": None},
    ],
)
def test_another_token_gets_nothing(trusting: Market, issuer: Issuer, changes: dict[str, Any]) -> None:
    assert mint(trusting, issuer.token(audience(trusting), **changes)).status_code == 401


def test_a_token_that_another_key_has_signed(trusting: Market, issuer: Issuer) -> None:
    claims = jwt.decode(issuer.token(audience(trusting)), options={"verify_signature": False})
    forged = jwt.encode(claims, rsa.generate_private_key(65537, 2048), "RS256", headers={"kid": "k"})
    assert mint(trusting, forged).status_code == 401
    assert mint(trusting, jwt.encode(claims, "", "none", headers={"kid": "k"})).status_code == 401
    assert mint(trusting, "no.token.atall").status_code == 401


def test_an_identity_token_is_exchanged_once(trusting: Market, issuer: Issuer) -> None:
    token = issuer.token(audience(trusting))
    assert mint(trusting, token).status_code == 200
    assert mint(trusting, token).status_code == 401


def test_a_burnt_token_is_worth_nothing(trusting: Market, issuer: Issuer) -> None:
    token = mint(trusting, issuer.token(audience(trusting))).json()["token"]
    assert trusting.client.post("/_/oidc/burn-token", json={"token": token}).status_code == 204
    assert trusting.client.post("/_/oidc/burn-token", json={"token": "lumos-never-seen"}).status_code == 204
    assert trusting.upload(*wheel("acme-weather", "3.0.0"), [], token).status_code == 401


def test_a_token_expires(trusting: Market, issuer: Issuer) -> None:
    token = mint(trusting, issuer.token(audience(trusting))).json()["token"]

    async def found(service: Any) -> tuple[bool, bool]:
        from lumosai_marketplace.service.credentials import find

        async with service.reads() as session:
            now = service.clock()
            late = now + service.settings.publishing.token_seconds + 1
            return (await find(session, token, now) is not None, await find(session, token, late) is not None)

    assert trusting.run(found) == (True, False)


def test_who_is_registered_no_longer_loses_the_tokens_at_once(trusting: Market, issuer: Issuer) -> None:
    made = register(trusting, issuer, repository_id="777", plugin="").json()
    token = mint(trusting, issuer.token(audience(trusting), repository_id="777")).json()["token"]
    path = f"/api/v1/namespaces/acme/publishers/{made['id']}"
    assert trusting.client.delete(path, headers=trusting.bearer()).status_code == 204
    assert trusting.upload(*wheel("acme-weather", "3.0.0"), [], token).status_code == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"repository_id": "", "owner_id": "", "workflow": ""},  # anybody
        {"subject": "dev@acme.example"},  # both
        {"owner_id": ""},
        {"issuer": "javascript:alert(1)"},
        {"plugin": "../x"},
        {"workflow": "a\r\nb"},
    ],
)
def test_publishers_that_cannot_be(trusting: Market, issuer: Issuer, changes: dict[str, str]) -> None:
    assert register(trusting, issuer, **changes).status_code == 422
