# ruff: noqa: PLR2004 - a test says what it expects where it expects it
from __future__ import annotations

import hashlib
import io
import json
import stat
import zipfile
from pathlib import Path

import pytest
from tests.marketplace.wheels import making
from tests.marketplace.wheels.making import FILENAME, INFO, PROJECT, Sketch, part

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.names import Name
from lumosai_marketplace.statement import PluginFacts
from lumosai_marketplace.wheels import Wheel, extract, read_wheel
from lumosai_sdk.errors import ConflictError, StorageError


def read(sketch: Sketch, *, native: bool = False) -> Wheel:
    return read_wheel(sketch.filename, sketch.pack(), native=native)


def test_a_sandboxed_plugin_is_told_in_full() -> None:
    sketch = Sketch()
    data = sketch.pack()
    wheel = read(sketch)
    wasm = making.component("lumos:plugin/log@1.0.0")
    assert (wheel.filename, wheel.size, wheel.sha256) == (FILENAME, len(data), hashlib.sha256(data).hexdigest())
    assert (wheel.name, wheel.version, wheel.package) == (Name("acme", "weather"), "1.0.0", PROJECT)
    assert (wheel.requires_python, wheel.readme_type) == (">=3.11", "text/markdown")
    assert wheel.readme == "# Weather\n\nTells it.\n"
    assert wheel.metadata == making.METADATA.encode()
    assert wheel.core["project_urls"] == {"Source": "https://acme.example/weather"}
    assert json.loads(json.dumps(wheel.core)) == wheel.core
    assert wheel.manifest.contributes.tool[0].id == "weather.forecast"
    assert wheel.manifest_text.startswith("schema = 1")
    assert wheel.component == wasm
    world = ("lumos:plugin/log@1.0.0",)
    sha256 = hashlib.sha256(wasm).hexdigest()
    assert wheel.facts == PluginFacts("acme/weather", "1.0.0", "wasm", ">=1.0,<2", {}, sha256, world)


def test_a_plugin_in_python_is_told_in_full() -> None:
    wheel = read(Sketch(making.trusted()))
    assert wheel.component is None
    assert wheel.facts == PluginFacts("acme/weather", "1.0.0", "python", ">=1.0,<2")


def test_permissions_come_from_the_manifest() -> None:
    asked = making.manifest(extra='[permissions]\nhttp = ["GET https://api.example.org/*"]\nkv = true')
    wasm = making.component("lumos:plugin/http@1.0.0", "lumos:plugin/kv@1.0.0")
    wheel = read(Sketch({**making.sandboxed(), making.MANIFEST: asked, making.COMPONENT: wasm}))
    assert wheel.facts.permissions == {"http": ["GET https://api.example.org/*"], "kv": True}
    assert wheel.facts.world == ("lumos:plugin/http@1.0.0", "lumos:plugin/kv@1.0.0")


def test_what_others_than_our_builder_write_is_let_in() -> None:
    more = {f"{INFO}/top_level.txt": b"acme_weather\n", f"{INFO}/licenses/": b"", f"{PROJECT}/": b"", f"{INFO}/": b""}
    sketch = Sketch({**more, **making.trusted()})
    folders: dict[str, dict[str, object]] = {
        name: {"external": 0o040755 << 16 | 0x10, "method": 0} for name in more if name.endswith("/")
    }
    times: dict[str, object] = {"extra": b"UT\x05\0\1\0\0\0\0", "local_extra": b"UT\x05\0\1\0\0\0\0"}
    sketch.odd = {**folders, f"{PROJECT}/tools.py": times}
    assert {m.path for m in read(sketch).files} == {n for n in sketch.files if n[-1] != "/"} | {f"{INFO}/RECORD"}


def test_letters_of_other_alphabets_are_let_in() -> None:
    files = {**making.sandboxed(), f"{PROJECT}/städte/東京.json": b"{}"}
    assert f"{PROJECT}/städte/東京.json" in {m.path for m in read(Sketch(files)).files}


def test_zipfile_reads_the_same() -> None:
    data = Sketch().pack()
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        told = {i.filename: hashlib.sha256(z.read(i)).hexdigest() for i in z.infolist()}
    assert {m.path: m.sha256 for m in read_wheel(FILENAME, data).files} == told


def test_all_that_is_wrong_is_told_at_once() -> None:
    files = {**making.sandboxed(), "evil.pth": b"import os", f"{PROJECT}/a.pyc": b"", "os.py": b""}
    with pytest.raises(RefusedError) as e:
        read(Sketch(files))
    told = str(e.value)
    assert e.value.rule == "guard.pth"
    for line in ("guard.pth: evil.pth:", "guard.bytecode: acme_weather/a.pyc:", "guard.shadow: os.py:"):
        assert line in told
    assert e.value.to_json()["rule"] == "guard.pth"


