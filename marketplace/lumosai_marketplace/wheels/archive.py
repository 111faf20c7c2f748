"""A zip archive read as one thing only: from both ends, in place, within limits (PKWARE APPNOTE 6.3).

An archive can show different members to different readers: behind a prefix, between members, by a second directory,
by sizes behind the data, by headers that contradict each other. Here the members lie one after another from the first
byte to the directory, the directory reaches to the end record, the end record to the last byte; what is said twice is
said alike. Nothing that a header says is believed as a size: what is unpacked is counted while it is.
"""

from __future__ import annotations

import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

from lumosai_marketplace.wheels import paths
from lumosai_marketplace.wheels.findings import Findings

MIB = 1024 * 1024
MAX_WHEEL = 64 * MIB
MAX_MEMBER = 64 * MIB
MAX_UNPACKED = 160 * MIB
MAX_MEMBERS = 5000
MAX_RATIO = 200
SMALL = MIB
"""Below this a member may be packed as well as it can be."""

MAX_NAME = 1024
MAX_EXTRAS = 64
"""Bytes, both: what is longer is not even looked at."""

_END = struct.Struct("<4s4H2LH")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_EXTRA = struct.Struct("<2H")
_STORED, _DEFLATED = 0, 8
_ENCRYPTED, _DESCRIPTOR, _STRONG, _UTF8, _MASKED = 1, 8, 1 << 6, 1 << 11, 1 << 13
_KNOWN_FLAGS = 0b110 | _UTF8  # deflate's speed, and names in UTF-8
_EXTRAS = frozenset({0x000A, 0x5455, 0x5855, 0x7875})  # times of NTFS and Unix, Unix owners
_DOS = 0x01 | 0x02 | 0x04 | 0x10 | 0x20 | 0x80
_DOS_FOLDER = 0x10
_LOCATOR = 20
_ALL16, _ALL32 = 0xFFFF, 0xFFFFFFFF


class UnreadableError(Exception):
    """A member cannot be unpacked; ``rule`` says by which rule."""

    def __init__(self, rule: str, why: str) -> None:
        super().__init__(why)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Entry:
    """A member, as the archive's directory has it. ``at`` is where its header is."""

    name: str
    raw: bytes
    flags: int
    method: int
    stamp: tuple[int, int]
    crc: int
    packed: int
    size: int
    at: int

    @property
    def is_folder(self) -> bool:
        """Tell whether it is a folder."""
        return self.name.endswith("/")


class Archive:
    """The members of a zip archive. ``files`` are those that are no folders, by name, in the directory's order."""

    def __init__(self, data: bytes, entries: list[Entry], starts: dict[int, int]) -> None:
        self._data = memoryview(data)
        self._starts = starts
        self.entries = entries
        self.files = {e.name: e for e in reversed(entries) if not e.is_folder}

    @classmethod
    def open(cls, data: bytes, findings: Findings) -> Self:
        """Read the directory and hold it against the members. Raises RefusedError when there is no making sense of it.

        What is wrong with single members becomes a finding.
        """
        entries = list(_directory(data, findings))
        starts = _check_places(data, entries, findings)
        _check_names(entries, findings)
        _check_sizes(entries, findings)
        return cls(data, entries, starts)

    def read(self, entry: Entry) -> bytes:
        """Unpack a member. Raises UnreadableError for one that is not what its header says."""
        start = self._starts[entry.at]
        packed = self._data[start : start + entry.packed]
        out = bytes(packed) if entry.method == _STORED else _inflated(packed, entry)
        if len(out) != entry.size:
            raise UnreadableError("bomb", f"it has {len(out)} bytes, and says {entry.size}")
        if zlib.crc32(out) != entry.crc:
            raise UnreadableError("checksum", "its bytes do not have the checksum (CRC-32) of its header")
        return out


def _inflated(packed: memoryview, entry: Entry) -> bytes:
    if entry.method != _DEFLATED or entry.size > MAX_MEMBER:
        raise UnreadableError("compression", f"method {entry.method}")
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        # One byte more than it says: who reaches it said too little, whatever would come then.
        out = inflater.decompress(packed, entry.size + 1)
    except zlib.error as e:
        raise UnreadableError("checksum", f"it cannot be unpacked: {e}") from None
    if len(out) > entry.size:
        raise UnreadableError("bomb", f"it unpacks to more than the {entry.size} bytes that it says")
    if not inflater.eof or inflater.unused_data or inflater.unconsumed_tail:
        raise UnreadableError("polyglot", "its data end before its place does, or behind it")
    return out


