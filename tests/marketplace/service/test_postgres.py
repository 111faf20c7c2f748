"""Two services on one PostgreSQL and one store of files, as behind a load balancer."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.marketplace.service import spawned
from tests.marketplace.service.market import Market, free_port, prepared, wheel
from tests.postgres import database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROUNDS = 4


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory, postgres: Any) -> Iterator[tuple[Market, Market]]:
    """Two processes with the same settings but for the port: the URL is the load balancer's, here the first's."""
    folder, (first, second) = tmp_path_factory.mktemp("pair"), (free_port(), free_port())
    settings = prepared(folder / "data", first, database={"url": database(postgres)})
    with spawned.running(settings, folder) as one, spawned.running(settings, folder, second):
        two = Market(settings)
        two.client.base_url = f"http://127.0.0.1:{second}"
        yield one, two
        two.client.close()


def test_of_concurrent_uploads_of_one_version_exactly_one_wins(pair: tuple[Market, Market]) -> None:
    one, two = pair
    token = one.token("acme-*")
    for number in range(ROUNDS):
        version = f"1.{number}.0"
        made = [wheel("acme-weather", version, code=f"x = {n}\n") for n in range(4)]
        signed = [one.sign(*m) for m in made]
        with ThreadPoolExecutor(4) as pool:
            attempts = [
                pool.submit((one, two)[n % 2].upload, *made[n], signed[n], token) for n in range(len(made))
            ]  # fmt: skip
            codes = [a.result().status_code for a in attempts]
        assert sorted(codes).count(200) == 1, codes
        assert set(codes) <= {200, 409, 429}
        winner = made[codes.index(200)][1]
        for market in pair:
            url = _file(market, version)
            assert market.client.get(f"/simple/acme-weather/{url}").content == winner
    releases, files = one.left()
    assert releases == sorted(f"acme-weather 1.{n}.0 active" for n in range(ROUNDS))
    assert len(files) == 2 * ROUNDS


def _file(market: Market, version: str) -> str:
    page = market.client.get("/simple/acme-weather/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}).json()
    (url,) = [f["url"] for f in page["files"] if f"-{version}-" in f["filename"]]
    return str(url)


def test_new_plugins_that_are_uploaded_at_once(pair: tuple[Market, Market]) -> None:
    one, two = pair
    token = one.token("acme-*")
    made = [wheel("acme-brandnew", f"{n}.0.0") for n in range(4)]
    signed = [one.sign(*m) for m in made]
    with ThreadPoolExecutor(4) as pool:
        attempts = [pool.submit((one, two)[n % 2].upload, *made[n], signed[n], token) for n in range(len(made))]
        answers = [a.result() for a in attempts]
    again = [n for n, a in enumerate(answers) if a.status_code != 200]
    assert all(answers[n].status_code == 429 for n in again), [a.text for a in answers]  # two uploads of one at a time
    for n in again:
        assert two.upload(*made[n], signed[n], token).status_code == 200
    page = two.client.get("/simple/acme-brandnew/", headers={"Accept": "application/vnd.pypi.simple.v1+json"}).json()
    assert page["versions"] == ["0.0.0", "1.0.0", "2.0.0", "3.0.0"]


def test_the_log_has_no_fork(pair: tuple[Market, Market]) -> None:
    one, two = pair
    for market in (one, two, one):
        market.publish("acme-logged", f"1.{len(market.left()[0])}.0")
    sizes = [int(m.client.get("/log/checkpoint").text.splitlines()[1]) for m in pair]
    assert sizes[0] == sizes[1] > 0
    roots = {m.client.get(f"/log/checkpoint?size={sizes[0]}").text.splitlines()[2] for m in pair}
    assert len(roots) == 1

    async def audit(service: Any) -> None:
        await service.log.audit()

    one.run(audit)


def test_what_one_service_changes_the_other_shows(pair: tuple[Market, Market]) -> None:
    one, two = pair
    one.publish("acme-shared")
    assert "data-yanked" not in two.client.get("/simple/acme-shared/").text
    path = "/api/v1/plugins/acme/shared/1.0.0/yank"
    assert one.client.post(path, json={"reason": "old"}, headers=one.bearer()).status_code == 200
    assert 'data-yanked="old"' in two.client.get("/simple/acme-shared/").text


def test_migrations_are_run_by_one_and_leave_what_the_models_say(pair: tuple[Market, Market], tmp_path: Path) -> None:
    one, _ = pair

    async def difference(service: Any) -> Any:
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        from lumosai_marketplace.service.db.models import Base

        tables = set(Base.metadata.tables)  # others look after theirs

        def mine(name: str | None, kind: str, _parents: object) -> bool:
            return kind != "table" or name in tables

        async with service.engine.connect() as connection:
            return await connection.run_sync(
                lambda c: compare_metadata(MigrationContext.configure(c, opts={"include_name": mine}), Base.metadata)
            )

    assert one.run(difference) == []
