"""As much of DER (ITU-T X.690) as certificates' extensions and timestamps need: a writer, and a strict reader."""

from __future__ import annotations

from dataclasses import dataclass

INTEGER, OCTETS, NULL, OID, SEQUENCE, BOOLEAN = 0x02, 0x04, 0x05, 0x06, 0x30, 0x01
GENERALIZED_TIME = 0x18
_LONG = 0x80
_MORE = 0x80
_MAX_LENGTH_BYTES = 3
_MAX_OID_BYTES = 32


def tlv(tag: int, *parts: bytes) -> bytes:
    """Return one value: its tag, the length, and *parts* one after another."""
    body = b"".join(parts)
    size = len(body)
    if size < _LONG:
        return bytes((tag, size)) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG | len(length))) + length + body


def seq(*parts: bytes) -> bytes:
    """Return a SEQUENCE."""
    return tlv(SEQUENCE, *parts)


def set_of(*parts: bytes) -> bytes:
    """Return a SET OF, sorted as DER wants it (X.690, section 11.6)."""
    return tlv(0x31, *sorted(parts))


def octets(data: bytes) -> bytes:
    """Return an OCTET STRING."""
    return tlv(OCTETS, data)


def utf8(text: str) -> bytes:
    """Return a UTF8String."""
    return tlv(0x0C, text.encode())


def integer(number: int) -> bytes:
    """Return an INTEGER that is not negative."""
    return tlv(INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def oid(dotted: str) -> bytes:
    """Return an OBJECT IDENTIFIER."""
    first, second, *rest = (int(arc) for arc in dotted.split("."))
    return tlv(OID, _arc(first * 40 + second), *(_arc(arc) for arc in rest))


def _arc(value: int) -> bytes:
    digits = [value & 0x7F]
    while value := value >> 7:
        digits.append(_MORE | value & 0x7F)
    return bytes(reversed(digits))


@dataclass(slots=True)
class Reader:
    """Reads values one after another. Lengths that are indefinite, not minimal or too long raise ValueError.

    Nothing is read by recursion: how deep a text is nested is decided by who calls, never by the text.
    """

    data: bytes
    at: int = 0

    @property
    def more(self) -> bool:
        """Whether something is left."""
        return self.at < len(self.data)

    def peek(self) -> int:
        """Return the tag of what comes next, -1 at the end."""
        return self.data[self.at] if self.more else -1

    def take(self, tag: int) -> bytes:
        """Return the content of the next value, which has to have *tag*."""
        if self.peek() != tag:
            raise ValueError(f"the tag {self.peek():#x} where {tag:#x} should be")
        size, begin = self._length(self.at + 1)
        end = begin + size
        if end > len(self.data):
            raise ValueError("a value ends beyond the end")
        self.at = end
        return self.data[begin:end]

    def inside(self, tag: int = SEQUENCE) -> Reader:
        """Return a reader of the next value's content."""
        return Reader(self.take(tag))

    def integer(self, most_bytes: int) -> int:
        """Return the next INTEGER, of at most *most_bytes* bytes and not negative."""
        body = self.take(INTEGER)
        if not body or len(body) > most_bytes or body[0] & 0x80:
            raise ValueError("an INTEGER that is empty, too long or negative")
        if len(body) > 1 and body[0] == 0 and not body[1] & 0x80:
            raise ValueError("an INTEGER that is longer than it need be")
        return int.from_bytes(body, "big")

    def boolean(self) -> bool:
        """Return the next BOOLEAN."""
        body = self.take(BOOLEAN)
        if body not in {b"\x00", b"\xff"}:
            raise ValueError("a BOOLEAN that is neither true nor false")
        return body == b"\xff"

    def oid(self) -> bytes:
        """Return the next OBJECT IDENTIFIER's content, to be compared with one that ``oid`` wrote."""
        body = self.take(OID)
        if not 0 < len(body) <= _MAX_OID_BYTES:
            raise ValueError("an OBJECT IDENTIFIER that is empty or too long")
        return body

    def end(self) -> None:
        """Raise ValueError when something is left."""
        if self.more:
            raise ValueError("more than there should be")

    def _length(self, at: int) -> tuple[int, int]:
        if at >= len(self.data):
            raise ValueError("a value without a length")
        first = self.data[at]
        if first < _LONG:
            return first, at + 1
        count = first & 0x7F
        if not 0 < count <= _MAX_LENGTH_BYTES or at + 1 + count > len(self.data):
            raise ValueError("a length that is indefinite or too long")
        size = int.from_bytes(self.data[at + 1 : at + 1 + count], "big")
        if size < _LONG or size >> (8 * (count - 1)) == 0:
            raise ValueError("a length that is longer than it need be")
        return size, at + 1 + count
