"""The pages and files that installers read."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import hashlib
import re

import pytest
from tests.marketplace.service.market import BOSS, Market

JSON = {"Accept": "application/vnd.pypi.simple.v1+json"}


def change(market: Market, path: str, reason: str = "", subject: str = BOSS) -> None:
    answer = market.client.post(f"/api/v1/plugins/{path}", json={"reason": reason}, headers=market.bearer(subject))
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("application/vnd.pypi.simple.v1+json", "application/vnd.pypi.simple.v1+json"),
        ("application/vnd.pypi.simple.latest+json", "application/vnd.pypi.simple.v1+json"),
        ("application/vnd.pypi.simple.v1+html", "application/vnd.pypi.simple.v1+html"),
        ("text/html", "text/html; charset=utf-8"),
        ("*/*", "text/html; charset=utf-8"),
        ("text/html;q=0.1, application/vnd.pypi.simple.v1+json", "application/vnd.pypi.simple.v1+json"),
        (
            "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01",
            "application/vnd.pypi.simple.v1+json",
        ),
    ],
)
@pytest.mark.parametrize("path", ["/simple/", "/simple/acme-negotiated/"])
def test_a_page_comes_as_it_is_asked_for(market: Market, accept: str, kind: str, path: str) -> None:
    if market.client.get("/simple/acme-negotiated/").status_code == 404:
        market.publish("acme-negotiated")
    answer = market.client.get(path, headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"], answer.headers["vary"]) == (200, kind, "Accept")


def test_what_nobody_can_read_is_not_sent(market: Market) -> None:
    assert market.client.get("/simple/", headers={"Accept": "image/png"}).status_code == 406
    assert market.client.get("/simple/", headers={"Accept": "text/html;q=0"}).status_code == 406
    assert market.client.get("/simple/?format=yaml").status_code == 406
    assert "json" in market.client.get("/simple/?format=application/vnd.pypi.simple.v1%2Bjson").headers["content-type"]


def test_a_page_tells_all_that_the_standards_know(market: Market) -> None:
    filename, data = market.publish("acme-described")
    page = market.client.get("/simple/acme-described/", headers=JSON).json()
    assert page["meta"]["api-version"] == "1.4"
    assert (page["name"], page["versions"], page["project-status"]) == (
        "acme-described",
        ["1.0.0"],
        {"status": "active"},
    )
    (file,) = page["files"]
    assert file["hashes"]["sha256"] == hashlib.sha256(data).hexdigest()
    assert (file["size"], file["requires-python"], file["yanked"]) == (len(data), ">=3.11", False)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", file["upload-time"])
    metadata = market.client.get(f"/simple/acme-described/{file['url']}.metadata").content
    assert file["core-metadata"] == {"sha256": hashlib.sha256(metadata).hexdigest()}
    assert b"Name: acme-described" in metadata
    html = market.client.get("/simple/acme-described/").text
    assert f'#sha256={file["hashes"]["sha256"]}" data-requires-python="&gt;=3.11"' in html
    assert f'data-provenance="{file["provenance"]}"' in html
    assert filename in html


def test_a_page_that_has_not_changed_is_not_sent_again(market: Market) -> None:
    market.publish("acme-cached")
    first = market.client.get("/simple/acme-cached/")
    same = market.client.get("/simple/acme-cached/", headers={"If-None-Match": first.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    market.publish("acme-cached", "1.1.0")
    changed = market.client.get("/simple/acme-cached/", headers={"If-None-Match": first.headers["etag"]})
    assert (changed.status_code, changed.text.count("<a ")) == (200, 2)


def test_names_are_written_in_one_way(market: Market) -> None:
    market.publish("acme-normal-name")
    answer = market.client.get("/simple/Acme_Normal.Name/")
    assert (answer.status_code, answer.headers["location"]) == (301, "../acme-normal-name/")
    assert market.client.get("/simple/nobody-knows/").status_code == 404
    assert market.client.get("/simple//%2e%2e/").status_code in {301, 404}


@pytest.mark.parametrize(
    ("asked", "begin", "end"),
    [("bytes=0-9", 0, 10), ("bytes=10-", 10, None), ("bytes=-10", -10, None), ("bytes=0-99999999", 0, None)],
)
def test_parts_of_a_file(market: Market, asked: str, begin: int, end: int | None) -> None:
    filename, data = _published(market, "acme-ranged")
    path = f"/files/{hashlib.sha256(data).hexdigest()}/{filename}"
    answer = market.client.get(path, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (206, data[begin:end])
    assert answer.headers["content-range"].endswith(f"/{len(data)}")


def test_ranges_that_cannot_be(market: Market) -> None:
    filename, data = _published(market, "acme-ranged")
    path = f"/files/{hashlib.sha256(data).hexdigest()}/{filename}"
    assert market.client.get(path, headers={"Range": f"bytes={len(data)}-"}).status_code == 416
    assert market.client.get(path, headers={"Range": "bytes=5-2"}).status_code == 416
    for passed_over in ("bytes=-", "bytes=0-1,5-6", "lines=0-1", "bytes=a-b"):
        assert market.client.get(path, headers={"Range": passed_over}).content == data
    head = market.client.head(path)
    assert (head.headers["content-length"], head.headers["etag"]) == (str(len(data)), f'"{path.split("/")[2]}"')
    assert market.client.get(path, headers={"If-None-Match": head.headers["etag"]}).status_code == 304


def _published(market: Market, name: str) -> tuple[str, bytes]:
    from tests.marketplace.service.market import wheel

    if market.client.get(f"/simple/{name}/").status_code == 404:
        return market.publish(name)
    return wheel(name)


def test_a_yanked_release_stays_and_says_why(market: Market) -> None:
    filename, data = market.publish("acme-yanked")
    change(market, "acme/yanked/1.0.0/yank", 'it <leaks> "much"', subject="dev@acme.example")
    page = market.client.get("/simple/acme-yanked/", headers=JSON).json()
    assert page["files"][0]["yanked"] == 'it <leaks> "much"'
    assert 'data-yanked="it &lt;leaks&gt; &quot;much&quot;"' in market.client.get("/simple/acme-yanked/").text
    assert market.client.get(f"/files/{hashlib.sha256(data).hexdigest()}/{filename}").status_code == 200
    change(market, "acme/yanked/1.0.0/unyank", subject="dev@acme.example")
    assert market.client.get("/simple/acme-yanked/", headers=JSON).json()["files"][0]["yanked"] is False


def test_what_is_in_quarantine_is_not_there_and_hosts_are_told(market: Market) -> None:
    filename, data = market.publish("acme-bad")
    market.publish("acme-bad", "1.1.0")
    sha256 = hashlib.sha256(data).hexdigest()
    change(market, "acme/bad/1.0.0/quarantine", "it steals")
    for path in (
        f"/files/{sha256}/{filename}",
        f"/files/{sha256}/{filename}.metadata",
        f"/integrity/acme-bad/1.0.0/{filename}/provenance",
    ):
        assert market.client.get(path).status_code == 404
    assert market.client.get("/simple/acme-bad/", headers=JSON).json()["versions"] == ["1.1.0"]
    assert {"sha256": sha256, "plugin": "acme/bad", "version": "1.0.0", "reason": "it steals"} in revoked(market)
    change(market, "acme/bad/1.0.0/release")
    assert market.client.get(f"/files/{sha256}/{filename}").content == data
    assert sha256 not in str(revoked(market))


def test_a_whole_plugin_in_quarantine_has_no_files(market: Market) -> None:
    filename, data = market.publish("acme-worse")
    change(market, "acme/worse/quarantine", "its author was robbed")
    page = market.client.get("/simple/acme-worse/", headers=JSON).json()
    assert (page["files"], page["versions"]) == ([], [])
    assert page["project-status"] == {"status": "quarantined", "reason": "its author was robbed"}
    assert 'name="pypi:project-status" content="quarantined"' in market.client.get("/simple/acme-worse/").text
    assert market.client.get(f"/files/{hashlib.sha256(data).hexdigest()}/{filename}").status_code == 404
    assert "acme-worse" not in market.client.get("/simple/").text
    change(market, "acme/worse/release")
    assert market.client.get(f"/files/{hashlib.sha256(data).hexdigest()}/{filename}").content == data


def revoked(market: Market) -> list[dict[str, str]]:
    """Read the newest revocation list as TUF's metadata lead to it."""
    timestamp = market.client.get("/tuf/timestamp.json").json()["signed"]
    snapshot = timestamp["meta"]["snapshot.json"]["version"]
    snapshots = market.client.get(f"/tuf/{snapshot}.snapshot.json").json()["signed"]
    targets = market.client.get(f"/tuf/{snapshots['meta']['targets.json']['version']}.targets.json").json()["signed"]
    digest = targets["targets"]["revocations.json"]["hashes"]["sha256"]
    found: list[dict[str, str]] = market.client.get(f"/tuf/targets/{digest}.revocations.json").json()["revoked"]
    return found


