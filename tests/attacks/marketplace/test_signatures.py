# ruff: noqa: PLR2004
"""The threats that the verifier and the owner's policy answer, each beside its honest twin.

The numbers are those of the threat list in the design of the marketplace.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.marketplace.trust.making import (
    GITHUB,
    PERSON,
    REPOSITORY,
    URL,
    Instance,
    ago,
    b64,
    changed,
    narrowed,
    workflow,
)
from tests.marketplace.trust.serving import files, serving

from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.authority.tufrepo import TufRepository
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.statement import PAYLOAD, PUBLISH, Statement
from lumosai_marketplace.trust import pep740
from lumosai_marketplace.trust.permissions import diff
from lumosai_marketplace.trust.policy import Policy, Request
from lumosai_marketplace.trust.revocations import Revocations, Revoked
from lumosai_marketplace.trust.roots import Roots
from lumosai_marketplace.trust.signing import sign
from lumosai_marketplace.trust.signingerrors import SigningError
from lumosai_marketplace.trust.tufclient import ROOT, TufClient
from lumosai_marketplace.trust.verify import Verified, Verifier
from lumosai_sdk.permissions import Permissions

WHEEL = b"PK honest bytes"
EVIL = b"PK evil bytes"
FILE = "acme_weather-1.0.0-py3-none-any.whl"
POLICY = Policy.parse(
    f"""
    [[rule]]
    name = "acme"
    plugins = "acme/*"
    instance = "{URL}"
    index = "{URL}"
    issuer = "{GITHUB}"
    repository = "{REPOSITORY}"
    repository_id = "123"
    owner_id = "45"
    workflow = ".github/workflows/release.yml"
    ref = "refs/tags/v*"
    max_permissions = {{ http = ["GET https://api.open-meteo.com/*"] }}
    """
)


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def about(data: bytes, name: str = FILE) -> Statement:
    return Statement(name, digest(data), PUBLISH)


@pytest.fixture(scope="module")
def us(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    return Instance(Authority.create(tmp_path_factory.mktemp("us") / "authority", url=URL))


@pytest.fixture(scope="module")
def them(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """An attacker's instance: the same names, other keys."""
    return Instance(Authority.create(tmp_path_factory.mktemp("them") / "authority", url=URL))


@pytest.fixture(scope="module")
def verifier(us: Instance) -> Verifier:
    return Verifier(us.roots)


def refusal(verifier: Verifier, bundle: dict[str, Any], data: bytes = WHEEL, name: str = FILE) -> str:
    with pytest.raises(RefusedError) as caught:
        verifier.verify_bundle(bundle, name, digest(data))
    return caught.value.rule


def taken(verifier: Verifier, bundle: dict[str, Any], data: bytes = WHEEL, name: str = FILE) -> Verified:
    return verifier.verify_bundle(bundle, name, digest(data))


def holds(verifier: Verifier, bundle: dict[str, Any], data: bytes = WHEEL) -> None:
    assert taken(verifier, bundle, data).statement == about(data)


def later(**how: float) -> datetime:
    return datetime.now(UTC) + timedelta(**how)


def asked(signer: Signer, **other: Any) -> Request:
    made = Request(Name("acme", "weather"), "1.0.0", signer, URL, URL, signed=time.time(), now=time.time())
    return replace(made, **other)


def judged(request: Request) -> str:
    try:
        POLICY.decide(request)
    except RefusedError as e:
        return e.rule
    return "let in"


# --- 5: a repository is registered anew


def test_5_another_workflow_or_branch_of_the_repository_is_not_the_one(us: Instance, verifier: Verifier) -> None:
    for details, rule in (
        ({"build_config_uri": f"{REPOSITORY}/.github/workflows/pr.yml@refs/tags/v1.0.0"}, "trust.workflow"),
        ({"source_repository_ref": "refs/pull/7/merge"}, "trust.workflow"),
        ({"source_repository_ref": "refs/tags/v1.0.0", "build_config_uri": REPOSITORY}, "trust.workflow"),
    ):
        assert judged(asked(taken(verifier, us.bundle(about(WHEEL), workflow(**details))).signer)) == rule


# --- 6: the signing key is stolen, ten minutes later


def test_6_a_stolen_key_signs_nothing_after_its_minutes(us: Instance, verifier: Verifier) -> None:
    late = us.bundle(about(EVIL), logged=later(minutes=20))
    assert refusal(verifier, late, EVIL) == "signature.ca"
    holds(verifier, us.bundle(about(WHEEL), logged=later(minutes=9)))


