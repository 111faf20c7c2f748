"""Traps in wheels: each is refused by its rule, and its honest twin is let in."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.marketplace.wheels import making
from tests.marketplace.wheels.making import (
    FILENAME,
    INFO,
    PROJECT,
    REGULAR,
    Part,
    Sketch,
    archive,
    part,
    sandboxed,
    trusted,
)

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.wheels import archive as archives
from lumosai_marketplace.wheels import read_wheel
from lumosai_marketplace.wheels.rules import RULES

HONEST = Sketch().pack()
MIB = 1024 * 1024


def refused(data: bytes, filename: str = FILENAME) -> RefusedError:
    with pytest.raises(RefusedError) as e:
        read_wheel(filename, data)
    assert e.value.rule in RULES
    return e.value


def accepted(data: bytes, filename: str = FILENAME) -> None:
    read_wheel(filename, data)


def said(rule: str, error: RefusedError) -> bool:
    return f"  guard.{rule}: " in str(error)


# --- the archive


def parts(**changed: object) -> list[Part]:
    """Return the parts of an honest wheel, a member of data among them, which is *changed*."""
    sketch = Sketch({**sandboxed(), f"{PROJECT}/data.json": b'{"a": 1}' * 10})
    sketch.odd = {f"{PROJECT}/data.json": changed}
    return sketch.parts()


def others(name: str = "x") -> bytes:
    return archive([part(name, b"other")])


DATA = f"{PROJECT}/data.json"
AES = struct.pack("<HHHHBH", 0x9901, 7, 2, 0x4541, 3, 8)
ZIP64 = struct.pack("<HHQQ", 1, 16, 80, 80)
UNICODE_PATH = struct.pack("<HHBL", 0x7075, 5 + 4, 1, 0) + b"evil"
LINK = struct.pack("<HHLHLHH", 0x756E, 14, 0, 0o120777, 0, 0, 0)
BODY = b'{"a": 1}' * 10
BOMB = zlib.compressobj(9, zlib.DEFLATED, -15)
BOMB_BYTES = BOMB.compress(bytes(8 * MIB)) + BOMB.flush()


def _with_zip64_in_an_extra_field() -> list[Part]:
    """Return parts whose directory ends with what CPython's ``zipfile`` takes for another end of the archive."""
    *before, last = parts()
    end = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, 0, 0, 0, 0)
    field = struct.pack("<HH", 0x5455, 76) + end + struct.pack("<4sLQL", b"PK\6\7", 0, 0, 1)
    return [*before, replace(last, extra=field)]