@pytest.mark.parametrize(
    ("path", "subject", "status"),
    [
        ("acme/decided/1.0.0/quarantine", "dev@acme.example", 403),  # what only operators do
        ("acme/decided/1.0.0/yank", "eve@other.example", 403),
        ("acme/decided/2.0.0/yank", "dev@acme.example", 404),
        ("acme/decided/1.0.0/unyank", "dev@acme.example", 409),
        ("acme/decided/1.0.0/explode", "dev@acme.example", 422),
        ("acme/nothing/archive", "dev@acme.example", 404),
    ],
)
def test_who_may_change_what(market: Market, path: str, subject: str, status: int) -> None:
    _published(market, "acme-decided")
    answer = market.client.post(f"/api/v1/plugins/{path}", json={"reason": ""}, headers=market.bearer(subject))
    assert answer.status_code == status, answer.text
    assert market.client.post(f"/api/v1/plugins/{path}", json={"reason": ""}).status_code in {401, 422}


def test_each_change_is_in_the_audit_log(market: Market) -> None:
    market.publish("acme-audited")
    change(market, "acme/audited/1.0.0/yank", "no reason", subject="dev@acme.example")

    async def lines(service: object) -> list[tuple[str, str]]:
        from lumosai_marketplace.service.operating import Operator

        found = await Operator(service, "tests").audited("acme/audited", 10)  # type: ignore[arg-type]
        return [(line["actor"], line["action"]) for line in found]

    assert market.run(lines) == [("dev@acme.example", "publish"), ("dev@acme.example", "yank")]
