"""``lumos skills``: which skills there are, and what is wrong with the others."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING

from lumosai_sdk.decorators import command
from lumosai_sdk.safe import say, say_json

if TYPE_CHECKING:
    from lumosai_plugins.skills.shelf import Found
    from lumosai_sdk.types.plugins import PluginContext


@command("skills.skills")
class SkillsCommand:
    """Lists skills; the exit code is 1 where one cannot be opened."""

    def __init__(self, context: PluginContext) -> None:
        """Nothing is read before the command runs."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--json", action="store_true", help="print JSON")

    def run(self, arguments: Namespace, context: PluginContext) -> int:
        """Print what is there. Raises MissingExtraError."""
        from lumosai_plugins.skills.shelf import Shelf

        found = Shelf(context).look()
        if arguments.json:
            say_json(_listed(found))
        else:
            say(_told(found))
        return 1 if found.problems else 0


def _listed(found: Found) -> dict[str, list[dict[str, str]]]:
    return {
        "skills": [
            {"name": s.name, "description": s.description, "folder": str(s.folder)} for s in found.skills.values()
        ],
        "problems": [{"folder": folder, "problem": why} for folder, why in found.problems.items()],
    }


def _told(found: Found) -> str:
    width = max(map(len, found.skills), default=0)
    lines = [f"{s.name:{width}}  {s.description}" for s in found.skills.values()]
    lines += [f"\N{BALLOT X} {folder}: {why}" for folder, why in found.problems.items()]
    return "\n".join(lines) or "no skills: folders in [plugins.skills.settings] are looked through for SKILL.md"
