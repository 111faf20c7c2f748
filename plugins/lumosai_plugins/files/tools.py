"""The tools ``files.read``, ``files.list``, ``files.search`` and ``files.write``."""

from __future__ import annotations

import time
from typing import Annotated

from lumosai_plugins.files import places as place_names
from lumosai_plugins.files.places import Places
from lumosai_plugins.files.reading import Entry, Listing, Text, listing, read
from lumosai_plugins.files.searching import Found, Search
from lumosai_plugins.files.walk import check_platform
from lumosai_plugins.files.writing import Written, write
from lumosai_sdk import PluginContext, ToolContext, ToolError
from lumosai_sdk.functions import FunctionTool

MAX_CONTENT = 16 * 1024 * 1024
MAX_OFFSET = 2**53
Path = Annotated[str, {"maxLength": place_names.MAX_LENGTH}]


class Files:
    """The tools, with the owner's limits. They block, so they are plain functions and run in threads."""

    def __init__(self, context: PluginContext) -> None:
        check_platform()
        settings = context.settings
        self._base = str(context.base)
        self._configuration = None if context.config is None else str(context.config)
        self._hidden = bool(settings.get("hidden", False))
        self._max_read = int(settings.get("max_read_bytes", 32_768))
        self._max_write = int(settings.get("max_write_bytes", 1_048_576))
        self._search_seconds = float(settings.get("search_seconds", 10.0))

    def read(
        self, path: Path, context: ToolContext, offset: Annotated[int, {"minimum": 0, "maximum": MAX_OFFSET}] = 0
    ) -> Text:
        """Read a text file. A long one comes in pieces: go on from next_offset while truncated is true.

        Args:
            path: The file, from a granted folder down.
            context: The call.
            offset: The byte to begin at.
        """
        return read(self._places(context).find(path, "read"), offset, self._max_read)

    def list(self, context: ToolContext, path: Path = "") -> Listing:
        """List the files and folders in a folder.

        Args:
            context: The call.
            path: The folder; empty for the granted folders themselves.
        """
        places = self._places(context)
        roots = places.roots()
        if not path.strip("/.") and len(roots) > 1:
            entries = [Entry(name=name, kind="folder", size=0) for name in roots]
            return Listing(path=".", entries=entries, truncated=False)
        return listing(places.find(path, "read"), places)

    def search(
        self,
        text: Annotated[str, {"minLength": 1, "maxLength": 200}],
        context: ToolContext,
        path: Path = "",
        glob: Annotated[str, {"minLength": 1, "maxLength": 100}] = "*",
    ) -> Found:
        """Search the text files of a folder and its subfolders for lines that contain a text, whatever its case.

        Args:
            text: The text to look for, taken literally.
            context: The call.
            path: The folder to search; empty for the granted folder.
            glob: Which file names to search, such as *.md.
        """
        places = self._places(context)
        deadline = time.monotonic() + self._search_seconds
        return Search(text.casefold(), glob, places, deadline).run(places.find(path, "read"))

    def write(
        self,
        path: Path,
        content: Annotated[str, {"maxLength": MAX_CONTENT}],
        context: ToolContext,
        overwrite: bool = False,  # noqa: FBT001, FBT002 - a tool's arguments have names
    ) -> Written:
        """Write a text file, making the folders it needs.

        Args:
            path: The file, from a granted folder down.
            content: The whole new content.
            context: The call.
            overwrite: Whether to replace a file that exists.
        """
        size = len(content.encode("utf-8", "replace"))
        if size > self._max_write:
            raise ToolError(f"{size} bytes are too many; at most {self._max_write} are written at once")
        return write(self._places(context).find(path, "write"), content, overwrite=overwrite)

    def _places(self, context: ToolContext) -> Places:
        return Places(context.permissions, self._base, hidden=self._hidden, configuration=self._configuration)


class Read(FunctionTool[..., Text]):
    """The tool ``files.read``."""

    def __init__(self, context: PluginContext) -> None:
        made = FunctionTool.of(Files(context).read, id="files.read")
        super().__init__(made.fn, made.spec, made.signature)


class List(FunctionTool[..., Listing]):
    """The tool ``files.list``."""

    def __init__(self, context: PluginContext) -> None:
        made = FunctionTool.of(Files(context).list, id="files.list")
        super().__init__(made.fn, made.spec, made.signature)


class Find(FunctionTool[..., Found]):
    """The tool ``files.search``."""

    def __init__(self, context: PluginContext) -> None:
        made = FunctionTool.of(Files(context).search, id="files.search")
        super().__init__(made.fn, made.spec, made.signature)


class Write(FunctionTool[..., Written]):
    """The tool ``files.write``: a person approves every call."""

    def __init__(self, context: PluginContext) -> None:
        made = FunctionTool.of(Files(context).write, id="files.write", approval="always", side_effects=True)
        super().__init__(made.fn, made.spec, made.signature)
