"""Chunks put into a vector store and found again: the store `sqlite` beside chromadb, which does the same work.

`python -m bench.vectors`; `--quick` is a look. Each subject has a process and a folder of its own. Both get the same
seeded chunks in the same batches: a vector, a text, two values of metadata; then the same queries, with and without a
condition; a comparison with all says what is right. chromadb is installed into `bench/.venv-vectors` at first use.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray  # noqa: TC002 - a dataclass reads its hints

HERE: Final = Path(__file__).resolve().parent
VENV: Final = HERE / ".venv-vectors"
LOCK: Final = HERE / "requirements-vectors.lock"
DIMENSIONS: Final = 384
BATCH: Final = 2000
SUBJECT_SECONDS: Final = 600
TOP: Final = 10


@dataclass(frozen=True, slots=True)
class Data:
    """Seeded chunks: vectors around a few hundred topics, as embeddings lie, and words of a long-tailed list."""

    vectors: NDArray[np.float32]
    texts: list[str]
    metadata: list[dict[str, Any]]
    queries: NDArray[np.float32]

    @classmethod
    def of(cls, count: int, queries: int) -> Data:
        rng = np.random.default_rng(6)
        topics = rng.normal(size=(300, DIMENSIONS))
        made = topics[rng.integers(300, size=count + queries)] + rng.normal(size=(count + queries, DIMENSIONS))
        unit = (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)
        words = np.minimum(rng.zipf(1.3, size=(count, 40)), 20_000)
        texts = [" ".join(f"w{w}" for w in row) for row in words]
        metadata = [{"source": f"doc{i // 50}.md", "part": i % 50} for i in range(count)]
        return cls(unit[:count], texts, metadata, unit[count:])

    def right(self) -> list[set[str]]:
        """Return what is closest to each query."""
        return [{str(i) for i in np.argpartition(-(self.vectors @ q), TOP)[:TOP]} for q in self.queries]


def batches(count: int) -> Sequence[range]:
    return [range(i, min(i + BATCH, count)) for i in range(0, count, BATCH)]


def timed(queries: Any, ask: Callable[[Any], list[str]]) -> tuple[float, list[list[str]]]:
    """Return the median milliseconds of a query, and the answers; the first query is not counted."""
    ask(queries[0])
    times, found = [], []
    for query in queries:
        start = time.perf_counter()
        found.append(ask(query))
        times.append(1000 * (time.perf_counter() - start))
    return median(times), found


def sqlite(data: Data, folder: Path) -> dict[str, Any]:
    from lumosai_plugins.sqlite.vectors.store import SqliteVectors
    from lumosai_sdk.types.plugins import PluginContext
    from lumosai_sdk.types.vectors import VectorItem

    store = SqliteVectors(PluginContext("sqlite", data_dir=folder))
    with asyncio.Runner() as runner:
        runner.run(store.create("c", DIMENSIONS))
        spent = 0.0
        for some in batches(len(data.texts)):
            items = [VectorItem(str(i), data.vectors[i].tolist(), data.texts[i], data.metadata[i]) for i in some]
            start = time.perf_counter()
            runner.run(store.upsert("c", items))
            spent += time.perf_counter() - start
        asked = [q.tolist() for q in data.queries]

        def ask(query: list[float], where: dict[str, Any] | None = None) -> list[str]:
            return [h.id for h in runner.run(store.query("c", query, limit=TOP, where=where))]

        plain, found = timed(asked, ask)
        filtered, _ = timed(asked, lambda q: ask(q, {"part": 7}))
        words = [data.texts[i].split()[0] + " w777" for i in range(len(asked))]
        search, _ = timed(words, lambda w: [h.id for h in runner.run(store.search("c", w, limit=TOP))])
        runner.run(store.aclose())
    return {"spent": spent, "query": plain, "filtered": filtered, "search": search, "found": found}


def chroma(data: Data, folder: Path) -> dict[str, Any]:
    import chromadb  # type: ignore[import-not-found, unused-ignore]

    client = chromadb.PersistentClient(str(folder), settings=chromadb.Settings(anonymized_telemetry=False))
    collection = client.create_collection(
        "chunks", configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
    )
    spent = 0.0
    for some in batches(len(data.texts)):
        part = slice(some.start, some.stop)
        vectors = [v.tolist() for v in data.vectors[part]]
        start = time.perf_counter()
        collection.upsert(
            ids=[str(i) for i in some],
            embeddings=vectors,
            documents=data.texts[part],
            metadatas=data.metadata[part],
        )
        spent += time.perf_counter() - start
    asked = [q.tolist() for q in data.queries]

    def ask(query: list[float], where: dict[str, Any] | None = None) -> list[str]:
        found = collection.query(
            query_embeddings=[query], n_results=TOP, where=where, include=["documents", "metadatas"]
        )
        return list(found["ids"][0])

    plain, found = timed(asked, ask)
    filtered, _ = timed(asked, lambda q: ask(q, {"part": 7}))
    return {"spent": spent, "query": plain, "filtered": filtered, "found": found}


SUBJECTS: Final[dict[str, Callable[[Data, Path], dict[str, Any]]]] = {"lumos": sqlite, "chromadb": chroma}


def measure(subject: str, count: int, queries: int) -> None:
    """Print what a subject came to, as JSON; in its own process."""
    data = Data.of(count, queries)
    with tempfile.TemporaryDirectory() as folder:
        told = SUBJECTS[subject](data, Path(folder))
    pairs = list(zip(told.pop("found"), data.right(), strict=True))
    told["recall"] = sum(len(set(found) & right) for found, right in pairs) / (TOP * len(pairs))
    told["rate"] = count / told.pop("spent")
    print(json.dumps(told))


def peer() -> Path:
    """Return the Python that has the peer, after installing it anew if that is another than last time."""
    from bench import peers

    python, stamp = VENV / peers.PYTHON.relative_to(peers.VENV), VENV / ".ready"
    wanted = f"{hashlib.sha256(LOCK.read_bytes()).hexdigest()} {sys.version}"
    if not python.exists() or not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        uv = peers.find_uv()
        peers.command([uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(VENV)])
        peers.command([uv, "pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", str(LOCK)])
        stamp.write_text(wanted, encoding="utf-8")
    return python


def run(subject: str, count: int, queries: int) -> dict[str, float]:
    python = sys.executable if subject == "lumos" else str(peer())
    argv = [python, "-m", "bench.vectors", "--subject", subject, "--count", str(count), "--queries", str(queries)]
    done = subprocess.run(argv, cwd=HERE.parent, capture_output=True, text=True, timeout=SUBJECT_SECONDS, check=False)
    if done.returncode:
        raise SystemExit(f"{subject} failed; again alone: {' '.join(argv)}\n{done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def show(ours: dict[str, float], theirs: dict[str, float]) -> None:
    """Print the table; a ratio above 1 is in our favour."""
    rows = [("chunks/s in", "rate", 1), ("query ms", "query", -1), ("with a condition ms", "filtered", -1)]
    print(f"{'':22}{'lumos':>12}{'chromadb':>12}{'ratio':>9}")
    for label, key, sign in rows:
        ratio = (ours[key] / theirs[key]) ** sign
        print(f"{label:22}{ours[key]:12.1f}{theirs[key]:12.1f}{ratio:8.1f}x")
    print(f"{'of the closest found':22}{ours['recall']:12.3f}{theirs['recall']:12.3f}")
    print(f"{'word search ms':22}{ours['search']:12.1f}{'-':>12}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.vectors", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="10,000 chunks: a look")
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--subject", choices=SUBJECTS, help="this alone, in this process")
    given = parser.parse_args()
    count = 10_000 if given.quick else given.count
    if given.subject:
        measure(given.subject, count, given.queries)
        return
    print(
        f"{count:,} chunks of {DIMENSIONS} dimensions, {given.queries} queries for {TOP}; ratio above 1: ours is better"
    )
    show(*(run(s, count, given.queries) for s in SUBJECTS))


if __name__ == "__main__":
    main()
