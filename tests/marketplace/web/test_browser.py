"""The pages in Chromium: instant search, keyboard, back button, no scripts, axe, and no word on the console."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect, sync_playwright
from tests.marketplace.web.test_pages import EVERY

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from tests.marketplace.client.world import World

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt-get install chromium")
WIDE, NARROW = {"width": 1440, "height": 900}, {"width": 360, "height": 740}
DISTINCT = ("search", "plugins/acme/weather")
"""The others are made of the same parts."""
HEARD = """
window.violations = [];
addEventListener("securitypolicyviolation", (e) => violations.push([e.violatedDirective, e.blockedURI].join()));
"""
Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield made
        made.close()


@pytest.fixture
def opened(browser: Browser, shop: World) -> Iterator[Open]:
    """Open a page; at the end, nobody has complained of anything."""
    heard: list[str] = []
    contexts = []

    def page_of(path: str, **options: Any) -> Page:
        context = browser.new_context(base_url=shop.url, **{"viewport": WIDE, **options})
        contexts.append(context)
        context.set_default_timeout(10_000)
        context.add_init_script(HEARD)
        page = context.new_page()
        page.on("console", lambda m: heard.append(f"{page.url} {m.type}: {m.text}") if not _expected(m.text) else None)
        page.on("pageerror", lambda e: heard.append(f"{page.url} {e}"))
        page.goto(f"/{path}")
        return page

    yield page_of
    for context in contexts:
        for page in context.pages:
            if not page.is_closed():
                heard.extend(page.evaluate("window.violations ?? []"))
        context.close()
    assert heard == []


def _expected(text: str) -> bool:
    return "status of 404" in text  # the pages that are not there, which Chromium tells of its own accord


@contextmanager
def a_request(page: Page, part: str) -> Iterator[None]:
    with page.expect_response(lambda r: part in r.url):
        yield


def count(page: Page, text: str) -> None:
    expect(page.locator("#count")).to_have_text(text)


def names(page: Page) -> list[str]:
    return [str(t) for t in page.locator(".hit-name").all_inner_texts()]


def test_what_is_found_appears_while_one_types(opened: Open) -> None:
    page = opened("search")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
    page.evaluate("window.same = true")
    with a_request(page, "q=pdf"):
        page.keyboard.type("pdf", delay=20)
    count(page, "1 plugin")
    assert names(page) == ["papercut/pdf-text"]
    assert page.evaluate("document.activeElement.id") == "q"
    assert page.url.endswith("/search?q=pdf")
    assert page.title().startswith("pdf")
    assert page.evaluate("window.same") is True  # the page was never left
    assert page.locator("#count").get_attribute("role") == "status"


def test_back_and_forward_go_through_what_was_asked_one_step_for_words_typed_in_one_go(opened: Open) -> None:
    page = opened("search")
    with a_request(page, "q=we"):
        page.locator("#q").press_sequentially("we")
    with a_request(page, "q=weather"):
        page.locator("#q").press_sequentially("ather")
    count(page, "1 plugin")
    with a_request(page, "sort=name"):
        page.locator("#sort").select_option("name")
    page.locator("#q").fill("")
    count(page, "12 plugins")
    page.go_back()
    count(page, "1 plugin")
    assert page.locator("#q").input_value() == "weather"
    assert page.locator("#sort").input_value() == "name"
    page.go_back()
    expect(page.locator("#sort")).to_have_value("relevance")
    page.go_back()
    count(page, "12 plugins")
    assert page.locator("#q").input_value() == ""
    page.go_forward()
    count(page, "1 plugin")


def test_a_filter_keeps_the_focus_and_can_be_taken_back(opened: Open) -> None:
    page = opened("search")
    page.locator("#f-kind-monitor").focus()
    page.keyboard.press("Space")
    count(page, "2 plugins")
    assert page.evaluate("document.activeElement.id") == "f-kind-monitor"
    page.locator("#f-without-secrets").check()
    count(page, "1 plugin")
    assert names(page) == ["lumen/grafana"]
    page.get_by_role("link", name="Remove the filter Monitors").click()
    count(page, "9 plugins")
    assert not page.locator("#f-kind-monitor").is_checked()
    assert page.locator("#f-without-secrets").is_checked()
    assert page.url.endswith("/search?without=secrets")


def test_only_the_newest_question_is_answered(opened: Open) -> None:
    """An answer that comes late to a question that was withdrawn changes nothing."""
    page = opened("search")
    held = []
    page.route("**/search?q=slow", lambda route: held.append(route))  # noqa: PLW0108 - it marks what it is given
    page.locator("#q").fill("slow")
    expect(page.locator("#results")).to_have_attribute("aria-busy", "true")
    page.locator("#q").fill("pdf")
    count(page, "1 plugin")
    assert page.url.endswith("q=pdf")
    assert len(held) == 1


def test_from_the_first_key_to_a_plugin_by_keyboard_alone(opened: Open) -> None:
    page = opened("")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    for _ in range(2):
        page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "q"
    page.keyboard.type("units")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=units")
    seen = []
    for _ in range(60):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.getAttribute('href')"))
        if seen[-1] == "/plugins/acme/units":
            break
    page.keyboard.press("Enter")
    page.wait_for_url("**/plugins/acme/units")
    assert page.locator("h1").inner_text() == "acme/units"


def test_filters_are_a_sheet_on_a_narrow_screen(opened: Open) -> None:
    page = opened("search", viewport=NARROW)
    assert not page.locator("#facets").is_visible()
    page.get_by_role("button", name="Filters", exact=True).click()
    page.locator("#f-kind-provider").check()
    count(page, "1 plugin")
    assert page.locator("#f-kind-provider").is_visible()
    page.get_by_role("button", name="Show what is found").click()
    assert not page.locator("#facets").is_visible()
    page.get_by_role("button", name="Filters", exact=True).click()
    page.keyboard.press("Escape")
    assert not page.locator("#facets").is_visible()


def test_all_of_it_works_without_scripts(opened: Open) -> None:
    page = opened("", java_script_enabled=False)
    page.locator("#q").fill("weather")
    page.get_by_role("button", name="Search").click()
    assert names(page) == ["acme/weather"]
    page.goto("/search")
    page.locator("#f-kind-provider").check()
    page.get_by_role("button", name="Apply the filters").click()
    assert names(page) == ["kite/openrouter"]
    assert page.locator("button.copy").count() == 0
    page.get_by_role("link", name="kite/openrouter").click()
    assert page.locator("button.copy:visible").count() == 0
    page.get_by_role("link", name="Versions").click()
    assert page.get_by_text("The first version.").is_visible()
    page.goto("/transparency/6")
    assert not page.locator(".verify").is_visible()
    narrow = opened("search", java_script_enabled=False, viewport=NARROW)
    narrow.get_by_role("button", name="Filters", exact=True).click()
    narrow.locator("#f-kind-storage").check()
    narrow.get_by_role("button", name="Apply the filters").click()
    assert names(narrow) == ["lumen/sqlite-memory"]


def test_a_command_is_copied(opened: Open, shop: World) -> None:
    page = opened("plugins/acme/weather", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the install command").click()
    page.get_by_text("Copied", exact=True).first.wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == f"lumos plugin install acme/weather --index {shop.url}"


@pytest.mark.parametrize("index", [0, 6, -1])
def test_the_browser_verifies_a_proof_itself(opened: Open, shop: World, index: int) -> None:
    assert shop.service.log is not None
    size = shop.run(shop.service.log.size())
    page = opened(f"transparency/{index % size}")
    page.get_by_role("button", name="Verify in this browser").click()
    expect(page.locator(".checks li")).to_have_count(4)
    expect(page.locator(".checks li.failed")).to_have_count(0)


def test_a_proof_that_was_tampered_with_does_not_verify(opened: Open) -> None:
    page = opened("transparency/6")

    def forged(route: Any) -> None:
        answer = route.fetch()
        told = answer.json()
        told["hashes"][0] = "00" * 32
        told["checkpoint"] = re.sub(
            r"— (\S+) (\S{40})", lambda m: f"— {m[1]} {m[2][:30]}AAAAAAAAAA", told["checkpoint"]
        )
        route.fulfill(response=answer, json=told)

    page.route("**/log/proof*", forged)
    page.get_by_role("button", name="Verify in this browser").click()
    page.locator(".checks li.failed").nth(1).wait_for()
    assert page.locator(".checks li.failed").count() == 2


@pytest.mark.parametrize("path", [p if p in DISTINCT else pytest.param(p, marks=pytest.mark.slow) for p in EVERY])
def test_axe_finds_nothing_serious_and_nothing_is_wider_than_the_screen(opened: Open, path: str) -> None:
    page = opened(path)
    page.evaluate(_axe())
    found: dict[str, list[str]] = {}
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            # Everything once for each width; dark differs in colours alone.
            only = None if scheme == "light" else {"type": "rule", "values": ["color-contrast"]}
            options = {"resultTypes": ["violations"], **({"runOnly": only} if only else {})}
            result = page.evaluate("(options) => axe.run(document, options)", options)
            found |= {
                f"{v['id']} {size['width']} {scheme}": [n["html"] for n in v["nodes"]]
                for v in result["violations"]
                if v["impact"] in {"serious", "critical"}
            }
    assert found == {}


def _axe() -> str:
    found = find_spec("axe_playwright_python")  # the script alone is wanted of it
    assert found is not None
    assert found.origin is not None
    return (Path(found.origin).parent / "axe.min.js").read_text()
