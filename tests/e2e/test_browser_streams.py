"""A page in Chromium follows a run by EventSource and by WebSocket while the service is killed and started anew."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed: apt-get install chromium")
SCRIPT = """
(types) => {
  const page = window.lumos = {socket: [], source: [], run: null, opened: 0, lost: 0};
  const ended = (list) => list.length > 0 && list[list.length - 1].type === "run.completed";
  const follow = () => {
    const source = new EventSource(`/v1/runs/${page.run}/events?after=${page.source.at(-1)?.seq ?? 0}`);
    for (const type of types) source.addEventListener(type, (e) => {
      page.source.push({...JSON.parse(e.data), id: e.lastEventId});
      if (ended(page.source)) source.close();
    });
    source.onerror = () => {
      if (source.readyState === EventSource.CLOSED && !ended(page.source)) setTimeout(follow, 100);
    };
  };
  const connect = () => {
    const socket = new WebSocket(`ws://${location.host}/v1/ws`, ["lumos.v1"]);
    socket.onopen = () => {
      page.opened += 1;
      socket.send(JSON.stringify(page.run === null
        ? {type: "run", agent: "waits", input: "17*4"}
        : {type: "subscribe", topic: `run.${page.run}`, after: page.socket.at(-1)?.id ?? "0"}));
    };
    socket.onmessage = (message) => {
      const frame = JSON.parse(message.data);
      if (frame.type === "started") { page.run = frame.run_id; follow(); }
      if (frame.type === "event") page.socket.push({...frame.event, id: frame.id});
    };
    socket.onclose = () => { page.lost += 1; if (!ended(page.socket)) setTimeout(connect, 100); };
  };
  connect();
}
"""


@pytest.fixture
def page() -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        made = browser.new_page()
        made.set_default_timeout(20_000)
        yield made
        browser.close()


def call(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


def test_a_page_misses_no_event_while_the_service_is_killed_and_started_anew(page: Page, start: Any) -> None:
    process, url = start()
    page.goto(f"{url}/healthz")
    recorded = ["run.started", "model.started", "model.completed", "run.suspended", "run.resumed"]
    page.evaluate(SCRIPT, [*recorded, "model.delta", "tool.call", "tool.result", "run.completed"])
    page.wait_for_function("['socket', 'source'].every((k) => lumos[k].some((e) => e.type === 'run.suspended'))")
    pending = page.evaluate("lumos.socket.at(-1).pending")

    process.kill()
    process.wait()
    page.wait_for_function("lumos.lost > 0")
    _, again = start()
    assert again == url
    run_id = page.evaluate("lumos.run")
    # At once, so that the run goes on while the page is still coming back.
    call(f"{url}/v1/runs/{run_id}/resume", {"decisions": {pending[0]["call_id"]: {"approve": True}}})

    page.wait_for_function("['socket', 'source'].every((k) => lumos[k].some((e) => e.type === 'run.completed'))")
    kept = call(f"{url}/v1/runs/{run_id}/events")["data"]
    assert [e["type"] for e in kept if e["type"].startswith("run.")] == [
        "run.started",
        "run.suspended",
        "run.resumed",
        "run.completed",
    ]
    for way in ("socket", "source"):
        seen = page.evaluate(f"lumos.{way}")
        assert [e["id"] for e in seen] == [str(e["seq"]) for e in seen]
        without_text = [{k: v for k, v in e.items() if k != "id"} for e in seen if e["type"] != "model.delta"]
        assert without_text == kept, way
    assert page.evaluate("lumos.opened") >= 2
