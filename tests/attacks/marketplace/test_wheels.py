"""Traps in wheels: each is refused by its rule, and its honest twin is let in."""

from __future__ import annotations

import struct
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.marketplace.wheels import making
from tests.marketplace.wheels.making import (
    COMPONENT,
    FILENAME,
    INFO,
    MANIFEST,
    PROJECT,
    REGULAR,
    Part,
    Sketch,
    archive,
    component,
    manifest,
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


# --- what it says of itself


def with_info(name: str, text: str) -> bytes:
    return Sketch({**sandboxed(), f"{INFO}/{name}": text.encode()}).pack()


def with_header(*lines: str) -> bytes:
    return with_info("METADATA", making.METADATA.replace("\n\n", "\n" + "\n".join(lines) + "\n\n", 1))


METADATA = {
    "another name": ("name", making.METADATA.replace("acme-weather", "acme-other")),
    "another namespace": ("name", making.METADATA.replace("acme-weather", "evil-weather")),
    "no name": ("name", making.METADATA.replace("Name: acme-weather\n", "")),
    "another version": ("version", making.METADATA.replace("1.0.0", "1.0.1")),
    "a version in another form": ("version", making.METADATA.replace("1.0.0", "1.0")),
    "nothing": ("metadata", ""),
    "no header": ("metadata", "hello\n"),
    "an unknown version": ("metadata", making.METADATA.replace("2.1", "9.9")),
    "no UTF-8 in the text": ("metadata", making.METADATA + "\udcff"),
}


@pytest.mark.parametrize("kind", METADATA)
def test_metadata_of_another_plugin_are_refused(kind: str) -> None:
    rule, text = METADATA[kind]
    files = {**sandboxed(), f"{INFO}/METADATA": text.encode(errors="surrogateescape")}
    error = refused(Sketch(files).pack())
    assert said(rule, error), error


HEADERS = {
    "Name: acme-other": "metadata",
    "Version: 2.0.0": "metadata",
    "name: acme-other": "metadata",
    "X-Evil: yes": "metadata",
    "Content-Type: multipart/mixed; boundary=x": "metadata",
    "Content-Transfer-Encoding: base64": "metadata",
    "Description: another": "metadata",
    "no header at all": "metadata",
    "Summary : spaced": "metadata",
    "Author: a\x0bb": "metadata",
    "Author: a\x85Name: acme-other": "metadata",
    "Author: a\u2028Name: acme-other": "metadata",
    "Author: a\rName: acme-other": "metadata",
    "Author: \x1b[2J": "metadata",
    "Provides-Dist: pydantic": "metadata",
    "Obsoletes-Dist: pydantic": "metadata",
    "License: " + "x" * 200_000: "metadata",
    "\n".join(["Classifier: x"] * 5000): "metadata",
    "\n".join(["Requires-Dist: x"] * 300): "metadata",
    "Requires-Dist: x; " + "(" * 3000: "metadata",
    "Requires-Dist: x; " + "(" * 900: "requirement",
    "Requires-Dist: pip": "requirement",
    "Requires-Dist: not a requirement": "requirement",
    "Requires-Dist: x @ https://evil.example/x.whl": "url-dependency",
    "Requires-Dist: x@git+ssh://evil.example/x": "url-dependency",
    "Requires-Dist: x[a] @ file:///etc/x.whl ; python_version > '3'": "url-dependency",
    "Project-URL: Home, javascript:alert(1)": "link",
    "Project-URL: Home, data:text/html,x": "link",
    "Home-page: file:///etc/passwd": "link",
    "Home-page: http://": "link",
}


@pytest.mark.parametrize("header", HEADERS, ids=lambda h: h[:40])
def test_metadata_that_readers_would_differ_about_are_refused(header: str) -> None:
    error = refused(with_header(header))
    assert said(HEADERS[header], error), error


@pytest.mark.parametrize(
    "header",
    ["Classifier: Framework :: AsyncIO", "Keywords: a,b", "Author: Zoë", "License: a\n        b\n\tc",
     "Author-email: =?utf-8?q?x?= <x@example.org>", "Home-page: https://acme.example"],
)  # fmt: skip
def test_metadata_as_builders_write_them_are_let_in(header: str) -> None:
    accepted(with_header(header))


def test_metadata_without_measure_are_refused_unread() -> None:
    assert said("size", refused(with_info("METADATA", making.METADATA + "\n" * 2 * MIB)))
    accepted(with_info("METADATA", making.METADATA + "\n" * 500_000))


def test_a_plugin_in_python_requires_versions_of_named_things() -> None:
    text = making.METADATA.replace("\n\n", "\nRequires-Dist: lumosai>=0.1\nRequires-Dist: x[a]>1; extra == 'b'\n\n", 1)
    files = {**trusted(), f"{INFO}/METADATA": text.encode()}
    accepted(Sketch(files).pack())
    files[f"{INFO}/METADATA"] = text.replace("lumosai>=0.1", "lumosai @ http://evil.example/x.whl").encode()
    assert said("url-dependency", refused(Sketch(files).pack()))


POINTS = {
    "scripts": making.POINTS + "[console_scripts]\nlumos = acme_weather:main\n",
    "windows": making.POINTS + "[gui_scripts]\nlumos = acme_weather:main\n",
    "test plugins": making.POINTS + "[pytest11]\nx = acme_weather\n",
    "a group hidden in a comment": "# [lumosai.plugins]\n[console_scripts]\nlumos = acme_weather:main\n",
    "two plugins": making.POINTS + "other = acme_weather.other\n",
    "a plugin of another": "[lumosai.plugins]\nweather = evil_package\n",
    "an attribute": "[lumosai.plugins]\nweather = acme_weather:main\n",
    "the same group twice": making.POINTS + making.POINTS,
    "a comment": "# hello\n" + making.POINTS,
    "a default section": "[DEFAULT]\nweather = x\n" + making.POINTS,
    "nothing": "",
    "in another case": making.POINTS.replace("plugins", "Plugins"),
}


@pytest.mark.parametrize("kind", POINTS)
def test_other_entry_points_are_refused(kind: str) -> None:
    assert said("entry-points", refused(with_info("entry_points.txt", POINTS[kind])))


@pytest.mark.parametrize(
    "text", ["[lumosai.plugins]\r\nweather=acme_weather\r\n", "\n[lumosai.plugins]\nweather = acme_weather\n\n"]
)
def test_entry_points_as_builders_write_them_are_let_in(text: str) -> None:
    accepted(with_info("entry_points.txt", text))


def test_an_entry_point_of_another_name_is_refused() -> None:
    assert said("name", refused(with_info("entry_points.txt", "[lumosai.plugins]\nfiles = acme_weather\n")))


WHEELS = {
    "not pure": ("tag", making.WHEEL.replace("true", "false")),
    "another tag": ("tag", making.WHEEL.replace("py3", "py2")),
    "one tag more": ("tag", making.WHEEL + "Tag: cp311-cp311-linux_x86_64\n"),
    "no tag": ("tag", making.WHEEL.replace("Tag: py3-none-any\n", "")),
    "two answers": ("tag", making.WHEEL + "Root-Is-Purelib: false\n"),
    "a later format": ("wheel-file", making.WHEEL.replace("1.0", "2.0")),
    "an unknown key": ("wheel-file", making.WHEEL + "Install-Paths-To: /\n"),
    "a build number": ("wheel-file", making.WHEEL + "Build: 1\n"),
    "nothing": ("wheel-file", ""),
}


@pytest.mark.parametrize("kind", WHEELS)
def test_a_wheel_file_that_says_otherwise_is_refused(kind: str) -> None:
    rule, text = WHEELS[kind]
    error = refused(with_info("WHEEL", text))
    assert said(rule, error), error


def test_a_top_level_file_that_claims_others_packages_is_refused() -> None:
    assert said("top-level", refused(with_info("top_level.txt", "acme_weather\nrequests\n")))
    accepted(with_info("top_level.txt", "acme_weather\n"))


FILENAMES = {
    "weather-1.0.0-py3-none-any.whl": "filename",
    "acme_weather-1.0.0.tar.gz": "filename",
    "acme_weather-1.0.0-1-py3-none-any.whl": "filename",
    "Acme_Weather-1.0.0-py3-none-any.whl": "filename",
    "acme.weather-1.0.0-py3-none-any.whl": "filename",
    "acme__weather-1.0.0-py3-none-any.whl": "filename",
    "1acme_weather-1.0.0-py3-none-any.whl": "filename",
    "acme_weather-1.0.0-py3-none-any.whl\n": "filename",
    "../acme_weather-1.0.0-py3-none-any.whl": "filename",
    "acme_weather-1.0.0-py3-none-any.WHL": "filename",
    "acme_we\u0430ther-1.0.0-py3-none-any.whl": "filename",
    "acme_weather-x-py3-none-any.whl": "filename",
    "acme_weather-" + "1." * 200 + "0-py3-none-any.whl": "filename",
    "acme_weather-1.0-0-py3-none-any.whl": "filename",
    "acme_weather-1.0.0.post-py3-none-any.whl": "version",
    "acme_weather-v1.0.0-py3-none-any.whl": "version",
    "acme_weather-1.0.0+local-py3-none-any.whl": "version",
    "acme_weather-1.0.0-py2.py3-none-any.whl": "tag",
    "acme_weather-1.0.0-cp311-cp311-linux_x86_64.whl": "tag",
    "acme_weather-1.0.0-cp311-abi3-any.whl": "tag",
    "acme_weather-1.0.1-py3-none-any.whl": "version",
    "acme_other-1.0.0-py3-none-any.whl": "name",
    "evil_weather-1.0.0-py3-none-any.whl": "name",
}


@pytest.mark.parametrize("filename", FILENAMES)
def test_a_file_name_that_says_otherwise_is_refused(filename: str) -> None:
    sketch = Sketch()
    project, _, rest = filename.partition("-")
    version = rest.partition("-")[0]
    info = f"{project}-{version}.dist-info"
    renamed = {n.replace(INFO, info).replace(f"{PROJECT}/", f"{project}/"): d for n, d in sketch.files.items()}
    data = archive([part(n, d) for n, d in {**renamed, f"{info}/RECORD": making.record(renamed)}.items()])
    error = refused(data, filename)
    assert said(FILENAMES[filename], error), error


@pytest.mark.parametrize("project", ["pydantic_core", "typing_extensions", "lumosai_sdk", "pkg_resources"])
def test_a_package_that_stands_in_for_a_well_known_one_is_refused(project: str) -> None:
    assert said("shadow", refused(HONEST, f"{project}-1.0.0-py3-none-any.whl"))


MANIFESTS = {
    "another plugin's": ("name", manifest(name="weather2").replace(b"weather.fo", b"weather2.fo")),
    "another version": ("version", manifest(version="1.0.1")),
    "no manifest": ("manifest", b"hello"),
    "an unknown key": ("manifest", b"evil = 1\n" + manifest()),
    "no UTF-8": ("manifest", manifest() + b"\xff"),
    "a link to run": ("link", b'homepage = "javascript:alert(1)"\n' + manifest()),
    "no permission": ("manifest", manifest(extra='[permissions]\nhttp = ["everywhere"]')),
    "outside of its folder": ("manifest", manifest().replace(b"plugin.wasm", b"../plugin.wasm")),
    "too large": ("size", manifest() + b"#" * MIB),
    "deep": ("manifest", manifest() + b"x = " + b"[" * 50_000),
}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_a_manifest_that_does_not_fit_is_refused(kind: str) -> None:
    rule, text = MANIFESTS[kind]
    error = refused(Sketch({**sandboxed(), MANIFEST: text}).pack())
    assert said(rule, error), error


TARGETS = ["os:system", "lumosai.cli.main:main", "acme_weather.gone:x", "acme_weatherx:y"]


@pytest.mark.parametrize("target", TARGETS)
def test_code_from_elsewhere_is_refused(target: str) -> None:
    text = manifest("python").replace(b"acme_weather.tools:forecast", target.encode())
    assert said("target", refused(Sketch({**trusted(), MANIFEST: text}).pack()))


@pytest.mark.parametrize("line", ['hooks_module = "os"', 'hooks = ["lumos_startup"]'])
def test_hooks_from_elsewhere_are_refused(line: str) -> None:
    files = {**trusted(), MANIFEST: line.encode() + b"\n" + manifest("python")}
    assert said("target", refused(Sketch(files).pack()))
    files[f"{PROJECT}/hooks.py"] = b""
    if "hooks_module" not in line:
        accepted(Sketch(files).pack())


# --- the component


COMPONENTS = {
    "nothing": b"",
    "text": b"(component)",
    "a core module": b"\0asm\1\0\0\0",
    "native code": b"\x7fELF" + bytes(100),
    "cut off": component("lumos:plugin/log@1.0.0")[:-3],
    "one byte more": component("lumos:plugin/log@1.0.0") + b"\0",
    "an unknown section": component() + b"\x63\x00",
    "a section without end": component() + b"\0\xff\xff\xff\xff\x0f",
    "a number without end": component() + b"\0" + b"\x80" * 20,
    "empty sections without end": component() + b"\0\1\0" * 60_000,
    "a right that is not asked for": component("lumos:plugin/http@1.0.0"),
    "a right beside another": component("lumos:plugin/log@1.0.0", "lumos:plugin/secrets@1.0.0"),
    "an interface that is none": component("lumos:plugin/evil@1.0.0"),
    "a later contract": component("lumos:plugin/log@2.0.0"),
    "what no host offers": component("wasi:filesystem/types@0.2.0"),
    "it contributes nothing": component(exports=("lumos:plugin/monitor@1.0.0",)),
}


@pytest.mark.parametrize("kind", COMPONENTS)
def test_a_component_that_asks_for_more_or_is_none_is_refused(kind: str) -> None:
    error = refused(Sketch({**sandboxed(), COMPONENT: COMPONENTS[kind]}).pack())
    assert said("component", error), error


def test_a_right_that_is_asked_for_is_let_in() -> None:
    asked = manifest(extra='[permissions]\nhttp = ["GET https://api.example.org/*"]')
    wasm = component("lumos:plugin/http@1.0.0", "lumos:plugin/config@1.0.0")
    accepted(Sketch({**sandboxed(), MANIFEST: asked, COMPONENT: wasm}).pack())


def test_a_component_of_another_contract_has_no_rights_either() -> None:
    foreign = component("wasi:filesystem/types@0.2.0", exports=("acme:calc/calc",))
    accepted(Sketch({**sandboxed(), COMPONENT: foreign}).pack())
    asking = component("lumos:plugin/http@1.0.0", exports=("acme:calc/calc",))
    assert said("component", refused(Sketch({**sandboxed(), COMPONENT: asking}).pack()))


def test_a_second_component_is_refused() -> None:
    assert said("component", refused(Sketch({**sandboxed(), f"{PROJECT}/more.wasm": component()}).pack()))


# --- RECORD


def rows() -> list[str]:
    return making.record(sandboxed()).decode().splitlines(keepends=True)


RECORDS = {
    "nothing": "",
    "a file left out": "".join(rows()[1:]),
    "a file too many": "".join([*rows(), "evil.pth,,\n"]),
    "a wrong digest": "".join(rows()).replace("sha256=", "sha256=A", 1),
    "no digest": "".join([f"{rows()[0].split(',')[0]},,\n", *rows()[1:]]),
    "a weak digest": "".join(rows()).replace("sha256=", "md5=", 1),
    "a wrong size": "".join([rows()[0].rpartition(",")[0] + ",1\n", *rows()[1:]]),
    "a file twice": "".join([*rows(), rows()[0]]),
    "a file by another path": "".join(rows()).replace(f"{PROJECT}/__init__", f"./{PROJECT}/__init__", 1),
    "two columns": "".join([*rows(), "x,y\n"]),
    "an open quote": "".join([*rows(), '"x']),
    "its own digest": "".join([*rows()[:-1], f"{INFO}/RECORD,sha256=x,1\n"]),
    "a field without end": "x" * 200_000,
}


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_that_is_not_of_this_wheel_is_refused(kind: str) -> None:
    error = refused(Sketch(record=RECORDS[kind].encode()).pack())
    assert said("record", error), error


def test_a_record_with_a_bound_digest_in_another_order_is_let_in() -> None:
    accepted(Sketch(record="".join(reversed(rows())).encode()).pack())
    accepted(Sketch(record="".join(rows()).replace("\n", "\r\n").encode()).pack())


def test_a_wheel_without_a_record_is_refused() -> None:
    assert said("dist-info", refused(archive(Sketch().parts()[:-1])))


def test_a_file_changed_behind_its_record_is_refused() -> None:
    changed = [replace(p, data=p.data + b" ") if p.name == MANIFEST.encode() else p for p in Sketch().parts()]
    assert said("record", refused(archive(changed)))


def test_every_rule_has_its_trap() -> None:
    told = {rule for table in (ARCHIVES, METADATA, WHEELS, MANIFESTS) for rule, _ in table.values()}
    told |= {*NAMES.values(), *PLACES.values(), *HEADERS.values(), *FILENAMES.values()}
    told |= {"source", "stub", "entry-points", "target", "component", "record", "package", "requirement"}
    assert {f"guard.{rule}" for rule in told} == set(RULES)


# --- time


def test_members_names_without_measure_are_refused() -> None:
    many = [Part(b"acme_weather/" + "é".encode() * 30_000, b"", flags=1 << 11) for _ in range(500)]
    assert said("zip", refused(archive(many)))


def test_extra_fields_without_measure_are_refused() -> None:
    fields = struct.pack("<HH", 0x5455, 0) * 16_000
    many = [part(f"{PROJECT}/{i}", b"", extra=fields) for i in range(500)]
    assert said("extra", refused(archive(many)))


@pytest.mark.parametrize("text", ["\n" * 16_000, " " * 16_000, "[" * 16_000, "[x]\n" * 4000, "\r" * 16_000])
def test_small_files_of_nothing_are_read_quickly(text: str) -> None:
    assert said("entry-points", refused(with_info("entry_points.txt", text)))
    assert said("wheel-file", refused(with_info("WHEEL", text)))


@pytest.mark.parametrize("data", [b"\r" * 8 * MIB, b"#" * 8 * MIB, b" " * 8 * MIB, "é".encode() * 4 * MIB])
def test_source_without_measure_is_refused(data: bytes) -> None:
    files = {**trusted(), f"{PROJECT}/more.py": data}
    sketch = Sketch(files, odd={f"{PROJECT}/more.py": {"method": 0}})
    assert said("source", refused(sketch.pack()))


@pytest.mark.parametrize("line", ["[a{i}]", "[[b]]", "[a.b.c.d.e{i}]", "k{i} = [[], [], {{}}]", "a.b.c{i} = 1"])
def test_manifests_of_many_tables_are_refused(line: str) -> None:
    text = manifest() + "\n".join(line.format(i=i) for i in range(20_000)).encode()
    assert said("manifest", refused(Sketch({**sandboxed(), MANIFEST: text[: 500 * 1024]}).pack()))


def test_a_record_of_many_rows_is_refused() -> None:
    assert said("record", refused(Sketch(record=b"x,,\n" * 400_000).pack()))
