"""The tool ``skills.open``."""

from __future__ import annotations

from typing import Annotated, Any

from lumosai_plugins.skills.manifest import Skill
from lumosai_plugins.skills.shelf import Shelf, content, files
from lumosai_sdk.errors import ToolError
from lumosai_sdk.functions import FunctionTool
from lumosai_sdk.threads import in_thread
from lumosai_sdk.types.plugins import PluginContext
from lumosai_sdk.types.tools import ToolContext

_MOST_BYTES_A_CHARACTER = 4


class Open(FunctionTool[..., Any]):
    """The tool ``skills.open``."""

    def __init__(self, context: PluginContext) -> None:
        made = FunctionTool.of(Reader(context).open, id="skills.open")
        super().__init__(made.fn, made.spec, made.signature)


class Reader:
    """Gives a model the instructions of a skill, or one of its files. Nothing of a skill is ever run."""

    def __init__(self, context: PluginContext) -> None:
        self._shelf = Shelf(context)
        self._limit = int(context.settings.get("max_chars", 50_000))

    async def open(
        self,
        skill: Annotated[str, {"minLength": 1, "maxLength": 64}],
        context: ToolContext,
        file: Annotated[str, {"maxLength": 512}] = "",
    ) -> str:
        """Open a skill: return its instructions and the names of its files, or the text of one of these.

        Args:
            skill: The name of the skill.
            context: The call.
            file: One of its files; empty for the instructions.
        """
        skills = await self._shelf.of(context.agent)
        found = skills.get(skill)
        if found is None:
            raise ToolError(f"there is no skill {skill!r}; there are: {', '.join(skills) or 'none'}")
        return await in_thread(self._file, found, file) if file else await in_thread(self._instructions, found)

    def _instructions(self, skill: Skill) -> str:
        text, names = self._cut(skill.instructions), files(skill)
        return f"{text}\n\nFiles of this skill: {', '.join(names)}" if names else text

    def _file(self, skill: Skill, file: str) -> str:
        raw = content(skill, file, self._limit * _MOST_BYTES_A_CHARACTER + 1)
        if raw is None:
            have = ", ".join(files(skill)) or "none"
            raise ToolError(f"the skill {skill.name!r} has no file {file!r}; its files: {have}")
        if b"\0" in raw:
            raise ToolError(f"{file!r} is no text")
        return self._cut(raw.decode(errors="replace"))

    def _cut(self, text: str) -> str:
        return text if len(text) <= self._limit else f"{text[: self._limit]}\n[cut here: the limit is {self._limit}]"
