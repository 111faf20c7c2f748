"""Attacks on the service: what somebody who is not the author, or who is and means harm, sends it."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from tests.marketplace.service.market import AUTHOR, OTHER, Market, free_port, prepared, serving, wheel

LIMITS = {"wheel": 256 * 1024, "attestations": 64 * 1024, "fields": 64 * 1024, "body": 16 * 1024, "body_seconds": 1.0}


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    settings = prepared(tmp_path_factory.mktemp("attacked"), free_port(), limits=LIMITS)
    with serving(settings) as made:
        yield made


@pytest.fixture(scope="module")
def token(market: Market) -> str:
    return market.token("acme-*")


@pytest.fixture(autouse=True)
def nothing_is_left(market: Market) -> Iterator[None]:
    """Whatever was tried: no release and no file came of it, and the service still answers."""
    before = market.left()
    yield
    assert market.left() == before
    assert market.client.get("/health").status_code == 200


# --- tokens (threat 4)


def test_a_stolen_token_with_the_signature_of_an_older_file(market: Market, token: str) -> None:
    filename, data = wheel()
    signed = market.sign(filename, data)
    for name, changed in ((filename, wheel(code="import os\n")[1]), (wheel(version="1.0.1")[0], data)):
        answer = market.upload(name, changed, signed, token)
        assert answer.status_code == 403
        assert answer.json()["rule"] in {"signature.subject", "guard.dist-info"}


@pytest.mark.parametrize("scope", ["acme-weather", "acme-*"])
def test_a_token_of_another_project(market: Market, scope: str) -> None:
    mine = market.token(scope)
    filename, data = wheel("other-weather" if scope.endswith("*") else "acme-clock")
    signed = market.sign(filename, data, OTHER if scope.endswith("*") else AUTHOR)
    answer = market.upload(filename, data, signed, mine)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_a_token_for_what_is_not_ones_own(market: Market) -> None:
    """Anybody can make a token for any name; whether it is theirs is asked when it is used."""
    mine = market.token("acme-weather", subject=OTHER)
    filename, data = wheel()
    answer = market.upload(filename, data, market.sign(filename, data, OTHER), mine)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


def test_an_upload_token_decides_about_nothing(market: Market, token: str) -> None:
    bearer = {"Authorization": f"Bearer {token}"}
    assert market.client.get("/api/v1/me", headers=bearer).status_code == 401
    body = {"issuer": "https://evil.example", "subject": OTHER}
    assert market.client.post("/api/v1/namespaces/acme/publishers", json=body, headers=bearer).status_code == 401
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": token}
    assert market.client.post("/login/token", data=form).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic !!!",
        "Basic X190b2tlbl9fOg==",  # an empty password
        "Basic X190b2tlbl9fOmx1bW9zLW5ldmVyLXNlZW4=",
        "Bearer lumos-" + "a" * 10_000,
        "Bearer ' OR 1=1 --",
        "Digest lumos-x",
    ],
)
def test_no_token(market: Market, authorization: str) -> None:
    answer = market.client.post("/legacy/", headers={"Authorization": authorization}, content=b"x")
    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="marketplace"')


def test_a_revoked_token(market: Market) -> None:
    market.token("acme-weather")
    made = market.client.post("/api/v1/tokens", json={"projects": ["acme-*"]}, headers=market.bearer()).json()["token"]
    listed = market.client.get("/api/v1/tokens", headers=market.bearer()).json()["tokens"]
    assert made not in str(listed)
    number = listed[-1]["id"]
    assert market.client.delete(f"/api/v1/tokens/{number}", headers=market.bearer(OTHER)).status_code == 404
    assert market.client.delete(f"/api/v1/tokens/{number}", headers=market.bearer()).status_code == 204
    assert market.upload(*wheel(), [], made).status_code == 401


def test_who_was_taken_out_of_a_namespace_publishes_no_more(market: Market) -> None:
    bearer = market.bearer()
    body = {"subject": OTHER, "role": "publisher"}
    assert market.client.post("/api/v1/namespaces/acme/members", json=body, headers=bearer).status_code == 201
    made = market.token("acme-*", subject=OTHER)
    assert market.client.delete(f"/api/v1/namespaces/acme/members/{OTHER}", headers=bearer).status_code == 204
    filename, data = wheel()
    answer = market.upload(filename, data, market.sign(filename, data, OTHER), made)
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")


# --- identity tokens (threat 21)


def test_identity_tokens_for_others_are_not_made(market: Market) -> None:
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": market.access(),
        "audience": "plugins.elsewhere.example",
    }
    assert market.client.post("/login/token", data=form).json()["error"] == "invalid_target"


# --- what the index says of publishers (threat 3)


def test_the_publisher_that_is_shown_is_the_certificates(market: Market, token: str) -> None:
    """Whatever an upload says of its publisher: nobody reads it. And somebody else's signature is none."""
    filename, data = wheel()
    signed = market.sign(filename, data, OTHER)
    for attestation in signed:
        attestation["publisher"] = {"kind": "GitHub", "repository": "acme/weather"}
    answer = market.upload(filename, data, signed, token, publisher=AUTHOR, provenance=json.dumps(signed))
    assert answer.status_code == 403
    assert answer.json()["rule"] in {"trust.publisher", "signature.shape"}


