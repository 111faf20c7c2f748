"""What a member is, by its name and its first bytes: native code, byte code, archives of code, source that deceives."""

from __future__ import annotations

import re

from lumosai_marketplace.wheels.findings import Findings

_NATIVE = re.compile(r"\.(?:so(?:\.\d+)*|pyd|dll|dylib|exe|node)\Z", re.ASCII | re.IGNORECASE)
_MAGIC = {
    b"\x7fELF": "ELF",
    b"\xfe\xed\xfa\xce": "Mach-O",
    b"\xfe\xed\xfa\xcf": "Mach-O",
    b"\xce\xfa\xed\xfe": "Mach-O",
    b"\xcf\xfa\xed\xfe": "Mach-O",
    b"\xca\xfe\xba\xbe": "Mach-O or Java",
    b"\xca\xfe\xba\xbf": "Mach-O",
    b"!<ar": "an archive of object files",
    b"!<th": "an archive of object files",
}
_PE_POINTER, _PE_HEADER = 0x3C, 0x40
_BYTECODE = (".pyc", ".pyo")
_STARTUP = (".pth", ".egg-link", ".start")
_ARCHIVES = (".whl", ".egg", ".pyz", ".pyzw")
_PYTHON = (".py", ".pyw", ".pyx", ".pyz", ".pyi", ".ipynb")
SOURCE = (".py", ".pyw", ".pyi")
_COOKIE = re.compile(rb"[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)", re.ASCII)
_UTF8 = frozenset({b"utf-8", b"utf8", b"utf_8", b"utf-8-sig"})
_REORDERING = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_LINES = re.compile(rb"\r\n|\r|\n")
MAX_SOURCE = 4 * 1024 * 1024
MAX_STUB = 4096
# Atomic groups, as nothing may take such a pattern long; not `(...)*+`: Python before 3.11.5 matches that wrongly.
_COMMENTS = r"(?>(?:[ \t]*+(?:#[^\r\n]*+)?\r?\n)*)"
_STRING = (
    r"[rRuU]?+(?:"
    r'"""(?>(?:[^"\\]|\\.|"(?!""))*)"""'
    r"|'''(?>(?:[^'\\]|\\.|'(?!''))*)'''"
    r'|"(?!"")(?>(?:[^"\\\r\n]|\\[^\r\n])*)"'
    r"|'(?!'')(?>(?:[^'\\\r\n]|\\[^\r\n])*)'"
    r")"
)
_STUB = re.compile(
    rf"{_COMMENTS}(?:{_STRING}[ \t]*+(?:#[^\r\n]*+)?(?:\r?\n|\Z))?{_COMMENTS}[ \t]*+(?:#[^\r\n]*+)?", re.DOTALL
)


def check_name(name: str, findings: Findings, *, native: bool) -> None:
    """Find what a member's name tells of it."""
    lower = name.lower()
    if lower.endswith(_STARTUP):
        findings.add("pth", name, "it would be run, or believed, at every start of Python")
    if lower.endswith(_BYTECODE) or "__pycache__" in lower.split("/"):
        findings.add("bytecode", name, "it is Python's byte code")
    if lower.endswith(_ARCHIVES):
        findings.add("nested", name, "it is an archive of Python code")
    if not native and _NATIVE.search(name):
        findings.add("native", name, "it is named as native code")


def is_python(name: str) -> bool:
    """Tell whether a member is something that Python, or a tool beside it, would run."""
    return name.lower().endswith(_PYTHON)


def check_bytes(name: str, data: bytes, findings: Findings, *, native: bool) -> None:
    """Find what a member's bytes tell of it."""
    kind = None if native else native_code(data)
    if kind is not None:
        findings.add("native", name, f"it is native code ({kind})")
    if name.lower().endswith(SOURCE) and (why := _deceptive(data)):
        findings.add("source", name, why)


def native_code(data: bytes) -> str | None:
    """Return which kind of native code the bytes are, whatever their file's name."""
    if data[:2] == b"MZ" and len(data) >= _PE_HEADER:
        header = int.from_bytes(data[_PE_POINTER:_PE_HEADER], "little")
        return "PE" if data[header : header + 2] in {b"PE", b"NE", b"LE", b"LX"} else None
    return _MAGIC.get(data[:4])


def _deceptive(data: bytes) -> str:
    """Return why source would not run as it reads (PEP 263; CVE-2021-42574)."""
    if len(data) > MAX_SOURCE:
        return f"it is larger than {MAX_SOURCE} bytes"
    for line in _LINES.split(data, 2)[:2]:
        cookie = _COOKIE.match(line)
        if cookie is not None and cookie[1].lower() not in _UTF8:
            return f"it is in another encoding than UTF-8: {cookie[1][:40].decode()}"
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return "it is not UTF-8"
    if "\0" in text:
        return "it has a NUL in it"
    if not text.isascii() and (found := _REORDERING.search(text)):
        return f"it has U+{ord(found[0]):04X} in it, which reorders what is seen"
    return ""


def is_stub(data: bytes) -> bool:
    """Tell whether Python source is nothing but a docstring and comments. No parser of Python sees it."""
    if len(data) > MAX_STUB or _deceptive(data):
        return False
    return _STUB.fullmatch(data.decode()) is not None