# --- the directory


def _directory(data: bytes, findings: Findings) -> Iterator[Entry]:
    if len(data) > MAX_WHEEL:
        findings.add("size", "", f"it is larger than {MAX_WHEEL // MIB} MiB")
        raise findings.refusal()
    begin, count = _end(data, findings)
    at, end = begin, len(data) - _END.size
    for _ in range(count):
        if at + _ENTRY.size > end or data[at : at + 4] != b"PK\1\2":
            findings.add("zip", "", "its directory ends before all of its members are told")
            raise findings.refusal()
        entry, at = _entry(data, at, end, findings)
        yield entry
    if at != end:
        findings.add("polyglot", "", "something stands behind the last entry of its directory")
        raise findings.refusal()


def _end(data: bytes, findings: Findings) -> tuple[int, int]:
    """Return where the directory begins, and how many entries it has."""
    if len(data) < _END.size or data[-_END.size :][:4] != b"PK\5\6":
        kind = "polyglot" if b"PK\5\6" in data[-(_END.size + _ALL16) :] else "zip"
        findings.add(kind, "", "it does not end with the end record of a zip archive")
        raise findings.refusal()
    _, disk, first, here, count, size, begin, comment = _END.unpack_from(data, len(data) - _END.size)
    gap = begin + size - (len(data) - _END.size)
    # Readers look for zip64's locator right before the end record, also in what is an entry's extra field.
    located = data[-(_END.size + _LOCATOR) :][:4] == b"PK\6\7"
    if located or _ALL16 in {disk, first, here, count} or _ALL32 in {size, begin}:
        findings.add("zip64", "", "its end record points to another one")
    elif comment:
        findings.add("comment", "", "it has a comment")
    elif disk or first or here != count:
        findings.add("zip", "", "it is a part of an archive of several")
    elif gap:
        findings.add("polyglot", "", "before it, or between its directory and its end record, stands something else")
    elif not 0 < count <= MAX_MEMBERS:
        findings.add("size", "", f"it has {count} members; 1 to {MAX_MEMBERS} are allowed")
    else:
        return begin, count
    raise findings.refusal()


def _entry(data: bytes, at: int, end: int, findings: Findings) -> tuple[Entry, int]:
    fields = _ENTRY.unpack_from(data, at)
    flags, method, clock, date, crc, packed, size, names, extras, comment, disk = fields[3:14]
    _, external, place = fields[14:]
    past = at + _ENTRY.size + names
    if past + extras + comment > end or names > MAX_NAME:
        findings.add("zip", "", f"an entry reaches beyond its directory, or has a name of more than {MAX_NAME} bytes")
        raise findings.refusal()
    raw = data[at + _ENTRY.size : past]
    entry = Entry(_decoded(raw, flags, findings), raw, flags, method, (clock, date), crc, packed, size, place)
    if _ALL32 in {packed, size, place} or disk == _ALL16:
        findings.add("zip64", entry.name, "its sizes stand elsewhere")
    elif disk:
        findings.add("zip", entry.name, "it lies in another part of the archive")
    if comment:
        findings.add("comment", entry.name, "it has a comment")
    _check_kind(entry, external, findings)
    _check_extras(entry.name, data[past : past + extras], findings)
    return entry, past + extras + comment


def _decoded(raw: bytes, flags: int, findings: Findings) -> str:
    try:
        return raw.decode("utf-8" if flags & _UTF8 else "ascii")
    except UnicodeDecodeError:
        name = raw.decode("latin-1")
        findings.add("path", name, "its name is neither ASCII nor marked as UTF-8: systems differ about what it is")
        return name


def _check_kind(entry: Entry, external: int, findings: Findings) -> None:
    flags, name = entry.flags, entry.name
    if flags & (_ENCRYPTED | _STRONG | _MASKED):
        findings.add("encrypted", name, "it is encrypted")
    elif flags & _DESCRIPTOR:
        findings.add("descriptor", name, "its sizes stand behind its data")
    elif flags & ~_KNOWN_FLAGS:
        findings.add("zip", name, f"it has the flags {flags:#x}")
    if entry.method not in {_STORED, _DEFLATED}:
        findings.add("compression", name, f"it is compressed by method {entry.method}")
    elif entry.method == _STORED and entry.packed != entry.size:
        findings.add("bomb", name, "it is stored, and says that it has two sizes")
    mode = external >> 16
    kind = stat.S_IFMT(mode)
    if kind not in {0, stat.S_IFDIR if entry.is_folder else stat.S_IFREG} or mode & 0o7000:
        findings.add("special-file", name, f"its mode is {stat.filemode(mode)} ({mode:#o})")
    odd = external & 0xFFFF & ~_DOS
    if odd or bool(external & _DOS_FOLDER) > entry.is_folder:
        findings.add("special-file", name, f"its attributes are {external & 0xFFFF:#x}")


