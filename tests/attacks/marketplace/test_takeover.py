"""Attacks on what is somebody's: namespaces, accounts after a new password, publishers that are workflows."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from sqlalchemy import update
from tests.marketplace.service.issuer import Issuer, issuing
from tests.marketplace.service.market import (
    AUTHOR,
    BOSS,
    OTHER,
    PASSWORD,
    Market,
    free_port,
    prepared,
    serving,
    statements,
    wheel,
)

from lumosai_marketplace.service import proving
from lumosai_marketplace.service.db.models import Namespace
from lumosai_marketplace.service.namespaces import MOST_CLAIMED
from lumosai_marketplace.service.operating import Operator
from lumosai_sdk.errors import PermissionDeniedError

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
BYSTANDER = "max@third.example"
EIGHT_DAYS = 8 * 86_400.0


@dataclass
class Repositories:
    """A host of repositories; ``meanwhile`` happens before it answers."""

    url: str = ""
    files: dict[str, str] = field(default_factory=dict)
    meanwhile: Callable[[], None] | None = None


@contextmanager
def hosting() -> Iterator[Repositories]:
    made = Repositories()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if made.meanwhile is not None:
                made.meanwhile()
            body = made.files.get(self.path, "").encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def repositories() -> Iterator[Repositories]:
    with hosting() as made:
        yield made


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with issuing() as made:
        yield made


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory, issuer: Issuer, repositories: Repositories) -> Iterator[Market]:
    trusted = {"url": issuer.url, "kind": "github", "jwks_url": f"{issuer.url}/keys"}
    hosts = {"git": repositories.url + "/{owner}/{repository}/proof.txt"}
    settings = prepared(
        tmp_path_factory.mktemp("taken"), free_port(), trust={"issuers": [trusted]}, proof={"hosts": hosts}
    )
    with serving(settings) as made:
        yield made


def claim(market: Market, name: str, subject: str) -> httpx.Response:
    return market.client.post("/api/v1/namespaces", json={"name": name}, headers=market.bearer(subject))


def age(market: Market, name: str) -> None:
    """Let a claim be eight days old."""

    async def older(service: Any) -> None:
        async with service.sessions() as session, session.begin():
            old = update(Namespace).where(Namespace.name == name)
            await session.execute(old.values(created=Namespace.created - EIGHT_DAYS))

    market.run(older)


def workflow(issuer: Issuer, **changes: str) -> dict[str, str]:
    made = {"issuer": issuer.url, "repository_id": "123", "owner_id": "45", "workflow": ".github/workflows/release.yml"}
    return {**made, **changes}


# --- namespaces


def test_a_squatter_cannot_nail_a_claim_down(market: Market, issuer: Issuer) -> None:
    """What hangs on a claim that was never proven goes with it: it neither keeps the name nor passes to its owner."""
    assert claim(market, "famous", OTHER).status_code == 201
    squatter, base = market.bearer(OTHER), "/api/v1/namespaces/famous"
    nails = (
        ("publishers", workflow(issuer)),
        ("members", {"subject": BOSS, "role": "owner"}),
        ("webhooks", {"url": "https://hooks.example.org/x"}),
    )
    for path, body in nails:
        assert market.client.post(f"{base}/{path}", json=body, headers=squatter).status_code == 201
    assert claim(market, "famous", AUTHOR).status_code == 409, "a claim holds for a week"
    age(market, "famous")
    assert claim(market, "famous", AUTHOR).status_code == 201
    shown = market.client.get(base, headers=market.bearer(AUTHOR)).json()
    assert (shown["owner"], shown["members"], shown["publishers"]) == (AUTHOR, [], [])
    assert market.client.get(f"{base}/webhooks", headers=market.bearer(AUTHOR)).json()["items"] == []
    assert market.client.get(base, headers=squatter).status_code == 403


def test_a_proof_is_of_the_claim_that_it_was_asked_for(market: Market, repositories: Repositories) -> None:
    """While the owner's old claim is being proven, somebody else claims the name: the proof is not theirs."""
    challenge = claim(market, "proven", AUTHOR).json()["challenge"]
    age(market, "proven")
    repositories.files["/proven/site/proof.txt"] = challenge

    def meanwhile() -> None:
        assert claim(market, "proven", OTHER).status_code == 201

    repositories.meanwhile = meanwhile
    asked = {"method": "git", "target": "proven/site"}
    try:
        answer = market.client.post("/api/v1/namespaces/proven/proof", json=asked, headers=market.bearer(AUTHOR))
    finally:
        repositories.meanwhile = None
    assert answer.status_code == 409
    taken = market.client.get("/api/v1/namespaces/proven", headers=market.bearer(OTHER)).json()
    assert (taken["owner"], taken["proof"], taken["publishers"]) == (OTHER, "", [])


def test_claims_at_the_same_time_are_counted_as_well(market: Market) -> None:
    """Ten names without a proof are the most, however many are asked for in one moment."""
    names = [f"squat{letter * 6}" for letter in "bcdfghjklmnpqrstvwxz"]
    market.run(lambda service: Operator(service, "tests").add_user(BYSTANDER, PASSWORD))
    bearer = market.bearer(BYSTANDER)

    def ask(name: str) -> int:
        return httpx.post(
            f"{market.url}/api/v1/namespaces", json={"name": name}, headers=bearer, timeout=60
        ).status_code

    with ThreadPoolExecutor(len(names)) as at_once:
        answers = list(at_once.map(ask, names))
    assert (answers.count(201), answers.count(409)) == (MOST_CLAIMED, len(names) - MOST_CLAIMED)


