"""`python -m bench.knowledge`: how often a question finds the document that answers it, by each way to search.

Which rates the vector store has, `python -m bench.vectors` tells.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path

from bench.knowledge.facts import Fact, facts
from lumosai import Host
from lumosai.config.load import Loaded, build
from lumosai_plugins.knowledge.collection import Collection
from lumosai_plugins.knowledge.documents import Document
from lumosai_plugins.knowledge.ingesting import add
from lumosai_plugins.knowledge.searching import search
from lumosai_plugins.knowledge.settings import Mode, Settings
from lumosai_sdk.types.auth import LOCAL
from lumosai_sdk.types.plugins import PluginContext

MODES: tuple[Mode, ...] = ("vector", "words", "hybrid")
FIRST = 5


async def recalls(model: str) -> dict[str, dict[Mode, float]]:
    """Return, for each kind of document, recall@5: the share of questions whose document is among the first five."""
    with tempfile.TemporaryDirectory() as folder:
        loaded = Loaded(build({"host": {"data_dir": folder}, "storage": {"use": "memory"}}), Path(folder, "lumos.toml"))
        async with Host(loaded) as host:
            settings = Settings.of({"model": model}).collection("default")
            collection = Collection(PluginContext("knowledge", services=host.services), settings, LOCAL)
            known = facts()
            for fact in known:
                await add(collection, Document(fact.source, fact.text))
            kinds = {kind: [f for f in known if f.source.startswith(kind)] for kind in ("fact", "part", "invoice")}
            return {kind: await _recall(collection, some) for kind, some in {**kinds, "all": known}.items()}


async def _recall(collection: Collection, some: list[Fact]) -> dict[Mode, float]:
    asked = [(q, f.source) for f in some for q in f.questions]
    out: dict[Mode, float] = {}
    for mode in MODES:
        found = [[h.source for h in await search(collection, q, FIRST, mode=mode)] for q, _ in asked]
        out[mode] = sum(source in hits for hits, (_, source) in zip(found, asked, strict=True)) / len(asked)
    return out


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.knowledge", description=__doc__)
    parser.add_argument("--model", default="local/minilm", help="the embedding model")
    model = parser.parse_args().model
    count = sum(len(f.questions) for f in facts())
    print(f"recall@{FIRST} with {model}: {count} questions, {len(facts())} documents")
    print(f"  {'':10}{''.join(f'{m:>10}' for m in MODES)}")
    for kind, row in asyncio.run(recalls(model)).items():
        print(f"  {kind:10}{''.join(f'{row[m]:>10.3f}' for m in MODES)}")


if __name__ == "__main__":
    main()