ARCHIVES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "nothing": ("zip", lambda: b""),
    "no archive": ("zip", lambda: b"PK\3\4" + bytes(100)),
    "only an end": ("size", lambda: archive([])),
    "cut off": ("zip", lambda: HONEST[:-30]),
    "cut within the end record": ("polyglot", lambda: HONEST[:-1]),
    "a script in front": ("polyglot", lambda: b"#!/bin/sh\nevil\n" + HONEST),
    "a script in front, places mended": ("polyglot", lambda: archive(parts(), prefix=b"#!/bin/sh\nevil\n")),
    "an executable in front": ("polyglot", lambda: archive(parts(), prefix=b"\x7fELF" + bytes(64))),
    "another archive in front": ("polyglot", lambda: others() + HONEST),
    "another archive behind": ("polyglot", lambda: HONEST + others()),
    "something behind": ("polyglot", lambda: HONEST + b"\n"),
    "a comment": ("polyglot", lambda: archive(parts(), comment=b"hello")),
    "an end record with a comment that is not there": ("comment", lambda: HONEST[:-2] + b"\5\0"),
    "another archive as comment": ("polyglot", lambda: archive(parts(), comment=others())),
    "a gap before the directory": ("polyglot", lambda: archive(parts(), gap=b"evil")),
    "a zip64 locator in place of one": ("zip64", lambda: archive(_with_zip64_in_an_extra_field())),
    "a zip64 locator": ("polyglot", lambda: archive(parts(), gap=b"PK\6\7" + bytes(16))),
    "a gap between members": ("polyglot", lambda: archive(parts(before=b"evil"))),
    "a gap behind a member's data": ("polyglot", lambda: archive(parts(after=b"evil"))),
    "a member that only streaming readers see": (
        "polyglot",
        lambda: archive([part("evil.pth", b"import os", hidden=True), *parts()]),
    ),
    "two members in one place": ("overlap", lambda: archive(parts(at=0))),
    "a member within another": ("overlap", lambda: archive(parts(at=1))),
    "a member in the directory": ("overlap", lambda: archive([*parts(), part("x", b"", packed=b"", at=0)])),
    "another name before the data": ("local-header", lambda: archive(parts(local_name=b"acme_weather/evil.p"))),
    "another size before the data": ("local-header", lambda: archive(parts(local_size=5))),
    "other flags before the data": ("local-header", lambda: archive(parts(local_flags=1 << 11))),
    "sizes behind the data": ("descriptor", lambda: archive(parts(flags=8, after=bytes(16)))),
    "encrypted": ("encrypted", lambda: archive(parts(flags=1))),
    "strongly encrypted": ("encrypted", lambda: archive(parts(flags=1 << 6 | 1))),
    "AES": ("extra", lambda: archive(parts(method=99, packed=b"x" * 40, extra=AES, local_extra=AES))),
    "bzip2": ("compression", lambda: archive(parts(method=12))),
    "zstandard": ("compression", lambda: archive(parts(method=93))),
    "deflate64": ("compression", lambda: archive(parts(method=9))),
    "zip64 sizes": ("zip64", lambda: archive(parts(size=0xFFFFFFFF, extra=ZIP64))),
    "a zip64 field that is not asked for": ("zip64", lambda: archive(parts(extra=ZIP64))),
    "a zip64 field before the data only": ("zip64", lambda: archive(parts(local_extra=ZIP64))),
    "a second name in an extra field": ("extra", lambda: archive(parts(extra=UNICODE_PATH))),
    "a second name before the data": ("extra", lambda: archive(parts(local_extra=UNICODE_PATH))),
    "a link in an extra field": ("extra", lambda: archive(parts(extra=LINK))),
    "an extra field cut off": ("extra", lambda: archive(parts(extra=b"UT\x09\0\1"))),
    "a member's comment": ("comment", lambda: archive(parts(comment=b"hello"))),
    "a wrong checksum": ("checksum", lambda: archive(parts(crc=1))),
    "damaged data": ("checksum", lambda: archive(parts(packed=b"\xff" * 20))),
    "data that end early": ("polyglot", lambda: archive(parts(packed=making.deflated(BODY) + b"evil"))),
    "data cut off": ("polyglot", lambda: archive(parts(packed=b"\x00" + struct.pack("<HH", 80, 0xFFFF - 80) + BODY))),
    "more data than it says": ("bomb", lambda: archive(parts(size=5))),
    "less data than it says": ("bomb", lambda: archive(parts(size=100))),
    "a bomb that says so": ("bomb", lambda: archive(parts(packed=BOMB_BYTES, size=8 * MIB))),
    "a bomb that says it is small": ("bomb", lambda: archive(parts(packed=BOMB_BYTES, size=80))),
    "a member beyond the limit": ("size", lambda: archive(parts(size=archives.MAX_MEMBER + 1))),
    "members beyond the limit together": (
        "size",
        lambda: archive([*(part(f"{PROJECT}/{i}", b"", size=archives.MAX_MEMBER) for i in range(3)), *parts()]),
    ),
    "stored, with two sizes": ("bomb", lambda: archive(parts(method=0, size=79))),
    "too many members": (
        "size",
        lambda: archive([*(part(f"{PROJECT}/{i}", b"") for i in range(archives.MAX_MEMBERS)), *parts()]),
    ),
    "a link": ("special-file", lambda: archive(parts(external=0o120777 << 16))),
    "a device": ("special-file", lambda: archive(parts(external=0o020666 << 16))),
    "a pipe": ("special-file", lambda: archive(parts(external=0o010644 << 16))),
    "set-user-id": ("special-file", lambda: archive(parts(external=0o104755 << 16))),
    "a folder by its mode": ("special-file", lambda: archive(parts(external=0o040755 << 16))),
    "a folder by its attributes": ("special-file", lambda: archive(parts(external=REGULAR | 0x10))),
    "a reparse point": ("special-file", lambda: archive(parts(external=REGULAR | 0x400))),
    "a volume's label": ("special-file", lambda: archive(parts(external=REGULAR | 0x08))),
    "a folder with bytes": ("special-file", lambda: archive([*parts(), part(f"{PROJECT}/x/", b"evil")])),
    "a name twice": ("duplicate", lambda: archive([*parts(), part(DATA, b"evil")])),
    "a name in no encoding": ("path", lambda: archive([*parts(), Part(b"acme_weather/\xff.json", b"")])),
    "a name in broken UTF-8": ("path", lambda: archive([*parts(), Part(b"acme_weather/\xff", b"", flags=1 << 11)])),
    "several disks": ("zip", lambda: HONEST[:-18] + struct.pack("<HH", 1, 1) + HONEST[-14:]),
}


