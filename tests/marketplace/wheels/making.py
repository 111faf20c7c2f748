"""Wheels made by hand: an honest one, and all that an archive can be made to say."""

from __future__ import annotations

import base64
import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache

from wasmtime import wat2wasm

PROJECT, VERSION = "acme_weather", "1.0.0"
INFO = f"{PROJECT}-{VERSION}.dist-info"
FILENAME = f"{PROJECT}-{VERSION}-py3-none-any.whl"
MANIFEST = f"{PROJECT}/lumos-plugin.toml"
COMPONENT = f"{PROJECT}/plugin.wasm"
REGULAR = 0o100644 << 16


@cache
def component(*imports: str, exports: tuple[str, ...] = ("lumos:plugin/tool@1.0.0",)) -> bytes:
    """Return a component that imports interfaces and exports empty ones."""
    asked = "".join(f'(import "{n}" (instance))' for n in imports)
    given = "".join(f'(instance $e{i}) (export "{n}" (instance $e{i}))' for i, n in enumerate(exports))
    return bytes(wat2wasm(f"(component {asked} {given})"))


def manifest(runtime: str = "wasm", extra: str = "", *, name: str = "weather", version: str = VERSION) -> bytes:
    """Return a manifest of one tool. *extra* are lines of TOML tables."""
    module = 'module = "plugin.wasm"\n' if runtime == "wasm" else ""
    target = "tool" if runtime == "wasm" else f"{PROJECT}.tools:forecast"
    return (
        f'schema = 1\nname = "{name}"\nversion = "{version}"\napi = ">=1.0,<2"\nruntime = "{runtime}"\n{module}'
        f'{extra}\n[[contributes.tool]]\nid = "weather.forecast"\ntarget = "{target}"\n'
    ).encode()


METADATA = (
    f"Metadata-Version: 2.1\nName: acme-weather\nVersion: {VERSION}\nSummary: The weather\n"
    "Project-URL: Source, https://acme.example/weather\nRequires-Python: >=3.11\n"
    "Description-Content-Type: text/markdown\n\n# Weather\n\nTells it.\n"
)
WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
POINTS = f"[lumosai.plugins]\nweather = {PROJECT}\n"


def sandboxed() -> dict[str, bytes]:
    """Return the files of an honest plugin that is a component."""
    return {
        f"{PROJECT}/__init__.py": b'"""The plugin weather: plugin.wasm is all of its code."""\n',
        MANIFEST: manifest(),
        COMPONENT: component("lumos:plugin/log@1.0.0"),
        **info(),
    }


def trusted() -> dict[str, bytes]:
    """Return the files of an honest plugin in Python."""
    code = b"from __future__ import annotations\n\n\ndef forecast(place: str) -> str:\n    return place\n"
    return {
        f"{PROJECT}/__init__.py": b'"""The weather."""\n',
        MANIFEST: manifest("python"),
        f"{PROJECT}/tools.py": code,
        f"{PROJECT}/py.typed": b"",
        **info(),
    }


def info() -> dict[str, bytes]:
    """Return the files of an honest ``.dist-info``, RECORD left out."""
    files = {"METADATA": METADATA, "WHEEL": WHEEL, "entry_points.txt": POINTS, "licenses/LICENSE": "Apache-2.0\n"}
    return {f"{INFO}/{name}": text.encode() for name, text in files.items()}


def record(files: dict[str, bytes]) -> bytes:
    """Return RECORD for *files*."""
    return "".join([*(row(name, data) for name, data in files.items()), f"{INFO}/RECORD,,\n"]).encode()


def row(name: str, data: bytes) -> str:
    """Return a row of RECORD."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
    quoted = f'"{name}"' if "," in name else name
    return f"{quoted},sha256={digest},{len(data)}\n"


# --- archives


@dataclass(frozen=True)
class Part:
    """A member, and what its two headers say. What is None is as it should be."""

    name: bytes
    data: bytes
    method: int = 8
    flags: int = 0
    external: int = REGULAR
    packed: bytes | None = None
    size: int | None = None
    crc: int | None = None
    extra: bytes = b""
    local_extra: bytes = b""
    comment: bytes = b""
    local_name: bytes | None = None
    local_size: int | None = None
    local_flags: int | None = None
    before: bytes = b""
    after: bytes = b""
    at: int | None = None
    hidden: bool = False  # not in the directory

    @property
    def body(self) -> bytes:
        if self.packed is not None:
            return self.packed
        return deflated(self.data) if self.method == zipfile.ZIP_DEFLATED else self.data

    def local(self) -> bytes:
        name = self.name if self.local_name is None else self.local_name
        size = self._size if self.local_size is None else self.local_size
        flags = self.flags if self.local_flags is None else self.local_flags
        head = (20, flags, self.method, 0, 33, self._crc, len(self.body), size, len(name), len(self.local_extra))
        return (
            self.before + struct.pack("<4s5H3L2H", b"PK\3\4", *head) + name + self.local_extra + self.body + self.after
        )

    def central(self, at: int) -> bytes:
        numbers: tuple[int, ...] = (
            20,
            20,
            self.flags,
            self.method,
            0,
            33,
            self._crc,
            len(self.body),
            self._size,
            len(self.name),
        )
        numbers += (len(self.extra), len(self.comment), 0, 0, self.external, at if self.at is None else self.at)
        return struct.pack("<4s6H3L5H2L", b"PK\1\2", *numbers) + self.name + self.extra + self.comment

    @property
    def _size(self) -> int:
        return len(self.data) if self.size is None else self.size

    @property
    def _crc(self) -> int:
        return zlib.crc32(self.data) if self.crc is None else self.crc


def deflated(data: bytes) -> bytes:
    """Return *data* as zip archives have it."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def part(name: str, data: bytes, **changed: object) -> Part:
    """Return an honest member, but for what is *changed*."""
    made = Part(name.encode(), data, flags=0 if name.isascii() else 1 << 11)
    return replace(made, **changed)  # type: ignore[arg-type]


def archive(
    parts: Iterable[Part], *, prefix: bytes = b"", gap: bytes = b"", comment: bytes = b"", suffix: bytes = b""
) -> bytes:
    """Return an archive of *parts*; *gap* stands before its directory."""
    out, directory, count = bytearray(prefix), bytearray(), 0
    for item in parts:
        if not item.hidden:
            directory += item.central(len(out) + len(item.before))
            count += 1
        out += item.local()
    out += gap
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(directory), len(out), len(comment))
    return bytes(out + directory + end + comment + suffix)


def packed(files: dict[str, bytes], info: str) -> bytes:
    """Return an honest wheel of *files*; its RECORD is in the folder *info*."""
    listed = "".join([*(row(name, data) for name, data in files.items()), f"{info}/RECORD,,\n"]).encode()
    return archive(part(name, data) for name, data in {**files, f"{info}/RECORD": listed}.items())


@dataclass
class Sketch:
    """A wheel to be: its files, and members that are not as they should be, by name, or besides."""

    files: dict[str, bytes] = field(default_factory=sandboxed)
    filename: str = FILENAME
    odd: dict[str, dict[str, object]] = field(default_factory=dict)
    more: list[Part] = field(default_factory=list)
    record: bytes | None = None

    def parts(self) -> list[Part]:
        files = {n: d for n, d in self.files.items() if not n.endswith("/")}
        told = record(files) if self.record is None else self.record
        everything = {**self.files, f"{INFO}/RECORD": told}
        return [*(part(n, d, **self.odd.get(n, {})) for n, d in everything.items()), *self.more]

    def pack(self) -> bytes:
        return archive(self.parts())
