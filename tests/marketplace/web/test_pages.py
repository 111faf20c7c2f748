"""What the pages say, as a browser without scripts gets them."""

# ruff: noqa: PLR2004 - a test says what it expects where it expects it

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.marketplace.web.reading import Page

import lumosai_marketplace.service.web as pages

if TYPE_CHECKING:
    import httpx
    from tests.marketplace.client.world import World

EVERY = (
    "", "search", "search?q=weather&sort=name", "plugins/acme/weather", "plugins/acme/weather/gives",
    "plugins/acme/weather/versions", "plugins/acme/weather/security", "plugins/acme/weather?version=1.0.0",
    "plugins/acme/geo", "plugins/other/notes", "plugins/other/miner", "plugins/tinker/shell", "publishers/lumen",
    "publish", "transparency", "transparency/6", "plugins/no/thing", "nowhere",
)  # fmt: skip


def get(web: httpx.Client, path: str, status: int = 200) -> Page:
    answer = web.get(f"/{path}")
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return Page(answer.text)


@pytest.mark.parametrize("path", EVERY)
def test_every_page_runs_nothing_loads_nothing_from_elsewhere_and_has_its_landmarks(
    web: httpx.Client, path: str
) -> None:
    answer = web.get(f"/{path}")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "require-trusted-types-for 'script'" in policy
    page = Page(answer.text)
    assert page.runs() == []
    assert [a for a in page.loads() if not a.startswith("/") or a.startswith("//")] == []
    assert len(page.all("main")) == len(page.all("h1")) == len(page.all("header", class_="top")) == 1
    assert page.elements[0].attributes["lang"] == "en"
    assert page.one("a", class_="skip").attributes["href"] == "#main"
    ids = [e.attributes["id"] for e in page.elements if "id" in e.attributes]
    assert len(ids) == len(set(ids))
    assert "⟦" not in page.text


def test_signing_in_looks_like_the_other_pages(web: httpx.Client) -> None:
    answer = web.get("/login/device", params={"user_code": "ABCD-EFGH"})
    sheets = re.findall(r'<link rel="stylesheet" href="(/static/[^"]+)">', answer.text)
    assert [s.rpartition("/")[2] for s in sheets] == ["style.css", "account.css"]
    assert {web.get(s).headers["content-type"] for s in sheets} == {"text/css; charset=utf-8"}
    assert "style-src 'self'" in answer.headers["content-security-policy"]


def test_the_front_shows_what_is_used_what_is_new_and_how_much_there_is(web: httpx.Client) -> None:
    page = get(web, "")
    assert "12 plugins" in page.text.replace("\n", " ") or "12" in page.one("dl", class_="totals").text
    names = [e.text for e in page.all("h3", class_="hit-name")]
    assert names[0] == "acme/weather"
    assert "other/miner" not in names
    assert page.one("input", name="q").attributes["type"] == "search"


def test_a_search_tells_how_many_are_found_and_what_can_be_chosen(web: httpx.Client) -> None:
    page = get(web, "search?kind=provider&sort=downloads")
    assert page.one("p", id="count").text.strip() == "1 plugin"
    assert [e.text for e in page.all("h2", class_="hit-name")] == ["kite/openrouter"]
    assert "checked" in page.one("input", id="f-kind-provider").attributes
    assert "checked" not in page.one("input", id="f-kind-tool").attributes
    chosen = page.one("ul", class_="chips")
    assert "Model providers" in chosen.text
    assert page.all("a", href="/search?sort=downloads")  # without the filter
    options = [(o.attributes["value"], "selected" in o.attributes) for o in page.all("option")]
    assert ("downloads", True) in options


def test_facets_count_what_they_would_leave(web: httpx.Client) -> None:
    page = get(web, "search")
    labels = {" ".join(e.text.split()) for e in page.all("label", class_="option")}
    assert {"Verified 11 plugins", "Sandboxed 11 plugins", "In the host 1 plugins", "acme 3 plugins"} <= labels
    assert {"Models 1 plugins", "Models 11 plugins"} <= labels  # asks for, and does not