@pytest.mark.parametrize("trap", ARCHIVES)
def test_an_archive_that_is_two_things_is_refused(trap: str) -> None:
    rule, make = ARCHIVES[trap]
    error = refused(make())
    assert said(rule, error), error


def test_the_honest_archive_is_let_in() -> None:
    accepted(HONEST)
    accepted(archive(parts()))
    accepted(archive(parts(method=0)))
    accepted(archive(parts(external=REGULAR | 0x20)))
    accepted(archive(parts(external=0)))


def test_why_zip64_in_an_extra_field_matters() -> None:
    data = archive(_with_zip64_in_an_extra_field())
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        assert z.namelist() == []  # another archive than that of our directory


def test_something_that_packs_well_is_no_bomb() -> None:
    accepted(Sketch({**sandboxed(), f"{PROJECT}/zeros.bin": bytes(500_000)}).pack())


@pytest.mark.parametrize("size", [80, 8 * MIB, 0xFFFFFFFE])
def test_a_bomb_takes_no_memory(size: int) -> None:
    bomb = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(bomb.compress(bytes(MIB)) for _ in range(200)) + bomb.flush()
    data = archive(parts(packed=packed, size=size))
    tracemalloc.start()
    try:
        refused(data)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 24 * MIB


def test_one_block_of_data_for_very_many_members_is_refused() -> None:
    whole = archive(parts())
    many = [part(f"{PROJECT}/{i}", b"", size=MIB, at=0, packed=b"") for i in range(1000)]
    assert said("overlap", refused(archive([*parts(), *many])))
    accepted(whole)


# --- names


