"""What ``lumos knowledge`` does."""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lumosai_plugins.knowledge.collection import Collection
from lumosai_plugins.knowledge.documents import Document
from lumosai_plugins.knowledge.ingesting import Added, add
from lumosai_plugins.knowledge.loaders import found, load
from lumosai_plugins.knowledge.passages import cited
from lumosai_plugins.knowledge.searching import search
from lumosai_plugins.knowledge.settings import DEFAULT, Settings
from lumosai_sdk.errors import InputError
from lumosai_sdk.safe import say, say_json
from lumosai_sdk.types.auth import Principal

if TYPE_CHECKING:
    from lumosai_sdk.types.plugins import PluginContext

_QUOTE = 300


def collection_of(arguments: Namespace, context: PluginContext) -> Collection:
    """Return the collection that is meant. Raises NotFoundError, InputError where it has to be named."""
    settings = Settings.of(context.settings)
    name = arguments.collection or (settings.names[0] if len(settings.names) == 1 else DEFAULT)
    if not arguments.collection and name not in settings.names:
        raise InputError("there are several collections", hint=f"--collection {' or '.join(settings.names)}")
    return Collection(context, settings.collection(name), Principal("local", arguments.tenant))


async def add_all(arguments: Namespace, collection: Collection) -> int:
    """Add files; the exit code is 1 where one could not be read. What can be read is added all the same."""
    files = await asyncio.to_thread(lambda: list(found(arguments.paths)))
    added: list[Added] = []
    problems: list[str] = []
    with _progress(len(files), shown=not arguments.json and sys.stderr.isatty()) as step:
        for path, source in files:
            try:
                added.append(await add(collection, await _read(path, source, dict(arguments.meta))))
            except InputError as e:
                problems.append(e.message)
            step(source)
    gone = await _pruned(collection, {s for _, s in files}) if arguments.prune else 0
    _tell_added(arguments, added, problems, gone)
    return 1 if problems else 0


async def _read(path: Path, source: str, metadata: dict[str, Any]) -> Document:
    document = await asyncio.to_thread(load, path, source)
    return Document(
        source,
        document.text,
        document.title or path.stem,
        document.form,
        document.marks,
        {**document.metadata, **metadata},
    )


async def _pruned(collection: Collection, kept: set[str]) -> int:
    gone = [d["source"] for d in await collection.documents() if d["source"] not in kept]
    return await collection.remove(gone) if gone else 0


def _progress(count: int, *, shown: bool) -> Any:
    """Return a context whose value is called for each file that is done."""
    if not shown:
        return nullcontext(lambda _: None)
    from lumosai_plugins.knowledge.progress import Bar

    return Bar(count)


def _tell_added(arguments: Namespace, added: list[Added], problems: list[str], gone: int) -> None:
    counts = {status: sum(a.status == status for a in added) for status in ("added", "changed", "unchanged")}
    embedded, cut = sum(a.embedded for a in added), sum(a.chunks for a in added)
    if arguments.json:
        say_json({**counts, "removed": gone, "chunks": cut, "embedded": embedded, "problems": problems})
        return
    for problem in problems:
        say(f"\N{BALLOT X} {problem}")
    parts = [f"{n} {status}" for status, n in {**counts, "removed": gone, "not read": len(problems)}.items() if n]
    word = "chunk" if cut == 1 else "chunks"
    say(f"{', '.join(parts) or 'nothing to add'}: {cut} {word}, {embedded} of them embedded now")


async def show_found(arguments: Namespace, collection: Collection) -> int:
    """Show passages with where they stand."""
    passages = await search(collection, arguments.question, arguments.limit, arguments.where, arguments.mode)
    if arguments.json:
        say_json([f.to_json() for f in passages])
        return 0
    for n, f in enumerate(passages, 1):
        text = " ".join(f.text.split())
        say(f"[{n}] {cited(f)}")
        say(f"    {text if len(text) <= _QUOTE else f'{text[: _QUOTE - 1]}…'}")
    if not passages:
        say("nothing was found")
    return 0


async def show_documents(arguments: Namespace, collection: Collection) -> int:
    """Show what was added."""
    documents = sorted(await collection.documents(), key=lambda d: str(d["source"]))
    if arguments.json:
        say_json(documents)
        return 0
    if not documents:
        say("no documents: lumos knowledge add PATH")
        return 0
    width = max(len("SOURCE"), *(len(d["source"]) for d in documents))
    say(f"{'SOURCE':{width}}  CHUNKS  ADDED             TITLE")
    for d in documents:
        at = datetime.fromtimestamp(d["added_at"], UTC).strftime("%Y-%m-%d %H:%M")
        say(f"{d['source']:{width}}  {d['chunks']:6}  {at}  {d['title']}")
    return 0


async def remove(arguments: Namespace, collection: Collection) -> int:
    """Take documents out; the exit code is 1 where there was none of a name. Raises InputError without any."""
    if bool(arguments.sources) == arguments.all:
        raise InputError("name documents, or --all", hint="lumos knowledge list")
    there = {d["source"] for d in await collection.documents()}
    missing = [s for s in arguments.sources if s not in there]
    count = await collection.remove(None if arguments.all else arguments.sources)
    if arguments.json:
        say_json({"removed": count, "missing": missing})
    else:
        for source in missing:
            say(f"\N{BALLOT X} there is no document {source}")
        say(f"{count} removed")
    return 1 if missing else 0
