"""``lumos eval dataset``."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from lumosai_plugins.evals.datasets import Datasets, Version
from lumosai_plugins.evals.exchange import SUFFIXES, read_file, write_text
from lumosai_plugins.evals.show import WIDTH, cut, table, when
from lumosai_sdk.errors import InputError
from lumosai_sdk.safe import say, say_json

if TYPE_CHECKING:
    from lumosai_sdk.types.plugins import PluginContext


async def dataset(arguments: Namespace, context: PluginContext) -> int:
    """Do what is to be done with datasets. Raises LumosError."""
    store = Datasets(context.host.kv())
    does: Mapping[str, Callable[[Namespace, Datasets], Awaitable[None]]] = {
        "import": _import,
        "export": _export,
        "list": _list,
        "versions": _versions,
        "show": _show,
        "delete": _delete,
    }
    await does[arguments.action](arguments, store)
    return 0


async def _import(arguments: Namespace, store: Datasets) -> None:
    path = Path(arguments.file)
    version = await store.put(arguments.name or name_of(path), read_file(path), arguments.note)
    say_json(version.to_json()) if arguments.json else say(
        f"{version.ref}: {version.items} items, {version.digest[:12]}"
    )


def name_of(path: Path) -> str:
    """Return the name a file's dataset gets."""
    return "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in path.stem.lower()).strip("-_")


async def _export(arguments: Namespace, store: Datasets) -> None:
    path = Path(arguments.file)
    if path.suffix not in SUFFIXES:
        raise InputError(f"{path}: a dataset is a .csv or .jsonl file")
    version = await store.find(arguments.dataset)
    write(path, write_text(await store.items(version), path.suffix))
    say(f"{version.ref}: {version.items} items written to {path}")


def write(path: Path, text: str) -> None:
    """Write a file. Raises InputError when it cannot be."""
    try:
        path.write_text(text, encoding="utf-8", errors="replace", newline="")
    except OSError as e:
        raise InputError(f"{path}: cannot be written: {e.strerror}") from None


async def _list(arguments: Namespace, store: Datasets) -> None:
    found = [await store.find(name) for name in await store.names()]
    if arguments.json:
        say_json([v.to_json() for v in found])
    else:
        say(_table(found) if found else "no datasets: lumos eval dataset import FILE")


async def _versions(arguments: Namespace, store: Datasets) -> None:
    found = await store.versions(arguments.dataset.partition("@")[0])
    say_json([v.to_json() for v in found]) if arguments.json else say(_table(found))


def _table(versions: list[Version]) -> str:
    rows = [[cut(v.ref, 30), v.digest[:12], when(v.created_at), str(v.items)] for v in versions]
    return table(["dataset", "digest", "since (UTC)", "items"], rows, 1)


async def _show(arguments: Namespace, store: Datasets) -> None:
    items = await store.items(await store.find(arguments.dataset))
    if arguments.json:
        say_json([i.to_json() for i in items])
    else:
        for item in items:
            head = f"{cut(item.id, 24)}  "
            say(f"{head}{cut(item.input, WIDTH - len(head))}")


async def _delete(arguments: Namespace, store: Datasets) -> None:
    name = arguments.dataset.partition("@")[0]
    await store.delete(name)
    say(f"{name} is deleted")