def test_nobody_goes_through_a_list_of_members(market: Market) -> None:
    bearer, path = market.bearer(OTHER), "/api/v1/namespaces/other/members"
    asked = [
        market.client.post(path, json={"subject": f"p{n}@index.example"}, headers=bearer).status_code for n in range(70)
    ]
    assert set(asked) == {404, 429}


# --- accounts


@pytest.mark.parametrize("password", [PASSWORD + "!", ""])
def test_a_device_that_was_let_in_does_not_outlive_the_password(market: Market, password: str) -> None:
    """The thief of a session approves a device of his, and waits with its token until the password was changed."""
    begun = market.client.post("/login/device/code", data={"client_id": "thief"}).json()
    with httpx.Client(base_url=market.url, headers={"Sec-Fetch-Site": "same-origin"}) as browser:
        form = {"subject": OTHER, "password": PASSWORD, "user_code": begun["user_code"]}
        assert browser.post("/login", data=form).status_code == 303
        approval = {"user_code": begun["user_code"], "decision": "approve"}
        assert browser.post("/login/device", data=approval).status_code == 200
    try:
        market.run(lambda service: Operator(service, "tests").set_password(OTHER, password))
        got = market.client.post("/login/token", data={"grant_type": DEVICE, "device_code": begun["device_code"]})
        assert (got.status_code, "access_token" in got.json()) == (400, False)
    finally:
        market.run(lambda service: Operator(service, "tests").set_password(OTHER, PASSWORD))
        market.signed_in.pop(OTHER, None)


# --- publishers that are workflows


@pytest.mark.parametrize("event", ["pull_request", "pull_request_target", "issue_comment"])
def test_a_strangers_pull_request_is_no_release(market: Market, issuer: Issuer, event: str) -> None:
    """A publisher that names no ref takes branches and tags: not what anybody may propose, or set going."""
    owner, base = market.bearer(AUTHOR), "/api/v1/namespaces/acme/publishers"
    number = market.client.post(base, json=workflow(issuer), headers=owner).json()["id"]
    audience = market.client.get("/_/oidc/audience").json()["audience"]
    file = "acme/weather/.github/workflows/release.yml"
    ref = "refs/pull/7/merge" if event == "pull_request" else "refs/heads/main"
    changes = {"ref": ref, "event_name": event, "workflow_ref": f"{file}@{ref}", "job_workflow_ref": f"{file}@{ref}"}
    try:
        stranger = market.client.post("/_/oidc/mint-token", json={"token": issuer.token(audience, **changes)})
        assert stranger.status_code == 403
        honest = market.client.post("/_/oidc/mint-token", json={"token": issuer.token(audience)})
        assert honest.status_code == 200
    finally:
        market.client.delete(f"{base}/{number}", headers=owner)


def test_a_token_is_not_taken_away_by_another_namespace(market: Market, issuer: Issuer) -> None:
    """Somebody registers your workflow in a namespace of theirs, first; your release's token must not hang on that."""
    theirs, mine = "/api/v1/namespaces/other/publishers", "/api/v1/namespaces/acme/publishers"
    eve, author = market.bearer(OTHER), market.bearer(AUTHOR)
    trap = market.client.post(theirs, json=workflow(issuer), headers=eve).json()["id"]
    number = market.client.post(mine, json=workflow(issuer), headers=author).json()["id"]
    audience = market.client.get("/_/oidc/audience").json()["audience"]
    token = market.client.post("/_/oidc/mint-token", json={"token": issuer.token(audience)}).json()["token"]
    filename, data = wheel("acme-hung", "1.0.0")
    identity = issuer.token(market.settings.signing_audiences[0])
    signed = market.sign_statements(statements(filename, data), identity)
    assert market.client.delete(f"{theirs}/{trap}", headers=eve).status_code == 204
    # What it gave, it has taken back; and nothing else.
    name, other = wheel("other-hung", "1.0.0")
    assert market.upload(name, other, None, token).status_code == 403
    assert market.upload(filename, data, signed, token).status_code == 200
    assert market.client.delete(f"{mine}/{number}", headers=author).status_code == 204
    assert market.upload(*wheel("acme-hung", "1.0.1"), None, token).status_code == 403


# --- states


@pytest.mark.parametrize("twice", [False, True])
def test_what_was_yanked_is_yanked_after_a_quarantine(market: Market, twice: bool) -> None:
    name = f"acme-former{int(twice)}"
    market.publish(name)
    base, boss = f"/api/v1/plugins/{name.replace('-', '/', 1)}", market.bearer(BOSS)

    def do(path: str, action: str, reason: str = "") -> Any:
        answer = market.client.post(f"{base}{path}/{action}", json={"reason": reason}, headers=boss)
        assert answer.status_code == 200, answer.text
        return answer.json()

    do("/1.0.0", "yank", "wrong sums")
    for _ in range(1 + twice):
        do("/1.0.0", "quarantine", "looks like malware")
    assert do("/1.0.0", "release")["state"] == "yanked"
    page = market.client.get(f"/simple/{name}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}).json()
    assert page["files"][0]["yanked"] == "wrong sums"
    assert do("/1.0.0", "unyank")["state"] == "active"
    do("/1.0.0", "quarantine")
    assert do("/1.0.0", "release")["state"] == "active"
    do("", "archive", "no longer kept")
    for _ in range(1 + twice):
        do("", "quarantine")
    assert do("", "release")["status"] == "archived"


# --- names


@pytest.mark.parametrize(
    ("method", "target"),
    [("dns", "ac-me.example"), ("dns", "a-c-m-e.example"), ("github", "ac-me/plugins"), ("github", "ac_me/x")],
)
def test_a_name_that_reads_alike_proves_nothing(method: str, target: str) -> None:
    with pytest.raises(PermissionDeniedError):
        proving._check_target("acme", method, target)
    proving._check_target("acme", method, target.replace("-", "").replace("_", ""))
