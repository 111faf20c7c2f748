"""``lumos knowledge add`` that is killed in the middle: the next one completes it, and nothing is there twice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

FILES = 100
WRITTEN = 100_000
CONFIG = """
[host]
data_dir = "data"

[plugins.knowledge.settings]
model = "scripted/words"
"""


def lumos(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "lumosai", "knowledge", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lumos.toml").write_text(CONFIG, encoding="utf-8")
    pages = tmp_path / "pages"
    pages.mkdir()
    for n in range(FILES):
        text = "\n\n".join(
            f"Paragraph {n}.{p} tells of subject {n * 31 + p}. " + "More words follow. " * 40 for p in range(8)
        )
        (pages / f"page{n:03}.md").write_text(f"# Page {n}\n\n{text}\n", encoding="utf-8")
    return tmp_path


def listed(folder: Path) -> list[dict[str, object]]:
    done = lumos(folder, "list", "--json")
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, object]] = json.loads(done.stdout)
    return rows


@pytest.mark.slow  # test_knowledge.py breaks off at every step, in one process
def test_what_was_killed_is_completed(folder: Path) -> None:
    command = [sys.executable, "-m", "lumosai", "knowledge", "add", "pages"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        end = time.monotonic() + 30
        database = folder / "data"
        # Once something has been written, and before all is.
        while time.monotonic() < end and process.poll() is None:
            if sum(f.stat().st_size for f in database.rglob("*") if f.is_file() and "vectors" in str(f)) > WRITTEN:
                break
            time.sleep(0.01)
        process.kill()
        process.wait(30)
    assert Path(database).exists()
    before = len(listed(folder))
    assert before < FILES, "it was killed in the middle"
    done = lumos(folder, "add", "pages")
    assert done.returncode == 0, done.stderr
    rows = listed(folder)
    assert len({r["source"] for r in rows}) == len(rows) == FILES
    again = lumos(folder, "add", "pages")
    assert f"{FILES} unchanged" in again.stdout
    assert ", 0 of them embedded now" in again.stdout
    found = json.loads(lumos(folder, "search", "subject 41", "--json").stdout)
    texts = [json.dumps(f) for f in found]
    assert len(texts) == len(set(texts)) > 0
