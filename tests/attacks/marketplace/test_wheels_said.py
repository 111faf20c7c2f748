"""Traps in what a wheel says of itself: each is refused by its rule, and its honest twin is let in."""

from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from tests.attacks.marketplace.test_wheels import ARCHIVES, HONEST, MIB, NAMES, PLACES, accepted, refused, said
from tests.marketplace.wheels import making
from tests.marketplace.wheels.making import (
    COMPONENT,
    INFO,
    MANIFEST,
    PROJECT,
    Part,
    Sketch,
    archive,
    component,
    manifest,
    part,
    sandboxed,
    trusted,
)

from lumosai_marketplace.wheels.rules import RULES

# --- what it says of itself


def with_info(name: str, text: str) -> bytes:
    path = f"{INFO}/{name}"
    return Sketch({**sandboxed(), path: text.encode()}, odd={path: {"method": 0}}).pack()


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
    "a terminal's escape": ("text", making.METADATA + "\x1b[2J"),
    "a text in another order": ("text", making.METADATA + "\u202e"),
    "words for models only": ("text", making.METADATA + "\U000e0041"),
    "a summary in another order": ("text", making.METADATA.replace("The weather", "\u202eThe weather")),
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
    "License-Expression: " + "(" * 1000: "metadata",
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
    ["Classifier: Framework :: AsyncIO", "Keywords: a,b", "Author: Zoë", "Maintainer: שלום \u200f☀️",
     "Keywords: \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f", "License: a\n        b\n\tc",
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
    "a terminal's escape": ("text", b'description = "\\u001b]0;evil"\n' + manifest()),
    "a description in another order": ("text", b'description = "\\u202egnihtyna"\n' + manifest()),
    "words for models only": ("text", b'description = "\\U000e0041\\U000e0042"\n' + manifest()),
    "a key that acts": ("text", manifest(extra='[settings_schema]\n"\\u009b2J" = 1')),
    "no permission": ("manifest", manifest(extra='[permissions]\nhttp = ["everywhere"]')),
    "outside of its folder": ("manifest", manifest().replace(b"plugin.wasm", b"../plugin.wasm")),
    "too large": ("size", manifest() + b"#" * MIB),
    "deep": ("manifest", manifest() + b"x = " + b"[" * 50_000),
}


@pytest.mark.parametrize("kind", MANIFESTS)
def test_a_manifest_that_does_not_fit_is_refused(kind: str) -> None:
    rule, text = MANIFESTS[kind]
    error = refused(Sketch({**sandboxed(), MANIFEST: text}, odd={MANIFEST: {"method": 0}}).pack())
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


def test_a_content_type_without_measure_is_refused() -> None:
    text = making.METADATA.replace("text/markdown", "a/b;" * 30_000)
    assert said("metadata", refused(with_info("METADATA", text)))


def test_a_record_of_many_rows_is_refused() -> None:
    assert said("record", refused(Sketch(record=b"x,,\n" * 200_000).pack()))