def test_6_turning_the_clock_back_breaks_what_the_log_has_signed(us: Instance, verifier: Verifier) -> None:
    bundle = us.bundle(about(EVIL), logged=later(minutes=20), stamped=later(minutes=1))
    entry = "verificationMaterial.tlogEntries.0"
    earlier = str(int(later(minutes=1).timestamp()))
    assert refusal(verifier, changed(bundle, f"{entry}.integratedTime", earlier), EVIL) == "signature.log"
    late = us.bundle(about(EVIL), logged=later(minutes=20), stamped=later(minutes=20))
    without = changed(changed(late, f"{entry}.integratedTime", None), f"{entry}.inclusionPromise", None)
    assert refusal(verifier, without, EVIL) == "signature.ca"
    # In an index's attestation the log's time is the only one, and cannot be left out.
    with pytest.raises(RefusedError) as caught:
        pep740.from_bundle(without)
    assert caught.value.rule == "signature.time"


# --- 9: metadata are rolled back, or frozen


class Served:
    def __init__(self, folder: Path, roots: Roots) -> None:
        self.repository = TufRepository.create(folder / "tuf")
        self.repository.publish({ROOT: roots.text.encode()})
        self.folder = folder
        self.url = ""

    def revoke(self, serial: int, *entries: Revoked, at: datetime | None = None) -> None:
        self.repository.publish({"revocations.json": Revocations(serial, entries).to_json()}, at=at)

    def client(self, name: str = "client") -> TufClient:
        return TufClient(self.url, self.folder / name, self.repository.bootstrap(), offline_days=2)


@pytest.fixture
def served(tmp_path: Path, us: Instance) -> Iterator[Served]:
    made = Served(tmp_path, us.roots)
    made.revoke(1)
    with serving(files(made.repository.public)) as url:
        made.url = url
        yield made


def test_9_and_20_who_is_shown_the_same_for_too_long_is_told(served: Served) -> None:
    client = served.client()
    client.refresh()
    served.revoke(3, at=datetime.now(UTC) - timedelta(days=300))
    with pytest.raises(RefusedError) as caught:
        client.refresh()
    assert caught.value.rule == "tuf.expired"
    served.revoke(4)
    assert client.refresh().revocations.serial == 4


def test_20_a_list_that_is_too_old_is_not_used(served: Served) -> None:
    client = served.client()
    served.revoke(2, Revoked(digest(EVIL)))
    client.refresh()
    assert client.offline(time.time() + 86_400).revocations.find(digest(EVIL))
    for later in (3 * 86_400, -86_400):
        with pytest.raises(RefusedError) as caught:
            client.offline(time.time() + later)
        assert caught.value.rule == "tuf.stale"


def test_20_what_is_revoked_stays_so_whatever_newer_list_is_signed(served: Served) -> None:
    client = served.client()
    served.revoke(5, Revoked(digest(EVIL)))
    with pytest.raises(RefusedError) as caught:
        client.refresh().revocations.check(digest(EVIL))
    assert caught.value.rule == "tuf.revoked"
    served.revoke(4)
    with pytest.raises(RefusedError) as caught:
        client.refresh()
    assert caught.value.rule == "tuf.rollback"
    client.offline().revocations.check(digest(WHEEL))


# --- 10: keys that have expired or were retired


@pytest.mark.parametrize(
    ("part", "rule"),
    [("certificateAuthorities", "signature.ca"), ("ctlogs", "signature.sct"), ("tlogs", "signature.log")],
)
def test_10_a_retired_key_signs_nothing_new_and_what_is_old_still_holds(us: Instance, part: str, rule: str) -> None:
    root = narrowed(us.authority.trusted_root(), part, ago(hours=1), ago(days=5))
    new = us.bundle(about(EVIL))
    assert refusal(Verifier(root), new, EVIL) == rule
    ever = narrowed(us.authority.trusted_root(), part, None, ago(days=5))
    holds(Verifier(ever), new, EVIL)


def test_10_an_expired_ca_certificate_signs_nothing(tmp_path: Path) -> None:
    old = Instance(Authority.create(tmp_path / "authority", url=URL))
    then = later(days=365 * 20)
    assert refusal(Verifier(old.roots), old.bundle(about(EVIL), at=then, logged=then), EVIL) == "signature.ca"


# --- 16: an update that asks for more


