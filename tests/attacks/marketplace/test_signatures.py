# ruff: noqa: PLR2004
"""The threats that the verifier and the owner's policy answer, each beside its honest twin.

The numbers are those of the threat list in the design of the marketplace.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
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
    Tree,
    ago,
    b64,
    changed,
    narrowed,
    workflow,
)
from tests.marketplace.trust.serving import files, serving

from lumosai_marketplace.authority.ca import SigningCa, hash_of
from lumosai_marketplace.authority.claims import Claims
from lumosai_marketplace.authority.instance import Authority
from lumosai_marketplace.authority.tufrepo import TufRepository
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.signer import Signer
from lumosai_marketplace.statement import PAYLOAD, PUBLISH, Statement
from lumosai_marketplace.trust import pep740
from lumosai_marketplace.trust.checkpoints import Checkpoints
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


# --- 1: a mirror swaps bytes


def test_1_other_bytes_have_no_signature(us: Instance, verifier: Verifier) -> None:
    bundle = us.bundle(about(WHEEL))
    assert refusal(verifier, bundle, EVIL) == "signature.subject"
    assert taken(verifier, bundle).statement.sha256 == digest(WHEEL)


# --- 2: an old file's attestation on a new one


def test_2_an_older_versions_attestation_is_none_for_the_new(us: Instance, verifier: Verifier) -> None:
    old = us.bundle(about(WHEEL, "acme_weather-0.9.0-py3-none-any.whl"))
    assert refusal(verifier, old) == "signature.subject"
    assert refusal(verifier, us.bundle(about(EVIL))) == "signature.subject"
    holds(verifier, us.bundle(about(WHEEL)))


# --- 3: the index lies about the publisher


def test_3_what_the_index_calls_the_publisher_counts_for_nothing(us: Instance, verifier: Verifier) -> None:
    evil = us.attestation(about(WHEEL), Claims("https://idp.example", "evil@evil.example"))
    lie = pep740.provenance({"kind": "GitHub", "repository": "acme/weather", "workflow": "release.yml"}, [evil])
    (attestation,) = pep740.attestations(pep740.parse(json.dumps(lie)))
    signer = verifier.verify(attestation, FILE, digest(WHEEL)).signer
    assert signer.subject == "evil@evil.example"
    assert judged(asked(signer)) == "trust.issuer"


def test_3_the_honest_publisher_is_let_in_whatever_the_index_says(us: Instance, verifier: Verifier) -> None:
    honest = us.attestation(about(WHEEL), workflow())
    lie = pep740.provenance({"kind": "GitHub", "repository": "evil/weather"}, [honest])
    (attestation,) = pep740.attestations(lie)
    assert judged(asked(verifier.verify(attestation, FILE, digest(WHEEL)).signer)) == "let in"


# --- 5: a repository is registered anew

RENUMBERED = [{"source_repository_identifier": "666"}, {"source_repository_owner_identifier": "6"}]


@pytest.mark.parametrize(
    "details", [{"source_repository_identifier": "666"}, {"source_repository_owner_identifier": "6"}]
)
def test_5_the_same_name_with_another_number_is_another_repository(
    us: Instance, verifier: Verifier, details: dict[str, str]
) -> None:
    claims = workflow(**details)
    signer = taken(verifier, us.bundle(about(WHEEL), claims)).signer
    assert signer.repository == REPOSITORY
    assert signer.subject == workflow().subject
    assert judged(asked(signer)).startswith("trust.")
    honest = taken(verifier, us.bundle(about(WHEEL), workflow())).signer
    assert judged(asked(honest)) == "let in"
    assert not signer.same_publisher(honest)


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


# --- 7: the CA issues what it should not


def test_7_a_certificate_that_no_ct_log_has_seen_is_none(us: Instance, them: Instance, verifier: Verifier) -> None:
    def unseen(public: Any, at: datetime) -> Any:
        return us.ca._leaf(public, workflow(), at).sign(us.ca.key, hash_of(us.ca.key))

    assert refusal(verifier, us.bundle(about(EVIL), leaf=unseen), EVIL) == "signature.sct"
    elsewhere = us.bundle(about(EVIL), leaf=lambda public, at: us.ca.issue(public, workflow(), them.ct, at))
    assert refusal(verifier, elsewhere, EVIL) == "signature.sct"
    holds(verifier, us.bundle(about(WHEEL), workflow()))


def test_7_a_ca_of_ones_own_with_the_same_name_is_another(us: Instance, them: Instance, verifier: Verifier) -> None:
    impostor = SigningCa(them.ca.key, us.ca.chain)
    bundle = us.bundle(about(EVIL), leaf=lambda public, at: impostor.issue(public, workflow(), us.ct, at))
    assert refusal(verifier, bundle, EVIL) == "signature.ca"
    assert refusal(verifier, them.bundle(about(EVIL), workflow()), EVIL) == "signature.ca"


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


def test_9_what_was_seen_does_not_become_unseen(served: Served) -> None:
    client = served.client()
    old = {p: p.read_bytes() for p in served.repository.public.glob("*.json")}
    served.revoke(2, Revoked(digest(EVIL)))
    assert client.refresh().revocations.find(digest(EVIL))
    now = {p: p.read_bytes() for p in served.repository.public.glob("*.json")}
    for path, data in old.items():
        path.write_bytes(data)
    with pytest.raises(RefusedError) as caught:
        client.refresh()
    assert caught.value.rule == "tuf.rollback"
    for path, data in now.items():
        path.write_bytes(data)
    assert client.refresh().revocations.find(digest(EVIL))


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


# --- 8: the log shows different people different things


async def test_8_a_fork_of_the_log_shows(us: Instance, tmp_path: Path) -> None:
    kept = Checkpoints(tmp_path, us.roots)
    true, false = Tree(), Tree()
    for n in range(20):
        true.append(b"%d" % n)
        false.append(b"%d" % n if n != 7 else b"hidden")

    def proofs(tree: Tree) -> Any:
        async def fetch(old: int, new: int) -> Sequence[bytes]:
            return tree.consistency(old, new)

        return fetch

    signer = us.authority.log_signer
    await kept.witness(true.checkpoint(signer, 12), proofs(true), time.time())
    for size in (12, 20, 9):
        with pytest.raises(RefusedError) as caught:
            await kept.witness(false.checkpoint(signer, size), proofs(false), time.time())
        assert caught.value.rule == "log.fork"
    assert (await kept.witness(true.checkpoint(signer, 20), proofs(true), time.time())).size == 20


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


# --- 11: another log's checkpoint


def test_11_a_checkpoint_of_another_log_is_none(us: Instance, them: Instance, verifier: Verifier) -> None:
    assert refusal(verifier, us.bundle(about(EVIL), origin="log.evil.example"), EVIL) == "signature.checkpoint"
    assert refusal(verifier, us.bundle(about(EVIL), log=them.authority.log_signer), EVIL) == "signature.log"
    holds(verifier, us.bundle(about(WHEEL)))


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
        for audience, sent in (("lumos-market", False), (["a", "b"], False), ("sigstore", True)):
            with pytest.raises(SigningError):
                sign(about(WHEEL), jwt.encode({**claims, "aud": audience}, "k" * 32, "HS256"), config)
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
