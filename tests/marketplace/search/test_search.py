"""What is found, in which order, and what is made of typing errors; on both databases."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.marketplace.stocked import NOW, OTHERS, WORKFLOW, Stock

from lumosai_marketplace.names import Name
from lumosai_marketplace.service import states, stats
from lumosai_marketplace.service.search import indexing, search
from lumosai_marketplace.service.search.query import MAX_HITS, SearchPage, SearchQuery


async def ask(stock: Stock, text: str = "", **more: Any) -> SearchPage:
    async with stock.service.reads() as session:
        return await search.of(stock.service).search(session, SearchQuery(text, **more))


async def names(stock: Stock, text: str = "", **more: Any) -> list[str]:
    return [h.name.screen for h in (await ask(stock, text, **more)).hits]


async def suggested(stock: Stock, text: str) -> list[str]:
    async with stock.service.reads() as session:
        return [h.name.screen for h in await search.of(stock.service).suggest(session, text)]


async def fill(stock: Stock) -> None:
    await stock.publish(
        "acme/weather",
        summary="Forecasts for any place",
        keywords=["rain", "sun"],
        permissions={"http": ["GET https://api.example.org/*"]},
    )
    await stock.publish("acme/clock", summary="The time, everywhere", permissions={"clock": True})
    await stock.publish(
        "other/notes",
        summary="Keeps notes about the weather",
        runtime="python",
        permissions={"files": ["write ./notes"], "http": ["POST https://sync.example.org/*"]},
        contributes={"storage": [{"id": "notes", "target": "x"}], "panel": [{"id": "notes", "target": "y"}]},
        signer=OTHERS,
    )


async def test_a_word_is_found_in_name_keywords_and_summary_and_the_name_counts_most(stock: Stock) -> None:
    await fill(stock)
    assert await names(stock, "weather") == ["acme/weather", "other/notes"]
    assert await names(stock, "rain") == ["acme/weather"]
    assert sorted(await names(stock, "acme")) == ["acme/clock", "acme/weather"]
    assert await names(stock, "notes WEATHER") == ["other/notes"]
    assert await names(stock, "no-such-word-at-all") == []


async def test_the_last_word_may_be_unfinished(stock: Stock) -> None:
    await fill(stock)
    assert await names(stock, "forec") == ["acme/weather"]
    assert await names(stock, "acme wea") == ["acme/weather"]
    assert await names(stock, "forec place") == []


async def test_a_typing_error_is_corrected_and_told(stock: Stock) -> None:
    await fill(stock)
    for typed in ("wether", "waether", "weathr", "acme/wether", "aceme weather"):
        page = await ask(stock, typed)
        assert page.hits[0].name.screen == "acme/weather", typed
        assert "weather" in page.corrected
    assert (await ask(stock, "weather")).corrected == ""
    assert (await ask(stock, "xylophone")).total == 0


async def test_accents_and_case_make_no_difference(stock: Stock) -> None:
    await stock.publish("acme/cafe", summary="Öffnungszeiten der Cafés")
    for typed in ("cafés", "CAFÉ", "offnungszeiten", "ÖFFNUNGSZEITEN"):
        assert await names(stock, typed) == ["acme/cafe"], typed


async def test_filters_and_their_counts(stock: Stock) -> None:
    await fill(stock)
    assert await names(stock, kinds=("storage",)) == ["other/notes"]
    assert await names(stock, kinds=("storage", "tool"), publishers=("other",)) == ["other/notes"]
    assert await names(stock, permissions=("http", "files")) == ["other/notes"]
    assert await names(stock, without=("http",)) == ["acme/clock"]
    assert await names(stock, runtime="wasm", permissions=("http",)) == ["acme/weather"]
    assert await names(stock, kinds=("none",)) == []
    page = await ask(stock, runtime="wasm")
    counts = {facet: {c.value: c.count for c in found} for facet, found in page.facets.items()}
    assert counts["runtime"] == {"wasm": 2, "python": 1}  # as if that filter were not set
    assert counts["kind"] == {"tool": 2}
    assert counts["permission"] == {"http": 1, "clock": 1}
    assert counts["publisher"] == {"acme": 2}


async def test_downloads_count_up_to_a_cap_and_proven_publishers_count(stock: Stock) -> None:
    await stock.publish("acme/one-tool", downloads=50)
    await stock.publish("acme/two-tool", downloads=100_000)
    await stock.publish("acme/three-tool", downloads=100_000_000)
    page = await ask(stock, "tool")
    assert [h.name.plugin for h in page.hits] == ["two-tool", "three-tool", "one-tool"]
    assert await names(stock, "tool", sort="downloads") == ["acme/three-tool", "acme/two-tool", "acme/one-tool"]


async def test_verified_is_a_proven_namespace_and_one_publisher_throughout(stock: Stock) -> None:
    await stock.publish("acme/good")
    await stock.publish("acme/good", "1.1.0")
    await stock.publish("acme/sold")
    await stock.publish("acme/sold", "1.1.0", signer=OTHERS)
    found = {h.name.plugin: h.verified for h in (await ask(stock)).hits}
    assert found == {"good": True, "sold": False}
    assert await names(stock, verified=True) == ["acme/good"]
    assert await names(stock, verified=False) == ["acme/sold"]
    assert await names(stock) == ["acme/good", "acme/sold"]


async def test_orders(stock: Stock) -> None:
    for number, plugin in enumerate(["beta", "alpha", "gamma"]):
        stock.now = NOW + number
        await stock.publish(f"acme/{plugin}", age=1000 * number)
    assert await names(stock, sort="name") == ["acme/alpha", "acme/beta", "acme/gamma"]
    assert await names(stock, sort="updated") == ["acme/gamma", "acme/alpha", "acme/beta"]
    assert await names(stock, sort="created") == ["acme/beta", "acme/alpha", "acme/gamma"]


async def test_pages_are_disjoint_and_end(stock: Stock) -> None:
    for number in range(7):
        await stock.publish(f"acme/plugin-{number}")
    pages = [await names(stock, "plugin", size=3, page=page) for page in (1, 2, 3, 4)]
    assert [len(p) for p in pages] == [3, 3, 1, 0]
    assert len({n for page in pages for n in page}) == 7
    assert await names(stock, "plugin", size=100, page=MAX_HITS) == []


async def test_what_happens_to_a_plugin_shows_at_once(stock: Stock) -> None:
    await fill(stock)
    name = Name.parse("acme/weather")
    assert "acme/weather" in await names(stock, "weather")
    await states.set_release(stock.service, name, "1.0.0", "yank", "wrong", "tests")
    assert await names(stock, "weather") == ["other/notes"]
    assert await suggested(stock, "acme/weat") == []
    await states.set_release(stock.service, name, "1.0.0", "unyank", "", "tests")
    assert await names(stock, "weather") == ["acme/weather", "other/notes"]
    await states.set_project(stock.service, name, "quarantine", "malware", "tests")
    assert await names(stock, "weather") == ["other/notes"]
    assert sorted(await names(stock)) == ["acme/clock", "other/notes"]
    await states.set_project(stock.service, name, "release", "", "tests")
    await stock.publish("acme/weather", "2.0.0", summary="Now with storms")
    assert await names(stock, "storms") == ["acme/weather"]
    assert await names(stock, "forecasts") == []


async def test_a_change_that_is_rolled_back_never_shows(stock: Stock) -> None:
    await stock.publish("acme/weather")
    with pytest.raises(RuntimeError, match="never mind"):
        await _fail(stock)
    assert await names(stock) == ["acme/weather"]


async def _fail(stock: Stock) -> None:
    from sqlalchemy import select

    from lumosai_marketplace.service.db.models import Project

    async with stock.service.sessions() as session, session.begin():
        project = (await session.scalars(select(Project))).one()
        project.status = "quarantined"
        await indexing.refresh(session, project)
        raise RuntimeError("never mind")


async def test_suggestions_begin_any_part_of_a_name_the_used_first(stock: Stock) -> None:
    await stock.publish("acme/storm-weather", downloads=5)
    await stock.publish("acme/weather", downloads=900)
    await stock.publish("other/wealth")
    assert await suggested(stock, "wea") == ["acme/weather", "acme/storm-weather", "other/wealth"]
    assert await suggested(stock, "acme/st") == ["acme/storm-weather"]
    assert await suggested(stock, "acme-we") == ["acme/weather"]
    assert await suggested(stock, "storm wea") == ["acme/storm-weather"]
    assert (await suggested(stock, "wether"))[0] == "acme/weather"
    assert await suggested(stock, "") == []


async def test_another_service_sees_it_as_soon_as_it_is_there(stock: Stock) -> None:
    """Each process has a catalogue of its own, which follows the database."""
    await stock.publish("acme/one")
    mine, other = search.Search(), search.Search()
    async with stock.service.reads() as session:
        assert (await mine.search(session, SearchQuery())).total == 1
    await asyncio.gather(*(stock.publish(f"acme/more-{n}") for n in range(5)))
    for each in (mine, other):
        async with stock.service.reads() as session:
            assert (await each.search(session, SearchQuery())).total == 6


async def test_downloads_that_are_counted_move_a_plugin(stock: Stock) -> None:
    await stock.publish("acme/aaa")
    second = await stock.publish("acme/bbb")
    assert (await names(stock))[0] == "acme/aaa"
    for number in range(20):
        stats.of(stock.service).saw(second, f"203.0.{number}.1", "pip/25")
    await stats.of(stock.service).write()
    assert (await names(stock))[0] == "acme/bbb"
    assert (await ask(stock)).hits[0].downloads == 20


async def test_what_was_published_before_there_was_a_search_is_caught_up_with(stock: Stock) -> None:
    from sqlalchemy import delete, text

    from lumosai_marketplace.service.search.schema import SearchDocument

    await fill(stock)
    async with stock.service.sessions() as session, session.begin():
        await session.execute(delete(SearchDocument))
        await session.execute(text("DELETE FROM search_text"))
    assert await indexing.catch_up(stock.service) == 3
    assert await indexing.catch_up(stock.service) == 0
    assert await names(stock, "weather") == ["acme/weather", "other/notes"]


async def test_very_common_words_are_looked_for_in_names_alone(stock: Stock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "RARE", 3)
    monkeypatch.setattr(search, "_ENOUGH", 1)
    for number in range(5):
        await stock.publish(f"acme/plain-{number}", summary="An agent for everything")
    await stock.publish("acme/agent", summary="nothing")
    page = await ask(stock, "agent")
    assert [h.name.screen for h in page.hits] == ["acme/agent"]
    assert page.exact


async def test_the_risk_is_that_of_what_was_signed(stock: Stock) -> None:
    await stock.publish("acme/tame", permissions={"clock": True})
    await stock.publish("acme/wild", permissions={"http": ["* https://*/*"]})
    await stock.publish("acme/python", runtime="python", signer=WORKFLOW)
    assert {h.name.plugin: h.risk for h in (await ask(stock)).hits} == {
        "tame": "low",
        "wild": "high",
        "python": "high",
    }
