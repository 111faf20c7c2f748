"""The routes: sigstore's own client signs against them, unmodified, and its verifier accepts what came of it."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import json
import socket
import threading
from base64 import b64encode
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import serialization as ser
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import load_pem_x509_certificate, load_pem_x509_certificates
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.authority.oidc import TokenVerifier
from lumosai_marketplace.service import sigstore
from lumosai_marketplace.service.sigstore import Sigstore
from lumosai_marketplace.statement import PUBLISH, Statement
from lumosai_sdk.errors import LumosError


def application(authority: Authority) -> FastAPI:
    app = FastAPI()
    parts = Sigstore(authority, TokenVerifier(), (authority.oidc.audience,))
    app.include_router(sigstore.router)
    app.dependency_overrides[sigstore.of_service] = lambda: parts

    @app.exception_handler(LumosError)
    async def problem(_request: Request, error: LumosError) -> JSONResponse:
        return JSONResponse(error.to_json(), status_code=error.status)

    return app


@pytest.fixture
async def client(authority: Authority) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(authority))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8643") as made:
        yield made


async def certified(client: httpx.AsyncClient, body: dict[str, Any], token: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return await client.post("/sigstore/api/v2/signingCert", json=body, headers=headers)


def key_request(key: ec.EllipticCurvePrivateKey, challenge: str) -> dict[str, Any]:
    pem = key.public_key().public_bytes(ser.Encoding.PEM, ser.PublicFormat.SubjectPublicKeyInfo).decode()
    proof = b64encode(key.sign(challenge.encode(), ec.ECDSA(hashes.SHA256()))).decode()
    return {"publicKeyRequest": {"publicKey": {"algorithm": "ECDSA", "content": pem}, "proofOfPossession": proof}}


async def test_a_key_is_certified_for_whoever_signs_their_identity_with_it(
    client: httpx.AsyncClient, authority: Authority
) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    answer = await certified(client, key_request(key, "dev@acme.com"), authority.identity_token("dev@acme.com"))
    assert answer.status_code == 200
    chain = answer.json()["signedCertificateEmbeddedSct"]["chain"]["certificates"]
    assert len(chain) == 3
    leaf, above, root = (load_pem_x509_certificate(c.encode()) for c in chain)
    leaf.verify_directly_issued_by(above)
    above.verify_directly_issued_by(root)
    assert leaf.public_key() == key.public_key()


async def test_the_token_may_stand_in_the_body(client: httpx.AsyncClient, authority: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    credentials = {"credentials": {"oidcIdentityToken": authority.identity_token("dev@acme.com")}}
    answer = await client.post("/api/v2/signingCert", json={**credentials, **key_request(key, "dev@acme.com")})
    assert answer.status_code == 200


async def test_what_is_public_is_there(client: httpx.AsyncClient, authority: Authority) -> None:
    for name, wanted in (
        ("trusted_root.json", authority.trusted_root()),
        ("signing_config.v0.2.json", authority.signing_config()),
        ("client_trust_config.json", authority.client_trust_config()),
    ):
        assert (await client.get(f"/sigstore/trust/{name}")).json() == wanted
    discovery = (await client.get("/sigstore/oauth2/.well-known/openid-configuration")).json()
    assert discovery["issuer"] == authority.oidc.url
    keys = await client.get(discovery["jwks_uri"])
    assert keys.json() == authority.jwks()
    bundle = (await client.get("/sigstore/api/v2/trustBundle")).json()
    assert [len(chain["certificates"]) for chain in bundle["chains"]] == [2]
    stamps = (await client.get("/sigstore/api/v1/timestamp/certchain")).content
    assert len(load_pem_x509_certificates(stamps)) == 2


async def test_a_document_that_there_is_not_is_told_with_those_that_there_are(client: httpx.AsyncClient) -> None:
    answer = await client.get("/sigstore/trust/root.json")
    assert answer.status_code == 404
    assert "trusted_root.json" in answer.json()["message"]


@contextmanager
def served(app: FastAPI, listening: socket.socket) -> Iterator[None]:
    import uvicorn

    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(10)


def test_sigstores_own_client_signs_against_it_and_its_verifier_accepts(tmp_path: Path, logged: Any) -> None:
    from sigstore.dsse import Statement as SigstoreStatement
    from sigstore.models import ClientTrustConfig
    from sigstore.oidc import IdentityToken, Issuer
    from sigstore.sign import SigningContext
    from sigstore.verify import Verifier, policy

    statement = Statement("acme_weather-1.0.0-py3-none-any.whl", "ab" * 32, PUBLISH).encode()
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        authority = Authority.create(tmp_path / "served", url=url)
        app = application(authority)

        @app.post("/sigstore/api/v1/log/entries", status_code=201)
        async def entries(request: Request) -> dict[str, Any]:
            return {"0" * 64: logged(authority, await request.json())}

        with served(app, listening):
            config = ClientTrustConfig.from_json(json.dumps(authority.client_trust_config()))
            assert Issuer(config.signing_config.get_oidc_url()).oidc_config.token_endpoint.startswith(url)
            token = IdentityToken(authority.identity_token("dev@acme.com"), authority.oidc.audience)
            with SigningContext.from_trust_config(config).signer(token) as signer:
                bundle = signer.sign_dsse(SigstoreStatement(statement))
    assert bundle.verification_material.timestamp_verification_data is not None
    wanted = policy.Identity(identity="dev@acme.com", issuer=authority.oidc.url)
    assert Verifier(trusted_root=config.trusted_root).verify_dsse(bundle, wanted)[1] == statement


async def test_the_routes_of_a_service_work_with_its_instance_and_say_so_when_it_has_none(authority: Authority) -> None:
    app = FastAPI()
    app.include_router(sigstore.router)
    app.state.service = SimpleNamespace(
        authority=authority, tokens=TokenVerifier(), settings=SimpleNamespace(url=authority.url, signing_audiences=())
    )

    @app.exception_handler(LumosError)
    async def problem(_request: Request, error: LumosError) -> JSONResponse:
        return JSONResponse(error.to_json(), status_code=error.status)

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=authority.url) as client:
        assert (await client.get("/sigstore/trust/trusted_root.json")).json() == authority.trusted_root()
        app.state.service.authority = None
        answer = await client.get("/sigstore/trust/trusted_root.json")
    assert answer.status_code == 404
    assert "trusts another one" in answer.json()["hint"]
