"""The wheel: the same bytes each time, and one that installers take."""

from __future__ import annotations

import base64
import csv
import hashlib
import subprocess
import sys
import zipfile
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from lumosai_sdk.building import project, wheel
from lumosai_sdk.manifest import load

from .conftest import MANIFEST, Make

WASM = b"\0asm\x0d\0\1\0"
BUILT = MANIFEST + 'runtime = "wasm"\nmodule = "plugin.wasm"\n'


@pytest.fixture
def made(make: Make, tmp_path: Path) -> Path:
    folder = make({"README.md": "# X\n\nWhat it does.\n"})
    text = (folder / "pyproject.toml").read_text()
    extra = 'readme = "README.md"\nrequires-python = ">=3.11"\nlicense = "MIT"\nurls = { Home = "https://x.example" }\n'
    (folder / "pyproject.toml").write_text(text.replace("[project]\n", "[project]\n" + extra))
    return wheel.write(project.read(folder), WASM, BUILT, tmp_path)


def test_it_is_named_for_every_platform(made: Path) -> None:
    assert made.name == "lumosai_x-0.1.0-py3-none-any.whl"


def test_every_file_is_in_the_record_with_its_digest(made: Path) -> None:
    with zipfile.ZipFile(made) as z:
        names = z.namelist()
        rows = {row[0]: row[1:] for row in csv.reader(z.read("lumosai_x-0.1.0.dist-info/RECORD").decode().splitlines())}
        assert sorted(rows) == sorted(names)
        for name in names:
            data = z.read(name)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            wanted = ["", ""] if name.endswith("RECORD") else [f"sha256={digest}", str(len(data))]
            assert rows[name] == wanted


def test_the_date_and_the_machine_leave_no_trace(
    made: Path, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zipfile.ZipFile(made) as z:
        assert {i.date_time for i in z.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {i.external_attr >> 16 for i in z.infolist()} == {0o100644}
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    (tmp_path / "later").mkdir()
    with zipfile.ZipFile(wheel.write(project.read(make(name="y")), WASM, BUILT, tmp_path / "later")) as z:
        assert {i.date_time[:3] for i in z.infolist()} == {(2023, 11, 14)}


def test_an_installer_takes_it(made: Path, tmp_path: Path) -> None:
    target = tmp_path / "site"
    command = [sys.executable, "-m", "uv", "pip", "install", "--offline", "--no-index", "--target", str(target)]
    subprocess.run([*command, str(made)], check=True, capture_output=True, timeout=60)
    manifest = load(target / "lumosai_x" / "lumos-plugin.toml")
    assert (manifest.runtime, manifest.module) == ("wasm", "plugin.wasm")
    assert (target / "lumosai_x" / "plugin.wasm").read_bytes() == WASM
    found = PathDistribution(target / "lumosai_x-0.1.0.dist-info")
    assert [(e.group, e.name, e.value) for e in found.entry_points] == [("lumosai.plugins", "x", "lumosai_x")]
    assert found.metadata["Summary"] == "A plugin to build"
    assert found.metadata["Requires-Python"] == ">=3.11"
    assert "What it does." in str(found.metadata)
    assert found.requires is None