NAMES = {
    "../evil.py": "path",
    f"{PROJECT}/../evil.py": "path",
    f"{PROJECT}/./evil.json": "path",
    f"{PROJECT}//evil.json": "path",
    "/etc/passwd": "path",
    "//server/share": "path",
    "C:/evil": "path",
    "C:evil": "path",
    f"{PROJECT}\\..\\..\\evil": "path",
    f"{PROJECT}/a:stream": "path",
    f"{PROJECT}/what?": "path",
    f"{PROJECT}/a.": "path",
    f"{PROJECT}/a ": "path",
    f"{PROJECT}/ a": "path",
    f"{PROJECT}/b./a": "path",
    f"{PROJECT}/...": "path",
    f"{PROJECT}/LUMOS-~1.TOM": "path",
    f"{PROJECT}/" + "a" * 130: "path",
    f"{PROJECT}/" + "a/" * 40 + "b": "path",
    f"{PROJECT}/e\u0301.json": "path",  # not composed
    f"{PROJECT}/CON": "reserved-name",
    f"{PROJECT}/nul.json": "reserved-name",
    f"{PROJECT}/aux/a.json": "reserved-name",
    f"{PROJECT}/com1.txt": "reserved-name",
    f"{PROJECT}/LPT\u00b9": "reserved-name",
    f"{PROJECT}/conin$": "reserved-name",
    f"{PROJECT}/a\x00.json": "control-character",
    f"{PROJECT}/a\n.json": "control-character",
    f"{PROJECT}/a\x7f": "control-character",
    f"{PROJECT}/\x1b[2J": "control-character",
    f"{PROJECT}/\u202enosj.py": "control-character",
    f"{PROJECT}/a\u200bb": "control-character",
    f"{PROJECT}/a\u00a0b": "control-character",
    f"{PROJECT}/a\u2028b": "control-character",
    f"{PROJECT}/\ue000": "control-character",
    f"{PROJECT}/__INIT__.py": "clash",
    f"{PROJECT.upper()}/x.json": "clash",
    f"{PROJECT}/PLUGIN.WASM": "clash",
    f"{PROJECT}/plugin.wasm/x": "clash",
    f"{PROJECT}/\uff50lugin.wasm": "clash",  # a full-width p
    f"{INFO}/metadata": "clash",
    f"{INFO.upper()}/METADATA": "clash",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_some_system_takes_for_another_is_refused(name: str) -> None:
    error = refused(Sketch({**sandboxed(), name: b""}).pack())
    assert said(NAMES[name], error), error


@pytest.mark.parametrize(
    ("one", "other"),
    [("straße", "STRASSE"), ("ﬁle", "file"), ("K", "k"), ("İ", "i̇"), ("Σ", "ς"), ("①", "1")],
)
def test_names_that_are_one_letter_by_letter_clash(one: str, other: str) -> None:
    import unicodedata

    files = {f"{PROJECT}/{unicodedata.normalize('NFC', n)}.json": b"" for n in (one, other)}
    assert said("clash", refused(Sketch({**sandboxed(), **files}).pack()))


@pytest.mark.parametrize("name", ["constant.json", "a..b", ".hidden", "com10", "a~b.json", "nullable", "naïve", "a b"])
def test_a_name_that_only_looks_like_that_is_let_in(name: str) -> None:
    accepted(Sketch({**sandboxed(), f"{PROJECT}/{name}": b""}).pack())


# --- what is where


PLACES = {
    "evil.pth": "pth",
    f"{PROJECT}/evil.pth": "pth",
    "evil.start": "pth",
    "evil.site.toml": "pth",
    "evil.egg-link": "pth",
    f"{PROJECT}-1.0.0.data/scripts/lumos": "data-scheme",
    f"{PROJECT}-1.0.0.data/purelib/lumosai/__init__.py": "data-scheme",
    f"{PROJECT}-1.0.0.data/data/lib/python3.11/site-packages/sitecustomize.py": "data-scheme",
    f"{PROJECT.title()}-1.0.0.DATA/data/x": "data-scheme",
    "sitecustomize.py": "shadow",
    "usercustomize.py": "shadow",
    "os.py": "shadow",
    "JSON/__init__.py": "shadow",
    "lumosai/cli/main.py": "shadow",
    "lumosai_sdk/__init__.py": "shadow",
    "lumosai_plugins/evil/__init__.py": "shadow",
    "pip/__main__.py": "shadow",
    "requests/__init__.py": "top-level",
    "acme_other/__init__.py": "top-level",
    "README.md": "top-level",
    f"{PROJECT}.py": "top-level",
    f"{PROJECT}": "clash",
    "pydantic-2.14.0.dist-info/METADATA": "dist-info",
    f"{PROJECT}-1.0.1.dist-info/METADATA": "dist-info",
    f"{PROJECT}.egg-info/PKG-INFO": "dist-info",
    f"{INFO}/direct_url.json": "dist-info",
    f"{INFO}/INSTALLER": "dist-info",
    f"{INFO}/REQUESTED": "dist-info",
    f"{INFO}/RECORD.jws": "dist-info",
    f"{INFO}/namespace_packages.txt": "dist-info",
    f"{INFO}/extra/evil.py": "dist-info",
    f"{PROJECT}/fast.so": "native",
    f"{PROJECT}/fast.SO.1.2": "native",
    f"{PROJECT}/fast.cp311-win_amd64.pyd": "native",
    f"{PROJECT}/fast.dll": "native",
    f"{PROJECT}/fast.dylib": "native",
    f"{PROJECT}/run.exe": "native",
    f"{PROJECT}/a.pyc": "bytecode",
    f"{PROJECT}/__pycache__/a.cpython-311.pyc": "bytecode",
    f"{PROJECT}/__pycache__/a.txt": "bytecode",
    f"{PROJECT}/vendored.whl": "nested",
    f"{PROJECT}/vendored.egg": "nested",
    f"{PROJECT}/app.pyz": "nested",
    f"{PROJECT}/sub/lumos-plugin.toml": "several",
    f"{PROJECT}/sub/LUMOS-plugin.toml": "several",
    f"{INFO}/licenses/lumos-plugin.toml": "several",
}


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("files", [sandboxed, trusted])
def test_what_lies_where_it_would_be_run_or_believed_is_refused(
    name: str, files: Callable[[], dict[str, bytes]]
) -> None:
    error = refused(Sketch({**files(), name: b"x"}).pack())
    assert said(PLACES[name], error), error


@pytest.mark.parametrize(
    "name",
    [f"{PROJECT}/static/app.js", f"{PROJECT}/os.json", f"{PROJECT}/so.txt", f"{PROJECT}/a.so.txt",
     f"{INFO}/LICENSE.txt", f"{INFO}/NOTICE", f"{INFO}/sboms/x.json"],
)  # fmt: skip
def test_what_lies_where_it_may_is_let_in(name: str) -> None:
    accepted(Sketch({**trusted(), name: b"x"}).pack())


@pytest.mark.parametrize("name", ["__init__.py", "lumos-plugin.toml", "plugin.wasm"])
def test_what_a_plugin_is_made_of_is_there(name: str) -> None:
    files = sandboxed()
    del files[f"{PROJECT}/{name}"]
    rules = {"__init__.py": "package", "lumos-plugin.toml": "manifest", "plugin.wasm": "component"}
    assert said(rules[name], refused(Sketch(files).pack()))


@pytest.mark.parametrize("name", ["METADATA", "WHEEL", "entry_points.txt"])
def test_what_describes_a_wheel_is_there(name: str) -> None:
    files = sandboxed()
    del files[f"{INFO}/{name}"]
    assert said("dist-info", refused(Sketch(files).pack()))


NATIVE = {
    "ELF": b"\x7fELF\2\1\1" + bytes(60),
    "Mach-O": b"\xcf\xfa\xed\xfe" + bytes(60),
    "a fat Mach-O": b"\xca\xfe\xba\xbe" + bytes(60),
    "PE": b"MZ" + bytes(58) + struct.pack("<L", 64) + b"PE\0\0",
    "objects": b"!<arch>\n" + bytes(60),
}


@pytest.mark.parametrize("kind", NATIVE)
def test_native_code_is_known_by_its_bytes(kind: str) -> None:
    assert said("native", refused(Sketch({**trusted(), f"{PROJECT}/logo.png": NATIVE[kind]}).pack()))
    accepted(Sketch({**trusted(), f"{PROJECT}/logo.png": b" " + NATIVE[kind]}).pack())


def test_a_text_about_mz_is_no_program() -> None:
    accepted(Sketch({**trusted(), f"{PROJECT}/mz.txt": b"MZ is how programs for DOS begin. " * 10}).pack())


# --- source


SOURCES = {
    "another encoding": b"# -*- coding: utf-7 -*-\n+AAo-",
    "another encoding in the second line": b"#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n",
    "another encoding behind a carriage return": b"#\r# coding: utf-16\r",
    "no UTF-8": b"x = '\xff'\n",
    "reordered text": "access = 'user\u202e \u2066# if admin\u2069 \u2066'\n".encode(),
    "a NUL": b"x = 1\n\0",
}


@pytest.mark.parametrize("kind", SOURCES)
def test_source_that_does_not_run_as_it_reads_is_refused(kind: str) -> None:
    assert said("source", refused(Sketch({**trusted(), f"{PROJECT}/more.py": SOURCES[kind]}).pack()))


@pytest.mark.parametrize(
    "text", ["# -*- coding: utf-8 -*-\n", "# coding=UTF8\n", "greeting = 'שלום, 東京'\n", "\ufeff1\n"]
)
def test_source_in_utf8_is_let_in(text: str) -> None:
    accepted(Sketch({**trusted(), f"{PROJECT}/more.py": text.encode()}).pack())


STUBS = {
    "an import": b"import os\n",
    "an import behind the docstring": b'"""Doc."""\nimport os\n',
    "on the docstring's line": b'"""Doc."""; import os\n',
    "by concatenation": b'"""Doc.""" + __import__("os").name\n',
    "by a line's continuation": b'"""Doc.""" \\\n .join([])\n',
    "an f-string": b'f"{__import__(\'os\').system(\'id\')}"\n',
    "a docstring that ends early": b'"""Doc.\\""""""; import os #"""\n',
    "a string of one line over two": b'"a\nimport os\n"\n',
    "another encoding": b'# coding: utf-7\n"""+ACIAIgAi-"""\n',
    "a form feed": b"\x0cimport os\n",
    "much": b"#" * 5000,
    "a NUL": b'"""Doc."""\0',
    "bytes": b'b"Doc."\n',
    "a vertical tab": b"# \x0b\nimport os",
}  # fmt: skip


@pytest.mark.parametrize("kind", STUBS)
def test_a_stub_with_code_in_it_is_refused(kind: str) -> None:
    files = {**sandboxed(), f"{PROJECT}/__init__.py": STUBS[kind]}
    assert said("stub", refused(Sketch(files).pack()))


@pytest.mark.parametrize(
    "stub",
    [b"", b"\n\n", b"# Nothing.\n", b'"""Doc."""', b"'''Doc \"\"\" '''\n", b'"A \\"doc\\"."  # so\n', b'r"""\\d"""\r\n',
     b'# SPDX-License-Identifier: Apache-2.0\n\n"""Doc.\n\nimport os\n"""\n\n# end', b'""\n', b'"""a\\\nb"""\n'],
)  # fmt: skip
def test_a_stub_of_a_docstring_is_let_in_and_runs_nothing(stub: bytes) -> None:
    accepted(Sketch({**sandboxed(), f"{PROJECT}/__init__.py": stub}).pack())
    scope: dict[str, object] = {}
    exec(compile(stub, "stub", "exec"), scope)
    assert scope.keys() <= {"__builtins__", "__doc__"}


@pytest.mark.parametrize(
    "name", ["tools.py", "sub/__init__.py", "__main__.py", "x.PYW", "fast.pyx", "x.pyi", "n.ipynb"]
)
def test_a_sandboxed_plugin_has_no_python(name: str) -> None:
    assert said("stub", refused(Sketch({**sandboxed(), f"{PROJECT}/{name}": b"import os\n"}).pack()))
