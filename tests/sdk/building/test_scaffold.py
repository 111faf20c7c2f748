from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from lumosai_sdk.building import LANGUAGES, project, scaffold
from lumosai_sdk.errors import ConflictError, InputError


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_scaffold_is_a_project_with_a_tool_and_its_tests(language: str, tmp_path: Path) -> None:
    made = scaffold("my-count", language, tmp_path / "new")
    found = project.read(tmp_path / "new")
    assert (found.language, found.manifest.name, found.package) == (language, "my-count", "lumosai_my_count")
    names = {p.relative_to(tmp_path / "new").as_posix() for p in made}
    assert {"README.md", "pyproject.toml", ".gitignore", "tests/test_plugin.py"} <= names
    assert "$" not in "".join(p.read_text() for p in made if p.suffix in {".toml", ".md", ".py"})
    assert tomllib.loads((tmp_path / "new" / "pyproject.toml").read_text())["project"]["name"] == "lumosai-my-count"


@pytest.mark.parametrize("name", ["", "My", "1x", "a/b", "../x", "x" * 65, "a b", "x\n"])
def test_odd_names_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no plugin's name"):
        scaffold(name, "c", tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_there_is_no_scaffold_for_every_language(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="python, js, c, zig, rust"):
        scaffold("x", "cobol", tmp_path)


def test_nothing_that_is_there_is_lost(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(ConflictError, match=r"README\.md"):
        scaffold("x", "c", tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["README.md"]


def test_files_are_made_in_the_folder_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "tests").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConflictError, match="not a folder"):
        scaffold("x", "c", tmp_path / "new")
    assert list((tmp_path / "elsewhere").iterdir()) == []
