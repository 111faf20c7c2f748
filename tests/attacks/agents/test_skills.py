"""Folders of skills that a stranger made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lumosai_plugins.skills.shelf import Shelf, content, files
from lumosai_sdk.types.plugins import PluginContext

if TYPE_CHECKING:
    from pathlib import Path

GOOD = "---\nname: good\ndescription: It is good.\n---\nDo good.\n"


def aliases(depth: int) -> str:
    """Return YAML whose last line is small, and writes out ten to the power of *depth* long."""
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, depth + 1))]
    return "\n".join([*lines, f"name: *a{depth}"])


def shelf(folder: Path, **skills: str) -> Any:
    for name, text in skills.items():
        (folder / "skills" / name).mkdir(parents=True)
        (folder / "skills" / name / "SKILL.md").write_text(text)
    return Shelf(PluginContext("skills", base=folder))


@pytest.mark.parametrize(
    "head",
    [aliases(30), f"name: 0x{'f' * 9000}", f"name: {'x' * 9000}", "name: &a [*a]", "name: {a: b}", "<<: [1]\nname: b"],
    ids=["aliases", "number", "long", "circle", "mapping", "merge"],
)
def test_a_name_made_to_do_harm_costs_its_own_skill_alone(tmp_path: Path, head: str) -> None:
    """It was shown as it is in the error: with aliases that fills the memory, with a long number it ended the look."""
    found = shelf(tmp_path, good=GOOD, bad=f"---\n{head}\ndescription: b\n---\n").look()
    assert list(found.skills) == ["good"]
    (why,) = found.problems.values()
    assert len(why) < 1000  # noqa: PLR2004


def test_links_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret")
    made = shelf(tmp_path, good=GOOD)
    folder = tmp_path / "skills" / "good"
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "all").symlink_to(tmp_path, target_is_directory=True)
    skill = made.look().skills["good"]
    assert files(skill) == []
    for name in ("link", "all/secret", "../../secret", str(tmp_path / "secret"), "all/../../secret", "\0", "a" * 5000):
        assert content(skill, name, 100) is None, name
