"""Every page does what it says: its files are written, its commands run, its Python executed, from top to bottom."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.blocks import Block, blocks
from harness.environment import Environment, opened
from harness.models import MODEL
from harness.project import Project

DOCS = Path(__file__).parents[2] / "docs"
# The reference is made from the code, signatures without bodies; test_reference.py holds it against the code.
PAGES = [p for p in sorted(DOCS.rglob("*.md")) if "reference" not in p.parts and "adr" not in p.parts]
# Pages on which the default model answers.
EMBEDDED = ("index.md", "tutorial/")
RUNNABLE = {"python", "console"}
# Seconds for a page and for each of its commands. Only one page builds a Python guest: that is half a minute's work.
PATIENCE = {"tutorial/sandboxed-plugin.md": (480, 240.0)}
# Whose commands the tests of the marketplace try each by itself.
SLOW = {*PATIENCE, "how-to/marketplace/air-gap.md", "how-to/marketplace/rotate-keys.md"}
USUAL = (120, 30.0)
# The page that makes an index, and publishes; and those that go on where it ends.
PUBLISHING = "tutorial/publish-a-plugin.md"
GOING_ON = "how-to/marketplace/"
# Shown and not run: what changes the reader's machine, diagrams and messages.
SHOWN = {"", "text", "bash", "json"}
FILES = {"toml", "python", "markdown", "yaml", "conf", "ini", "c", "zig", "typescript", "rust"}


def page_blocks(path: Path) -> list[Block]:
    return list(blocks(path, DOCS))


def pages_with(languages: set[str]) -> list[str]:
    return [p.relative_to(DOCS).as_posix() for p in PAGES if any(b.language in languages for b in page_blocks(p))]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    with opened(tmp_path_factory.mktemp("docs")) as made:
        yield made


def timed(page: str) -> Any:
    marks = [pytest.mark.timeout(PATIENCE.get(page, USUAL)[0])]
    return pytest.param(page, marks=[*marks, pytest.mark.slow] if page in SLOW else marks)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, environment: Environment) -> Project:
    return followed(PUBLISHING, Project(tmp_path_factory.mktemp("published"), environment, {}, USUAL[1]))


@pytest.mark.parametrize("page", [timed(p) for p in pages_with(RUNNABLE)])
def test_the_page_does_what_it_says(
    page: str, tmp_path: Path, environment: Environment, request: pytest.FixtureRequest
) -> None:
    needed = {b.language for b in page_blocks(DOCS / page) if "curl " in b.text}
    if "console" in needed and shutil.which("curl") is None:
        pytest.skip("this page calls the service with curl, which is not here")
    extra = MODEL if page.startswith(EMBEDDED) else {}
    after = request.getfixturevalue("published") if page == PUBLISHING or page.startswith(GOING_ON) else None
    if page != PUBLISHING:
        followed(page, Project(tmp_path, environment, extra, PATIENCE.get(page, USUAL)[1], after))


def followed(page: str, project: Project) -> Project:
    """Do what a page says."""
    try:
        for block in page_blocks(DOCS / page):
            if block.title and block.language in FILES:
                project.write(block)
            elif block.language == "python":
                project.python(block)
            elif block.language == "console":
                project.console(block)
    finally:
        project.close()
    return project


@pytest.mark.parametrize("page", [p.relative_to(DOCS).as_posix() for p in PAGES])
def test_every_block_says_what_it_is(page: str) -> None:
    for block in page_blocks(DOCS / page):
        known = block.language in RUNNABLE | SHOWN or (block.language in FILES and block.title)
        assert known, f"{block.where}: a {block.language} block without a title: nothing would try it"


@pytest.mark.parametrize("page", pages_with({"python"}))
def test_every_python_file_is_used_on_its_page(page: str) -> None:
    found = page_blocks(DOCS / page)
    for block in found:
        if block.language == "python" and block.title and not block.title.endswith("__init__.py"):
            stem = Path(block.title).stem
            others = [b for b in found if b is not block and b.language in RUNNABLE | {"toml"}]
            # A test file is run by pytest, which needs no name.
            runs = (
                [b for b in others if b.language == "console" and re.search("pytest|lumos plugin test", b.text)]
                if stem.startswith("test")
                else []
            )
            assert runs or any(re.search(rf"\b{stem}\b", b.text) for b in others), f"{block.where}: {block.title}"