def test_16_an_update_that_asks_for_more_is_not_let_in_and_says_what(us: Instance) -> None:
    before = Permissions(http=("GET https://api.open-meteo.com/*",))
    after = Permissions(http=("* https://*/*",), files=("read ~",))
    signer = workflow().signer()
    assert judged(asked(signer, permissions=before)) == "let in"
    assert judged(asked(signer, permissions=after)) == "trust.max-permissions"
    changes = diff(before, after)
    assert [(c.what, c.right.risk) for c in changes] == [("added", "high"), ("widened", "high")]
    assert judged(asked(signer, runtime="python")) == "trust.runtime"


# --- 21: a token for one service is handed to another


def test_21_a_token_for_another_service_is_not_sent(us: Instance) -> None:
    import jwt

    seen: list[str] = []

    def answer(_method: str, path: str, _body: bytes, _headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        seen.append(path)
        return 401, {}, b""

    now = int(time.time())
    claims = {"iss": "https://idp.example", "sub": "x", "iat": now, "exp": now + 60}
    with serving(answer) as url:
        config = us.authority.client_trust_config()
        for part in ("caUrls", "rekorTlogUrls", "tsaUrls"):
            config["signingConfig"][part][0]["url"] = url
        for audience, sent in (
            ("lumos-market", False),
            (["a", "b"], False),
            ("sigstore", False),
            ("sigstore@plugins.example", True),
        ):
            with pytest.raises(SigningError):
                sign(
                    about(WHEEL),
                    jwt.encode({**claims, "aud": audience}, "k" * 32, "HS256"),
                    config,
                    "sigstore@plugins.example",
                )
            assert bool(seen) == sent


# --- 22: what is too large


def test_22_what_is_too_large_is_refused_before_it_is_read(us: Instance, verifier: Verifier) -> None:
    good = us.bundle(about(WHEEL))
    stamps = "verificationMaterial.timestampVerificationData.rfc3161Timestamps"
    many = [{"signedTimestamp": b64(b"%033d" % n)} for n in range(33)]
    for path, value in (
        (stamps, many),
        ("dsseEnvelope.payload", "A" * 1_000_000),
        ("verificationMaterial.certificate.rawBytes", "A" * 100_000),
        ("verificationMaterial.tlogEntries", good["verificationMaterial"]["tlogEntries"] * 100),
        ("verificationMaterial.tlogEntries.0.canonicalizedBody", "A" * 1_000_000),
        ("verificationMaterial.tlogEntries.0.inclusionProof.checkpoint.envelope", "\u2014 a b\n" * 100_000),
    ):
        assert refusal(verifier, changed(good, path, value)) == "signature.size"
    holds(verifier, good)


@pytest.mark.parametrize("text", [b"[" * 1_000_000, b'{"a":' * 100_000, b"[]," * 2_000_000, b'"' + b"\\" * 5_000_000])
def test_22_a_document_that_would_keep_a_parser_busy_is_refused(text: bytes) -> None:
    with pytest.raises(RefusedError):
        pep740.parse(text)
    with pytest.raises(RefusedError):
        Revocations.from_json(text)
    with pytest.raises(RefusedError):
        Roots.from_json(text)


def test_22_a_statement_that_would_keep_a_parser_busy_is_refused_though_it_is_signed(
    us: Instance, verifier: Verifier
) -> None:
    for payload in (
        b"[" * 100_000,
        b"[]," * 60_000,
        about(WHEEL).encode().replace(b"null", b'"' + b"x" * 300_000 + b'"'),
    ):
        bundle = us.bundle(payload)
        assert refusal(verifier, bundle) in {"signature.statement", "signature.size"}


# --- whatever anybody says


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
KEYS = st.sampled_from(
    ["version", "mediaType", "verification_material", "verificationMaterial", "envelope", "dsseEnvelope", "tlogEntries"]
)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(KEYS, JSON, max_size=5), st.binary(max_size=200))
def test_nothing_but_a_refusal_comes_of_nonsense(verifier: Verifier, value: dict[str, Any], text: bytes) -> None:
    for run in (
        lambda: verifier.verify(value, FILE, digest(WHEEL)),
        lambda: verifier.verify_bundle(value, FILE, digest(WHEEL)),
        lambda: pep740.attestations(value),
        lambda: pep740.parse(text),
        lambda: Statement.decode(PAYLOAD, text),
        lambda: Revocations.from_json(text),
    ):
        with pytest.raises(RefusedError):
            run()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(min_size=1, max_size=400))
def test_a_signed_payload_of_any_bytes_is_a_refusal(us: Instance, verifier: Verifier, payload: bytes) -> None:
    with pytest.raises(RefusedError):
        verifier.verify_bundle(us.bundle(payload, PERSON), FILE, digest(WHEEL))