def test_what_a_stranger_wrote_is_shown_as_plain_text() -> None:
    name = f"{PROJECT}/\x1b[2Jgone\u202e.json"
    with pytest.raises(RefusedError) as e:
        read(Sketch({**making.sandboxed(), name: b""}))
    assert "\x1b" not in str(e.value)
    assert "\u202e" not in str(e.value)
    assert "\\x1b[2Jgone\\u202e.json" in str(e.value)


def test_findings_without_end_are_counted() -> None:
    more = {f"{PROJECT}/m{i}.pyc": b"" for i in range(300)}
    with pytest.raises(RefusedError, match=r"and \d+ more") as e:
        read(Sketch({**making.trusted(), **more}))
    assert len(str(e.value)) < 16_000


# --- extract


def test_exactly_what_was_seen_is_written(tmp_path: Path) -> None:
    data = Sketch().pack()
    wheel = read_wheel(FILENAME, data)
    extract(data, wheel, tmp_path)
    found = {p.relative_to(tmp_path).as_posix(): p for p in tmp_path.rglob("*") if p.is_file()}
    assert {n: hashlib.sha256(p.read_bytes()).hexdigest() for n, p in found.items()} == {
        m.path: m.sha256 for m in wheel.files
    }
    assert {stat.S_IMODE(p.stat().st_mode) for p in found.values()} == {0o644}
    assert {stat.S_IMODE(p.stat().st_mode) for p in tmp_path.rglob("*") if p.is_dir()} == {0o755}


def test_other_bytes_are_not_written(tmp_path: Path) -> None:
    wheel = read(Sketch())
    other = Sketch({**making.sandboxed(), f"{PROJECT}/more.json": b"{}"}).pack()
    with pytest.raises(RefusedError) as e:
        extract(other, wheel, tmp_path)
    assert e.value.rule == "guard.checksum"
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / PROJECT).symlink_to("/nowhere")
    data = Sketch().pack()
    with pytest.raises(ConflictError):
        extract(data, read_wheel(FILENAME, data), tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == [PROJECT]


def test_a_disk_that_fails_is_told(tmp_path: Path) -> None:
    data = Sketch().pack()
    with pytest.raises(StorageError, match="gone"):
        extract(data, read_wheel(FILENAME, data), tmp_path / "gone")


def test_executables_are_files_like_others(tmp_path: Path) -> None:
    sketch = Sketch({**making.trusted(), f"{PROJECT}/run.sh": b"#!/bin/sh\n"})
    sketch.odd = {f"{PROJECT}/run.sh": {"external": 0o100755 << 16}}
    data = sketch.pack()
    extract(data, read_wheel(FILENAME, data), tmp_path)
    assert stat.S_IMODE((tmp_path / PROJECT / "run.sh").stat().st_mode) == 0o644


def test_native_code_needs_its_flag() -> None:
    tag = "cp311-cp311-manylinux_2_28_x86_64"
    wheel = making.WHEEL.replace("py3-none-any", tag).replace("true", "false").encode()
    files = {**making.trusted(), f"{INFO}/WHEEL": wheel, f"{PROJECT}/_fast.cpython-311.so": b"\x7fELF\2\1\1"}
    sketch = Sketch(files, filename=f"{PROJECT}-1.0.0-{tag}.whl")
    with pytest.raises(RefusedError) as e:
        read(sketch)
    assert "guard.tag" in str(e.value)
    assert "guard.native" in str(e.value)
    assert read(sketch, native=True).package == PROJECT


def test_a_sandboxed_plugin_has_no_native_code_whatever_the_flag() -> None:
    sketch = Sketch({**making.sandboxed(), f"{PROJECT}/data.bin": b"\x7fELF\2\1\1"})
    with pytest.raises(RefusedError) as e:
        read(sketch, native=True)
    assert e.value.rule == "guard.native"


def test_members_in_another_order_are_the_same_plugin() -> None:
    parts = Sketch().parts()
    one, other = (read_wheel(FILENAME, making.archive(p)) for p in (parts, parts[::-1]))
    assert one.files == other.files
    assert one.facts == other.facts


def test_a_member_may_be_stored() -> None:
    sketch = Sketch()
    sketch.odd = {making.COMPONENT: {"method": 0}}
    assert read(sketch).component == part("x", making.component("lumos:plugin/log@1.0.0")).data
