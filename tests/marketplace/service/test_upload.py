"""What an upload has to be. Every refusal names its rule, and leaves neither a release nor a file."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from tests.marketplace.service.market import OTHER, Market, statements, wheel

from lumosai_marketplace.statement import PLUGIN, PUBLISH

if TYPE_CHECKING:
    import httpx


def check_refused(market: Market, before: Any, answer: httpx.Response, status: int, rule: str | None = None) -> None:
    problem = answer.json()
    assert (answer.status_code, problem.get("rule")) == (status, rule), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert market.left() == before


def test_an_honest_upload_is_there_for_everybody(market: Market) -> None:
    filename, data = market.publish("acme-honest")
    page = market.client.get("/simple/acme-honest/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}).json()
    (file,) = page["files"]
    assert (file["filename"], page["versions"]) == (filename, ["1.0.0"])
    assert market.client.get(f"/simple/acme-honest/{file['url']}").content == data
    provenance = market.client.get(file["provenance"]).json()
    (bundle,) = provenance["attestation_bundles"]
    said = [json.loads(base64.b64decode(a["envelope"]["statement"])) for a in bundle["attestations"]]
    assert [s["predicateType"] for s in said] == [PUBLISH, PLUGIN]


def test_the_same_file_again_changes_nothing(market: Market) -> None:
    filename, data = market.publish("acme-again")
    before = market.left()
    answer = market.upload(filename, data, market.sign(filename, data), market.token("acme-*"))
    assert (answer.status_code, market.left()) == (200, before)


@pytest.mark.parametrize("version", ["1.0.0", "1.0", "1.0.0.0"])
def test_a_version_is_never_replaced_however_it_is_written(market: Market, version: str) -> None:
    name = f"acme-fixed{version.count('.')}"
    market.publish(name)
    before = market.left()
    filename, data = wheel(name, version, code="def forecast(place: str) -> str:\n    return 'evil'\n")
    answer = market.upload(filename, data, market.sign(filename, data), market.token("acme-*"))
    check_refused(market, before, answer, 409)


def _no_attestations(market: Market, filename: str, data: bytes) -> dict[str, Any]:
    return {"attestations": None}


def _one(market: Market, filename: str, data: bytes) -> dict[str, Any]:
    return {"attestations": market.sign(filename, data)[:1]}


def _twice_the_same(market: Market, filename: str, data: bytes) -> dict[str, Any]:
    return {"attestations": market.sign(filename, data)[:1] * 2}


def _other_file(market: Market, filename: str, data: bytes) -> dict[str, Any]:
    return {"attestations": market.sign(*wheel("acme-refused", code="x = 1\n"))}


def _somebody_else(market: Market, filename: str, data: bytes) -> dict[str, Any]:
    return {"attestations": market.sign(filename, data, OTHER)}


def _other_permissions(market: Market, filename: str, data: bytes) -> dict[str, Any]:
    publish, plugin = statements(filename, data)
    less = replace(plugin, predicate={**(plugin.predicate or {}), "permissions": {"http": ["GET https://a.example/*"]}})
    return {"attestations": market.sign_statements((publish, less), market.identity())}


def _two_signers(market: Market, filename: str, data: bytes) -> dict[str, Any]:
    return {"attestations": [market.sign(filename, data)[0], market.sign(filename, data, OTHER)[1]]}


def _tampered(market: Market, filename: str, data: bytes) -> dict[str, Any]:
    signed = market.sign(filename, data)
    signature = bytearray(base64.b64decode(signed[1]["envelope"]["signature"]))
    signature[-1] ^= 1
    signed[1]["envelope"]["signature"] = base64.b64encode(signature).decode()
    return {"attestations": signed}


def _wrong_digest(market: Market, filename: str, data: bytes) -> dict[str, Any]:
    return {"attestations": market.sign(filename, data), "sha256_digest": "0" * 64}


def _wrong_name(market: Market, filename: str, data: bytes) -> dict[str, Any]:
    return {"attestations": market.sign(filename, data), "name": "acme-another"}


def _sdist(market: Market, filename: str, data: bytes) -> dict[str, Any]:
    return {"attestations": market.sign(filename, data), "filetype": "sdist"}


@pytest.mark.parametrize(
    ("change", "status", "rule"),
    [
        (_no_attestations, 403, "signature.missing"),
        (_one, 403, "signature.missing"),
        (_twice_the_same, 403, "signature.missing"),
        (_other_file, 403, "signature.subject"),
        (_somebody_else, 403, "trust.publisher"),
        (_other_permissions, 403, "signature.facts"),
        (_two_signers, 403, "signature.signers"),
        (_tampered, 403, "signature.wrong"),
        (_wrong_digest, 403, "guard.digest"),
        (_wrong_name, 403, "guard.name"),
        (_sdist, 403, "guard.wheel"),
    ],
)
def test_refusals(market: Market, change: Callable[..., dict[str, Any]], status: int, rule: str) -> None:
    filename, data = wheel("acme-refused")
    changes = change(market, filename, data)
    before = market.left()
    answer = market.upload(filename, data, changes.pop("attestations"), market.token("acme-*"), **changes)
    check_refused(market, before, answer, status, rule)


def test_a_wheel_that_the_guard_refuses(market: Market) -> None:
    filename, data = wheel("acme-trap")
    signed = market.sign(filename, data)
    filename, data = wheel("acme-trap", extra={"evil.pth": b"import os\n"})
    before = market.left()
    answer = market.upload(filename, data, signed, market.token("acme-*"))
    assert answer.json()["rule"].startswith("guard.")
    assert (answer.status_code, market.left()) == (403, before)


def test_a_name_that_could_be_taken_for_anothers(market: Market) -> None:
    market.publish("acme-neighbour")
    filename, data = wheel("other-neighbour")
    answer = market.upload(filename, data, market.sign(filename, data, OTHER), market.token("other-*", subject=OTHER))
    assert answer.status_code == 200  # the same plugin name in an honest namespace is nobody's trap
    before = market.left()
    market.run(_namespace("acmee"))
    filename, data = wheel("acmee-neighbour")
    answer = market.upload(filename, data, market.sign(filename, data, OTHER), market.token("acmee-*", subject=OTHER))
    check_refused(market, before, answer, 403, "index.squat")
    market.run(_allowed("acmee/neighbour"))
    answer = market.upload(filename, data, market.sign(filename, data, OTHER), market.token("acmee-*", subject=OTHER))
    assert answer.status_code == 200, answer.text


def _namespace(name: str) -> Any:
    from lumosai_marketplace.service.operating import Operator

    async def work(service: Any) -> None:
        await Operator(service, "tests").add_namespace(name, OTHER)

    return work


def _allowed(name: str) -> Any:
    from lumosai_marketplace.names import Name
    from lumosai_marketplace.service.operating import Operator

    async def work(service: Any) -> None:
        await Operator(service, "tests").allow(Name.parse(name))

    return work


def test_an_archived_plugin_takes_no_new_version(market: Market) -> None:
    market.publish("acme-archived")
    path = "/api/v1/plugins/acme/archived/archive"
    assert market.client.post(path, json={"reason": "no time"}, headers=market.bearer()).status_code == 200
    before = market.left()
    filename, data = wheel("acme-archived", "2.0.0")
    answer = market.upload(filename, data, market.sign(filename, data), market.token("acme-*"))
    check_refused(market, before, answer, 409)
    page = market.client.get("/simple/acme-archived/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}).json()
    assert page["project-status"] == {"status": "archived", "reason": "no time"}


def test_the_operators_scanner_has_the_last_word(market: Market) -> None:
    """The scanner is the service's setting, so the upload is made with one that has it."""
    from lumosai_marketplace.errors import RefusedError
    from lumosai_marketplace.service import upload
    from lumosai_marketplace.service.credentials import Bearer, find
    from lumosai_marketplace.service.multipart import Form

    filename, data = wheel("acme-scanned")
    signed, token = market.sign(filename, data), market.token("acme-*")
    before = market.left()

    async def publish(service: Any, script: str) -> str:
        publishing = service.settings.publishing.model_copy(update={"scanner": ("/bin/sh", "-c", script)})
        service.settings = service.settings.model_copy(update={"publishing": publishing})
        async with service.reads() as session:
            bearer = await find(session, token, service.clock())
        assert isinstance(bearer, Bearer)
        fields = {":action": "file_upload", "protocol_version": "1", "filetype": "bdist_wheel"}
        form = Form({k: [v] for k, v in (fields | {"attestations": json.dumps(signed)}).items()}, filename, data)
        return await upload.publish(service, bearer, form)

    with pytest.raises(RefusedError, match="scanner") as refused:
        market.run(lambda service: publish(service, "exit 1"))
    assert (refused.value.rule, market.left()) == ("guard.scan", before)
    said = market.run(lambda service: publish(service, f'test "$(wc -c)" -eq {len(data)}'))
    assert said == "acme/scanned 1.0.0 is published"