def test_a_form_without_scripts_may_send_what_is_left_open(web: httpx.Client) -> None:
    page = get(web, "search?q=&runtime=&sort=relevance&permission=http&without=secrets&verified=true")
    names = [e.text for e in page.all("h2", class_="hit-name")]
    assert "acme/weather" in names
    assert "northwind/mail" not in names


def test_what_is_typed_wrong_is_corrected_and_said(web: httpx.Client) -> None:
    page = get(web, "search?q=wether")
    assert "this is what weather finds" in page.text
    assert get(web, "search?q=zzqqxxvv").one("p", id="count").text.strip() == "No plugins"


def test_pages_of_a_search(web: httpx.Client) -> None:
    page = get(web, "search?limit=5&page=2")
    assert "There is nothing" not in page.text
    far = get(web, "search?page=7")
    assert "There is nothing on this page" in far.text
    get(web, "search?page=0", 422)


def test_a_plugin_says_what_it_may_do_who_signed_it_and_how_to_have_it(web: httpx.Client, shop: World) -> None:
    page = get(web, "plugins/acme/weather")
    assert "read from any server below weather.example" in page.text
    assert page.one("ul", class_="rights").text.count("risk") == 2
    command = page.one("button", class_="copy").attributes["data-copy"]
    assert command == f"lumos plugin install acme/weather --index {shop.url}"
    entry = next(a.attributes["href"] for a in page.all("a") if a.attributes["href"].startswith("/transparency/"))
    assert "acme/weather 1.3.0" in get(web, entry[1:]).text
    assert "https://git.example/acme/weather" in [a.attributes["href"] for a in page.all("a")]
    assert "ten days, hour by hour" in page.one("div", class_="prose").text
    assert [e.tag for e in page.elements if e.text.strip() == "Weather"] == ["h3"]  # below the page's own


def test_an_older_version_says_so_and_stays_the_subject_of_all_tabs(web: httpx.Client) -> None:
    page = get(web, "plugins/acme/weather?version=1.0.0")
    assert "You are looking at 1.0.0" in page.text
    assert "This version is unsafe: A place's name can reach another path" in page.text
    assert "install acme/weather==1.0.0 --index" in page.text
    tabs = [a.attributes["href"] for a in page.all("a") if a.attributes["href"].endswith("?version=1.0.0")]
    assert len(tabs) >= 4
    get(web, "plugins/acme/weather?version=9", 404)


def test_versions_tell_how_rights_and_signers_changed(web: httpx.Client) -> None:
    text = get(web, "plugins/acme/weather/versions").text
    assert "May now send data to and read from any server below weather.example was GET" in text
    assert "May no more keep small values" in text
    assert "yanked" in text
    assert "Fahrenheit for Celsius" in text
    moved = get(web, "plugins/acme/geo")
    assert "Somebody else has signed this version" in moved.text
    assert "git.example/taken/geo" in get(web, "plugins/acme/geo/versions").text


def test_contributions_are_told_with_their_arguments(web: httpx.Client) -> None:
    page = get(web, "plugins/acme/weather/gives")
    assert "A town, in any language" in page.text
    assert 'one of "metric", "imperial"' in page.text
    assert page.all("dt")[0].text == "place"
    assert '"minimum": 1' in page.all("pre")[0].text
    assert "[plugins.weather.settings]" in page.text


def test_security_tells_signer_hashes_and_advisories(web: httpx.Client) -> None:
    text = get(web, "plugins/acme/weather/security").text
    assert "number 77, owner 7" in text
    assert "does not affect 1.3.0" in text
    assert "severity moderate" in text


def test_texts_that_order_their_readers_about_are_named_above_everything(web: httpx.Client) -> None:
    html = web.get("/plugins/other/notes").text
    assert "Its texts tell their readers what to do" in html
    assert html.index("written for an AI agent") < html.index('class="readme"')


def test_a_quarantined_plugin_is_a_warning_and_no_command(web: httpx.Client) -> None:
    page = get(web, "plugins/other/miner")
    assert "quarantined" in page.text
    assert "It mines coins." in page.text
    assert "plugin install" not in page.text


