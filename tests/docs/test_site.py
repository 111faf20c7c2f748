"""The site: every page reachable, every link leads somewhere, nothing fetched from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FETCHING = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src"), ("source", "src")}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout + done.stderr


def test_it_builds_without_a_word(built: tuple[Path, str]) -> None:
    assert built[1] == ""


def test_a_page_fetches_nothing_from_elsewhere(built: tuple[Path, str]) -> None:
    found: list[str] = []

    class Links(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            values = dict(attrs)
            for name, value in values.items():
                is_page = tag == "link" and values.get("rel") in {"canonical", "next", "prev"}
                if (tag, name) in FETCHING and not is_page and re.match(r"(https?:)?//", value or ""):
                    found.append(f"{path.relative_to(built[0])}: {value}")

    for path in built[0].rglob("*.html"):
        Links().feed(path.read_text(encoding="utf-8"))
    assert found == []


def test_no_style_sheet_fetches_anything_from_elsewhere(built: tuple[Path, str]) -> None:
    sheets = list(built[0].rglob("*.css"))
    assert sheets
    for path in sheets:
        assert not re.search(r"""(url\(\s*['"]?|@import\s*['"])(https?:)?//""", path.read_text(encoding="utf-8")), path


def test_no_page_promises_what_is_not_there() -> None:
    promises = re.compile(r"(?i)\b(coming soon|not yet implemented|work in progress|TBD|TODO|FIXME|lorem ipsum)\b")
    found = [p.name for p in (ROOT / "docs").rglob("*.md") if promises.search(p.read_text(encoding="utf-8"))]
    assert found == []


def test_the_machine_files_of_the_reference_are_served(built: tuple[Path, str]) -> None:
    assert (built[0] / "reference" / "openapi.json").is_file()
    assert (built[0] / "reference" / "lumos.schema.json").is_file()
    assert not list(built[0].rglob("*.py"))
