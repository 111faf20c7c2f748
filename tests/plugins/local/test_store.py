from __future__ import annotations

import io
import os
import re
import sys
from hashlib import sha256
from pathlib import Path
from subprocess import PIPE, Popen

import pytest

from lumosai_plugins.local.catalog import CATALOG, MINILM, SMOLLM2, EmbeddedModel, ModelFile, embedded
from lumosai_plugins.local.errors import BadModelFileError, ModelFolderError
from lumosai_plugins.local.store import checked_path, is_installed, keep, list_models, model_lock, models_folder
from lumosai_sdk.errors import NotFoundError

CONTENT = b"weights" * 1000
FILE = ModelFile("w.bin", "pkg/w.bin", len(CONTENT), sha256(CONTENT).hexdigest())
MODEL = EmbeddedModel("tiny", "A model", "MIT", "tiny-model", "1.0", 0, "", (FILE,))


def put(folder: Path, content: bytes = CONTENT) -> Path:
    home = folder / "tiny"
    home.mkdir(parents=True, exist_ok=True)
    (home / "w.bin").write_bytes(content)
    return home / "w.bin"


def test_a_model_goes_by_both_its_names() -> None:
    assert embedded("smollm2") is embedded("local/smollm2") is SMOLLM2


def test_an_unknown_model_is_named_with_what_there_is() -> None:
    with pytest.raises(NotFoundError, match="smollm2"):
        embedded("smolm2")


@pytest.mark.parametrize("model", CATALOG.values(), ids=CATALOG.keys())
def test_everything_taken_is_pinned(model: EmbeddedModel) -> None:
    assert re.fullmatch("[0-9a-f]{64}", model.wheel_sha256)
    assert all(re.fullmatch("[0-9a-f]{64}", f.sha256) and f.size > 0 for f in model.files)
    assert all("/" not in f.name and "\\" not in f.name and ".." not in f.name for f in model.files)


def test_the_variable_wins_over_the_setting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LUMOS_MODELS", str(tmp_path / "a"))
    assert models_folder(tmp_path / "b") == tmp_path / "a"


def test_the_setting_wins_over_the_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LUMOS_MODELS", raising=False)
    assert models_folder(str(tmp_path / "b")) == tmp_path / "b"


def test_the_default_is_in_the_users_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("LUMOS_MODELS", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert models_folder() == tmp_path / "lumosai" / "models"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert models_folder() == tmp_path / ".local" / "share" / "lumosai" / "models"


def test_lists_what_is_missing_and_what_is_there(tmp_path: Path) -> None:
    home = tmp_path / "minilm"
    home.mkdir()
    for f in MINILM.files:
        with (home / f.name).open("wb") as out:
            out.truncate(f.size)
    shown = {m.model.id: m for m in list_models(tmp_path)}
    assert not shown["smollm2"].installed
    assert shown["smollm2"].bytes == 0
    assert shown["minilm"].installed
    assert shown["minilm"].to_json()["id"] == "local/minilm"


def test_a_file_of_another_size_is_not_installed(tmp_path: Path) -> None:
    put(tmp_path, CONTENT[:-1])
    assert not is_installed(MODEL, tmp_path)


def test_a_whole_file_is_believed(tmp_path: Path) -> None:
    path = put(tmp_path)
    assert checked_path(MODEL, "w.bin", tmp_path) == path


def test_a_swapped_file_of_the_right_size_never_reaches_the_engine(tmp_path: Path) -> None:
    put(tmp_path, b"x" * len(CONTENT))
    with pytest.raises(BadModelFileError, match=r"not the pinned one(.|\n)*lumos models pull tiny"):
        checked_path(MODEL, "w.bin", tmp_path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadModelFileError, match="cannot be read"):
        checked_path(MODEL, "w.bin", tmp_path)


def kept(tmp_path: Path, content: bytes) -> Path:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    keep(io.BytesIO(content), FILE, tmp_path, scratch)
    return tmp_path / "w.bin"


def test_keeps_the_right_bytes(tmp_path: Path) -> None:
    assert kept(tmp_path, CONTENT).read_bytes() == CONTENT


@pytest.mark.parametrize(
    "content", [b"", CONTENT[:-1], CONTENT + b"!", b"x" * len(CONTENT)], ids=["empty", "short", "long", "other"]
)
def test_keeps_nothing_else(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ValueError, match=r"w\.bin"):
        kept(tmp_path, content)
    assert not (tmp_path / "w.bin").exists()


class Endless(io.RawIOBase):
    """What a bomb of an archive would unpack to."""

    def __init__(self) -> None:
        self.given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self.given += size
        return b"\0" * size


def test_a_bomb_is_not_read_past_the_pinned_size(tmp_path: Path) -> None:
    bomb = Endless()
    (tmp_path / "scratch").mkdir()
    with pytest.raises(ValueError, match="bytes"):
        keep(bomb, FILE, tmp_path, tmp_path / "scratch")  # type: ignore[arg-type]
    assert bomb.given <= FILE.size + 1


def test_the_folder_is_the_users_alone(tmp_path: Path) -> None:
    with model_lock(MODEL, tmp_path / "m") as home:
        assert home.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.name != "posix", reason="symbolic links need no leave on POSIX only")
def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / ".lock").symlink_to(victim)
    with pytest.raises(ModelFolderError), model_lock(MODEL, tmp_path):
        pass
    assert not victim.exists()


def test_a_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("")
    with pytest.raises(ModelFolderError, match="LUMOS_MODELS"), model_lock(MODEL, tmp_path / "f"):
        pass


HOLD = """
import sys
from pathlib import Path
from lumosai_plugins.local.catalog import SMOLLM2
from lumosai_plugins.local.store import model_lock
with model_lock(SMOLLM2, Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_the_lock_of_a_killed_process_is_free(tmp_path: Path) -> None:
    with Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdin=PIPE, stdout=PIPE) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        holder.kill()
        with model_lock(SMOLLM2, tmp_path) as home:
            assert home == tmp_path / "smollm2"