def test_one_that_runs_in_the_host_says_that_nothing_is_enforced(web: httpx.Client) -> None:
    text = get(web, "plugins/tinker/shell").text
    assert "nothing is enforced" in text.lower()
    assert "Runs in the host" in text


def test_a_publisher_and_who_may_sign(web: httpx.Client) -> None:
    page = get(web, "publishers/lumen")
    assert "owner of the domain lumen.example" in page.text.lower()
    assert {e.text for e in page.all("h3", class_="hit-name")} == {"lumen/sqlite-memory", "lumen/grafana"}
    assert "refs/tags/*" in page.text
    get(web, "publishers/nobody", 404)


def test_the_log_and_an_entry_with_its_proof(web: httpx.Client) -> None:
    page = get(web, "transparency")
    size = int(web.get("/log/checkpoint").text.split("\n")[1])
    links = [a.attributes["href"] for a in page.all("a", class_="number")]
    assert links[0] == f"/transparency/{size - 1}"
    entry = get(web, "transparency/6")
    proof = web.get("/log/proof?index=6").json()
    assert [c.text for c in entry.all("li") if c.text in proof["hashes"]] == proof["hashes"]
    assert '"predicateType"' in entry.all("pre")[0].text
    older = get(web, "transparency?before=4")
    assert [a.attributes["href"] for a in older.all("a", class_="number")] == [
        f"/transparency/{n}" for n in (3, 2, 1, 0)
    ]
    get(web, "transparency/123456", 404)


def test_the_guide_names_this_index_and_commands_that_are_there(web: httpx.Client, shop: World) -> None:
    """The parser of the command line is asked about every command that is shown."""
    from lumosai.cli.main import main

    page = get(web, "publish")
    commands = [b.attributes["data-copy"] for b in page.all("button", class_="copy")]
    assert any(shop.url in c for c in commands)
    for command in commands:
        words = command.split()
        assert words[0] == "lumos"
        with pytest.raises(SystemExit) as ended:
            raise SystemExit(main([*words[1:3], "--help"]))
        assert ended.value.code in {0, None}


def test_what_is_not_there_is_a_page_for_people_and_a_problem_for_programs(web: httpx.Client) -> None:
    assert "There is nothing here" in get(web, "nowhere/at/all", 404).text
    assert "There is nothing here" in get(web, "plugins/acme/none", 404).text
    assert "That does not work" in get(web, "search?sort=magic", 422).text
    assert "That does not work" in get(web, f"search?q={'a' * 5000}", 422).text
    for path in ("/nowhere", "/api/v1/plugins/no/thing"):
        told = web.get(path, headers={"accept": "application/json"})
        assert told.status_code == 404
        assert told.headers["content-type"] == "application/problem+json"
    pip = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
    assert web.get("/simple/no-thing/", headers={"accept": pip}).headers["content-type"] == "application/problem+json"


def test_files_of_the_pages_are_kept_for_ever_under_the_hash_of_what_is_in_them(web: httpx.Client) -> None:
    front = Page(web.get("/").text)
    files = [a for a in front.loads() if a.startswith("/static/")]
    assert {f.rsplit(".")[-1] for f in files} == {"css", "js", "svg"}
    for file in files:
        answer = web.get(file)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert re.search(r"https?://(?!www\.w3\.org/2000/svg)", answer.text) is None
        wrong = re.sub(r"/[0-9a-f]{16}/", "/0000000000000000/", file)
        assert web.get(wrong).status_code == 404
    assert web.get("/static/../pages.py").status_code == 404
    assert web.get("/").headers["cache-control"] == "no-cache"


@pytest.mark.slow
def test_a_wheel_of_the_project_has_templates_and_files(tmp_path: Path) -> None:
    import subprocess
    import sys

    root = Path(__file__).parents[3]
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=root, check=True, capture_output=True, timeout=50)
    (wheel,) = tmp_path.glob("*.whl")
    folder = Path(pages.__file__).parent
    expected = {f"{p.relative_to(folder).as_posix()}" for k in ("templates", "static") for p in (folder / k).iterdir()}
    with zipfile.ZipFile(wheel) as archive:
        found = set(archive.namelist())
    assert {f"lumosai_marketplace/service/web/{name}" for name in expected} <= found