def test_who_may_upload_may_not_register_publishers(market: Market) -> None:
    body = {"issuer": "https://evil.example", "subject": OTHER}
    for headers in ({}, market.bearer(OTHER)):
        answer = market.client.post("/api/v1/namespaces/acme/publishers", json=body, headers=headers)
        assert answer.status_code in {401, 403}


# --- bodies


def _raw(market: Market, token: str, body: bytes, content_type: str = "multipart/form-data; boundary=b") -> Any:
    return market.client.post(
        "/legacy/", content=body, headers={"Content-Type": content_type}, auth=("__token__", token)
    )


def _part(name: str, value: bytes, extra: str = "") -> bytes:
    return f'--b\r\nContent-Disposition: form-data; name="{name}"{extra}\r\n\r\n'.encode() + value + b"\r\n"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"--b", 422),
        (b"--b--\r\n", 422),
        (b"no multipart at all", 422),
        (_part("name", b"x"), 422),  # broken off
        (_part("name", b"x") * 2 + b"--b--\r\n", 422),
        (_part("", b"x") + b"--b--\r\n", 422),
        (b"--b\r\nX: y\r\n\r\nz\r\n--b--\r\n", 422),
        (b"--b\r\n" + b"X: y\r\n" * 50 + b"\r\nz\r\n--b--\r\n", 422),
        (b"--b\r\nX: " + b"y" * 100_000 + b"\r\n\r\nz\r\n--b--\r\n", 422),
        (_part("name", b"\xff\xfe") + b"--b--\r\n", 422),
        (_part("name", b"a\0b") + b"--b--\r\n", 422),
        (_part("x", b"y", '; filename="x"') + b"--b--\r\n", 422),
        (_part("content", b"y", '; filename="x"') * 2 + b"--b--\r\n", 422),
        (_part("content", b"y", '; filename="x"') + b"--b--\r\n", 422),
        (_part("content", b"x" * (LIMITS["wheel"] + 1), '; filename="x"') + b"--b--\r\n", 413),  # type: ignore[operator]
        (_part("attestations", b"[" * (LIMITS["attestations"] + 1)) + b"--b--\r\n", 413),  # type: ignore[operator]
        (_part("description", b"x" * (LIMITS["fields"] + 1)) + b"--b--\r\n", 413),  # type: ignore[operator]
        (b"".join(_part("classifiers", b"x") for _ in range(700)) + b"--b--\r\n", 413),
    ],
)
def test_bodies_that_are_no_upload(market: Market, token: str, body: bytes, status: int) -> None:
    answer = _raw(market, token, body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "multipart/form-data", "multipart/form-data; boundary=" + "b" * 1000, "text/plain"],
)
def test_bodies_of_another_type(market: Market, token: str, content_type: str) -> None:
    assert _raw(market, token, b"--b--\r\n", content_type).status_code == 415


def test_a_body_that_is_announced_as_too_long_is_not_read(market: Market, token: str) -> None:
    with _connection(market) as connection:
        connection.sendall(_head(market, "POST /legacy/", "Content-Length: 99999999999\r\nContent-Type: x"))
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_a_body_that_never_ends(market: Market, token: str) -> None:
    """Chunked, so that nothing is announced: it ends where the limit is."""
    with _connection(market) as connection:
        connection.sendall(_head(market, "POST /_/oidc/mint-token", "Transfer-Encoding: chunked\r\nContent-Type: x"))
        chunk = b"1000\r\n" + b"x" * 4096 + b"\r\n"
        answer = b""
        for _ in range(64):
            try:
                connection.sendall(chunk)
            except OSError:
                break
        answer = connection.recv(100)
        assert answer.startswith(b"HTTP/1.1 413")


def test_a_body_that_comes_too_slowly(market: Market, token: str) -> None:
    import base64

    credentials = base64.b64encode(f"__token__:{token}".encode()).decode()
    head = (
        f"Authorization: Basic {credentials}\r\nContent-Length: 1000\r\nContent-Type: multipart/form-data; boundary=b"
    )
    with _connection(market) as connection:
        connection.sendall(_head(market, "POST /legacy/", head))
        connection.sendall(b"--b\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 408")