def _check_extras(name: str, extras: bytes, findings: Findings) -> None:
    if len(extras) > MAX_EXTRAS:
        findings.add("extra", name, f"it has {len(extras)} bytes of extra fields")
        return
    at = 0
    while at < len(extras):
        if at + _EXTRA.size > len(extras):
            findings.add("extra", name, "its extra fields are cut off")
            return
        kind, size = _EXTRA.unpack_from(extras, at)
        at += _EXTRA.size + size
        if kind not in _EXTRAS or at > len(extras):
            findings.add("zip64" if kind == 1 else "extra", name, f"it has the extra field {kind:#06x}")
            return


# --- the members


def _check_places(data: bytes, entries: list[Entry], findings: Findings) -> dict[int, int]:
    """Walk the members from the first byte to the directory; return where the data of each begin, by their place."""
    directory = _END.unpack_from(data, len(data) - _END.size)[6]
    starts: dict[int, int] = {}
    at = 0
    for entry in sorted(entries, key=lambda e: e.at):
        if entry.at != at:
            gap = entry.at > at
            rule, why = ("polyglot", "before it stands something") if gap else ("overlap", "it lies in another")
            findings.add(rule, entry.name, why)
            raise findings.refusal()
        starts[entry.at] = _local(data, entry, directory, findings)
        at = starts[entry.at] + entry.packed
        if at > directory:
            findings.add("overlap", entry.name, "it reaches into the archive's directory")
            raise findings.refusal()
    if at != directory:
        findings.add("polyglot", "", "between its last member and its directory stands something")
        raise findings.refusal()
    return starts


def _local(data: bytes, entry: Entry, limit: int, findings: Findings) -> int:
    """Return where the data of a member begin."""
    if entry.at + _LOCAL.size > limit or data[entry.at : entry.at + 4] != b"PK\3\4":
        findings.add("zip", entry.name, "there is no member where the directory says")
        raise findings.refusal()
    _, _, flags, method, clock, date, crc, packed, size, names, extras = _LOCAL.unpack_from(data, entry.at)
    begin = entry.at + _LOCAL.size
    raw, extra = data[begin : begin + names], data[begin + names : begin + names + extras]
    here = (raw, flags, method, (clock, date), crc, packed, size)
    if here != (entry.raw, entry.flags, entry.method, entry.stamp, entry.crc, entry.packed, entry.size):
        findings.add("local-header", entry.name, "what stands before its data is not what the directory says of it")
    _check_extras(entry.name, extra, findings)
    return begin + len(raw) + len(extra)


def _check_names(entries: list[Entry], findings: Findings) -> None:
    seen: set[str] = set()
    for entry in entries:
        paths.check(entry.name, findings)
        if entry.name in seen:
            findings.add("duplicate", entry.name, "it is there twice")
        seen.add(entry.name)
        if entry.is_folder and (entry.size or entry.packed):
            findings.add("special-file", entry.name, "it is a folder, and has bytes")
    paths.check_clashes(sorted(seen), findings)


def _check_sizes(entries: list[Entry], findings: Findings) -> None:
    """Refuse at once what would take too long to unpack, were it to say the truth."""
    odd = []
    for entry in entries:
        if entry.size > MAX_MEMBER:
            odd.append(("size", entry.name, f"it is larger than {MAX_MEMBER // MIB} MiB"))
        elif entry.size > SMALL and entry.size > MAX_RATIO * entry.packed:
            odd.append(("bomb", entry.name, f"it unpacks to {entry.size} bytes from {entry.packed}"))
    if sum(e.size for e in entries) > MAX_UNPACKED:
        odd.append(("size", "", f"it unpacks to more than {MAX_UNPACKED // MIB} MiB"))
    for finding in odd:
        findings.add(*finding)
    if odd:
        raise findings.refusal()
