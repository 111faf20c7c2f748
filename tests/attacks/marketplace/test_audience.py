"""Attacks with identity tokens: whoever runs an index is sent one to sign with, and is not to be anybody elsewhere."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.marketplace.client.wheels import make
from tests.marketplace.client.world import World, running
from tests.marketplace.service.issuer import Issuer, issuing

from lumosai.cli.plugins import sign as command
from lumosai_marketplace import audience
from lumosai_marketplace.client import publish
from lumosai_marketplace.client.keeper import Keeper
from lumosai_marketplace.client.login import Tokens
from lumosai_marketplace.client.source import Trust
from lumosai_marketplace.service.settings import TrustSettings
from lumosai_marketplace.trust import signing
from lumosai_marketplace.trust.signingerrors import SigningError

PUBLIC = "https%3A%2F%2Ftuf-repo-cdn.sigstore.dev"
HOSTILE = "https://plugins.hostile.example/"


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        yield made


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer) -> Iterator[World]:
    trust = TrustSettings.model_validate({"issuers": [{"url": issuer.url, "kind": "github", "jwks_url": issuer.url}]})
    with running(Path(tmp_path_factory.mktemp("audience")), trust=trust) as made:
        yield made


@pytest.fixture(scope="module")
def trust(world: World) -> Trust:
    return world.run(Keeper(world.owner().market).refresh(world.url))


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, issuer: Issuer) -> list[str]:
    """Let this be a job of a CI system that has a token for whoever is named; return who was."""
    made: list[str] = []

    def ambient(audience: str) -> str:
        made.append(audience)
        return issuer.token(audience)

    monkeypatch.setattr(signing, "ambient_token", ambient)
    return made


@pytest.fixture
def public() -> dict[str, Any]:
    """What an index says that has its plugins signed at the public instance."""
    folder = files("sigstore") / "_store" / PUBLIC
    return {
        "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        "trustedRoot": json.loads((folder / "trusted_root.json").read_text()),
        "signingConfig": json.loads((folder / "signing_config.v0.2.json").read_text()),
    }


def certified(world: World, token: str) -> int:
    body = {"credentials": {"oidcIdentityToken": token}, "certificateSigningRequest": "eA=="}
    return httpx.post(f"{world.url}sigstore/api/v2/signingCert", json=body).status_code


async def test_a_hostile_index_cannot_sign_elsewhere_with_the_token_that_it_is_sent(
    world: World, trust: Trust, asked: list[str], tmp_path: Path
) -> None:
    """Whoever works on a repository publishes in a hostile index as well; it uses the job's token at the honest one."""
    theirs = await publish.identity_token(replace(trust, instance=HOSTILE), Tokens(tmp_path / "logins.json"))
    assert asked == ["sigstore@plugins.hostile.example"]
    assert certified(world, theirs) == 401


async def test_the_job_signs_where_it_was_told_to(
    world: World, trust: Trust, asked: list[str], tmp_path: Path, issuer: Issuer
) -> None:
    token = await publish.identity_token(trust, Tokens(tmp_path / "logins.json"))
    filename, data = make("acme_built", "1.0.0")
    (tmp_path / filename).write_bytes(data)
    signed = publish.sign(tmp_path / filename, trust, token)
    verified = trust.verifier.verify(signed.attestations[0], filename, signed.wheel.sha256)
    assert verified.signer.issuer == issuer.url
    assert asked == list(world.settings.signing_audiences)


@pytest.mark.parametrize("aud", ["sigstore", "sigstore@127.0.0.1", "sigstore@127.0.0.1:1", "127.0.0.1", ["sigstore"]])
def test_the_ca_takes_tokens_for_itself_only(world: World, issuer: Issuer, aud: Any) -> None:
    assert certified(world, issuer.token(aud)) == 401
    # An honest one goes on to the signing request, which is none.
    assert certified(world, issuer.token(world.settings.signing_audiences[0])) == 422


@pytest.mark.parametrize("aud", ["sigstore", "sigstore@plugins.elsewhere.example"])
def test_people_get_no_tokens_for_other_instances(world: World, aud: str) -> None:
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": world.token,
        "audience": aud,
    }
    answer = httpx.post(f"{world.url}login/token", data=form)
    assert answer.json()["error"] in {"invalid_target", "invalid_grant"}


def test_the_public_instance_is_known_by_address_and_certificates(public: dict[str, Any], trust: Trust) -> None:
    ours = json.loads(json.dumps(dict(trust.signing_config or {})))
    assert signing.audience_for(HOSTILE, public) == audience.PUBLIC_GOOD
    for lie in (
        {**public, "trustedRoot": ours["trustedRoot"]},  # its name, and another CA is believed
        {**public, "signingConfig": ours["signingConfig"]},  # its certificates, and the token goes elsewhere
        _with_ca(public, "https://fulcio.sigstore.dev.hostile.example"),
        _with_ca(public, "http://fulcio.sigstore.dev"),
        _with_ca(public, "https://fulcio.sigstore.dev@hostile.example"),
        ours,
    ):
        assert signing.audience_for(HOSTILE, lie) == "sigstore@plugins.hostile.example"


def _with_ca(config: dict[str, Any], url: str) -> dict[str, Any]:
    """Return a configuration with one more CA, before the true one."""
    told = config["signingConfig"]
    return {**config, "signingConfig": {**told, "caUrls": [{**told["caUrls"][0], "url": url}, *told["caUrls"]]}}


def test_a_token_for_another_is_sent_only_by_who_names_it_and_is_warned(
    world: World, trust: Trust, issuer: Issuer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filename, data = make("acme_built", "2.0.0")
    (tmp_path / filename).write_bytes(data)
    token = issuer.token("sigstore")
    with pytest.raises(SigningError) as e:
        publish.sign(tmp_path / filename, trust, token)
    assert f"ask for the audience {world.settings.signing_audiences[0]}" in str(e.value.hint)
    assert command._audience_of(token, trust) == "sigstore"
    assert "whoever gets it can use it" in capsys.readouterr().err
    with pytest.raises(SigningError, match="401"):  # and this CA does not take it
        publish.sign(tmp_path / filename, trust, token, audience="sigstore")


def test_an_instance_takes_what_its_owner_lets_it(world: World) -> None:
    theirs = world.settings.model_copy(update={"trust": TrustSettings(audiences=("sigstore@old.example",))})
    assert theirs.signing_audiences == (world.settings.signing_audiences[0], "sigstore@old.example")


@pytest.mark.parametrize(
    ("url", "wanted"),
    [
        ("https://Plugins.Example/", "plugins.example"),
        ("https://plugins.example:443", "plugins.example"),
        ("https://plugins.example:8443/x", "plugins.example:8443"),
        ("http://[::1]:80/", "[::1]"),
    ],
)
def test_client_and_service_name_one_audience(url: str, wanted: str) -> None:
    assert (audience.publishing(url), audience.signing(url)) == (wanted, f"sigstore@{wanted}")


def test_a_job_without_a_token_is_told_what_to_configure(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_ACTIONS", "CIRCLECI", "BUILDKITE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITLAB_CI", "true")
    with pytest.raises(SigningError) as e:
        signing.ambient_token("sigstore@plugins.example:8443")
    assert "SIGSTORE_PLUGINS_EXAMPLE_8443_ID_TOKEN: { aud: sigstore@plugins.example:8443 }" in str(e.value.hint)