def test_a_compressed_body(market: Market, token: str) -> None:
    headers = {"Content-Encoding": "gzip", "Content-Type": "multipart/form-data; boundary=b"}
    answer = market.client.post("/legacy/", content=b"\x1f\x8b", headers=headers, auth=("__token__", token))
    assert answer.status_code == 415


def _connection(market: Market) -> socket.socket:
    host, port = urlsplit(market.url).hostname, urlsplit(market.url).port
    return socket.create_connection((host, port or 80), timeout=20)


def _head(market: Market, first: str, headers: str) -> bytes:
    return f"{first} HTTP/1.1\r\nHost: {urlsplit(market.url).netloc}\r\n{headers}\r\n\r\n".encode()


# --- JSON in an upload


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "null",
        "[",
        "[1, 2]",
        "[" * 5000 + "]" * 5000,
        "[{}, {}]",
        '[{"version": 1}, {"version": 1}]',
        "[NaN, NaN]",
    ],
)
def test_attestations_that_are_none(market: Market, token: str, text: str) -> None:
    filename, data = wheel()
    answer = market.upload(filename, data, None, token, attestations=text)
    assert answer.status_code in {403, 422}, answer.text


# --- names


@pytest.mark.parametrize(
    "filename",
    [
        "../../../etc/cron.d/acme_weather-1.0.0-py3-none-any.whl",
        "acme_weather-1.0.0-py3-none-any.whl/../x.whl",
        "..\\acme_weather-1.0.0-py3-none-any.whl",
        "/acme_weather-1.0.0-py3-none-any.whl",
        "acme_weather-1.0.0-py3-none-any.whl\r\nSet-Cookie: a=b",
        "acme_weather-1.0.0-py3-none-any.whl\0.txt",
        "acme_weather-1.0.0-py3-none-any.WHL",
        "ACME_weather-1.0.0-py3-none-any.whl",
        "acme_weather-1.0.0-py3-none-any.whl.metadata",
        "acme_weather-1.0.0-1-py3-none-any.whl.whl",
        "acme_weather-1.0.0.tar.gz",
        "",
        "." * 300,
    ],
)
def test_file_names_that_lead_elsewhere(market: Market, token: str, filename: str) -> None:
    honest, data = wheel()
    form = {":action": "file_upload", "protocol_version": "1", "filetype": "bdist_wheel"}
    form["attestations"] = json.dumps(market.sign(honest, data))
    body = b"".join(_part(k, v.encode()) for k, v in form.items())
    quoted = filename.replace("\\", "\\\\")
    answer = _raw(market, token, body + _part("content", data, f'; filename="{quoted}"') + b"--b--\r\n")
    assert answer.status_code in {403, 422}, answer.text
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/files/../../index.db",
        "/files/%2e%2e/%2e%2e%2findex.db",
        "/files/" + "0" * 64 + "/..%2f..%2f..%2findex.db",
        "/files/" + "0" * 64 + "/%00",
        "/tuf/..%2f..%2fauthority%2fkeys",
        "/tuf/targets/..%2f..%2f..%2ftuf.json",
        "/tuf/tuf.json",
        "/simple/..%2f..%2f/",
        "/simple/%0d%0aSet-Cookie:%20a=b/",
        "/integrity/%00/%00/%00/provenance",
        "/log/tile/..%2f..%2fx",
    ],
)
def test_paths_that_lead_elsewhere(market: Market, path: str) -> None:
    answer = market.client.get(path)
    assert answer.status_code in {301, 400, 404, 422}, answer.text
    assert b"SQLite" not in answer.content
    assert "set-cookie" not in answer.headers


# --- whom the service takes itself for


def test_a_name_that_somebody_turned_to_this_address(market: Market) -> None:
    """DNS rebinding: the browser of somebody inside would read the index for a page outside."""
    assert market.client.get("/simple/", headers={"Host": "evil.example"}).status_code == 421
    assert market.client.get("/simple/", headers={"Host": ""}).status_code in {400, 421}
    assert market.client.get("/simple/", headers={"Host": "evil.example@127.0.0.1"}).status_code == 200
    page = market.client.get("/simple/", headers={"Host": "127.0.0.1:1", "X-Forwarded-Host": "evil.example"})
    assert b"evil" not in page.content


def test_an_address_that_is_only_told_is_not_believed(market: Market) -> None:
    assert market.client.get("/metrics").status_code == 200
    for headers in ({"X-Forwarded-For": "127.0.0.1"}, {"Forwarded": "for=127.0.0.1"}):
        assert market.client.get("/metrics", headers=headers).status_code == 404  # of a proxy that nobody named


# --- browsers


def test_another_sites_page_signs_nobody_in_and_approves_nothing(market: Market) -> None:
    from tests.marketplace.service.market import PASSWORD

    begun = market.client.post("/login/device/code", data={"client_id": "evil"}).json()
    form = {"subject": AUTHOR, "password": PASSWORD, "user_code": begun["user_code"]}
    own = {"Sec-Fetch-Site": "same-origin"}
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}):
        assert market.client.post("/login", data=form, headers=headers).status_code == 403
    answer = market.client.post("/login", data=form, headers=own)
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    decision = {"user_code": begun["user_code"], "decision": "approve"}
    try:
        for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}):
            assert market.client.post("/login/device", data=decision, headers=headers).status_code == 401
        page = market.client.get("/login/device", params={"user_code": begun["user_code"]})
        assert "evil" in page.text
        assert "127.0.0.1" in page.text
    finally:
        market.client.post("/logout", headers=own)
        market.client.cookies.clear()


def test_pages_say_nothing_as_html_that_was_sent_to_them(market: Market) -> None:
    script = "<script>alert(1)</script>"
    page = market.client.get("/login/device", params={"user_code": f'"{script}'})
    assert "<script>" not in page.text
    begun = market.client.post("/login/device/code", data={"client_id": script}).json()
    own = {"Sec-Fetch-Site": "same-origin"}
    from tests.marketplace.service.market import PASSWORD

    form = {"subject": AUTHOR, "password": PASSWORD, "user_code": script}
    answer = market.client.post("/login", data=form, headers=own)
    assert "\n" not in answer.headers["location"]
    page = market.client.get("/login/device", params={"user_code": begun["user_code"]})
    assert "<script>" not in page.text
    market.client.cookies.clear()


@pytest.mark.parametrize("path", ["/simple/", "/login/device", "/health", "/nothing"])
def test_what_every_answer_carries(market: Market, path: str) -> None:
    headers = market.client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert len(headers["x-request-id"]) == 16
    assert "server" not in headers or "uvicorn" in headers["server"]


# --- guessing


def test_passwords_are_not_guessed_forever(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = prepared(tmp_path_factory.mktemp("guessed"), free_port(), limits={"sign_ins_per_hour": 3})
    with serving(settings) as other:
        codes = [
            other.client.post(
                "/login", data={"subject": AUTHOR, "password": "guess"}, headers={"Sec-Fetch-Site": "same-origin"}
            ).status_code
            for _ in range(5)
        ]
    assert codes == [401, 401, 401, 429, 429]


def test_who_is_not_there_takes_as_long_as_who_is(market: Market) -> None:
    """No timing is asserted: the work that is done is the same, whoever it is."""
    from lumosai_marketplace.service import passwords

    kept = passwords.hashed("correct horse battery")
    assert passwords.matches("correct horse battery", kept)
    assert not passwords.matches("correct horse batterz", kept)
    assert not passwords.matches("", "")
    assert kept.split("$")[1:4] == passwords._NOBODY.split("$")[1:4]


def test_a_device_code_is_worth_something_once_and_for_its_own_device(market: Market) -> None:
    begun = market.client.post("/login/device/code", data={"client_id": "x"}).json()
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    for code, error in (
        (begun["device_code"], "authorization_pending"),
        ("guessed", "expired_token"),
        ("", "expired_token"),
    ):
        answer = market.client.post("/login/token", data={"grant_type": grant, "device_code": code})
        assert (answer.status_code, answer.json()["error"]) == (400, error)
    answer = market.client.post("/login/token", data={"grant_type": "password", "username": AUTHOR})
    assert answer.json()["error"] == "unsupported_grant_type"


def test_too_much_from_one_network(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = prepared(tmp_path_factory.mktemp("flooded"), free_port(), limits={"requests_per_minute": 5})
    with serving(settings) as other:
        answers = [other.client.get("/simple/") for _ in range(7)]
        assert [a.status_code for a in answers] == [200] * 5 + [429] * 2
        assert int(answers[-1].headers["retry-after"]) >= 1
        assert other.client.get("/health").status_code == 200


def test_errors_tell_nothing_of_the_inside(market: Market, token: str) -> None:
    for path in ("/files/x/y", "/simple/nothing/", "/api/v1/namespaces/none", "/log/entries/999999"):
        text = market.client.get(path, headers=market.bearer()).text
        assert str(market.settings.folder) not in text
        assert "Traceback" not in text
        assert "sqlalchemy" not in text.lower()
