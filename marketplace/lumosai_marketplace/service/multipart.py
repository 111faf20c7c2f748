"""Reading an upload's body (multipart/form-data, RFC 7578) as it comes, with a cap on each part of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from lumosai_marketplace.service.problems import HttpError
from lumosai_marketplace.service.settings import LimitSettings
from lumosai_sdk.errors import InputError

if TYPE_CHECKING:
    from fastapi import Request

MAX_FIELDS = 600
_MAX_BOUNDARY = 200
ATTESTATIONS = "attestations"
CONTENT = "content"


@dataclass(slots=True)
class Form:
    """What was sent. A field that comes more than once has all its values; the file is the one called ``content``."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    filename: str = ""
    content: bytes | None = None

    def one(self, name: str) -> str:
        """Return the only value of a field, empty where it is missing. Raises InputError for several."""
        values = self.fields.get(name, [])
        if len(values) > 1:
            raise InputError(f"the field {name} is there {len(values)} times")
        return values[0] if values else ""


async def read_form(request: Request, limits: LimitSettings) -> Form:
    """Read the body. Raises InputError for what is no form with one file, HttpError for what is too much."""
    reader = _Reader(limits)
    parser = MultipartParser(_boundary(request), reader.callbacks())
    try:
        async for chunk in request.stream():
            parser.write(chunk)
        parser.finalize()
    except FormParserError as e:
        raise InputError(f"the body is no multipart/form-data: {str(e)[:200]}") from None
    if not reader.ended:
        raise InputError("the body of the upload broke off")
    return reader.form


class _Reader:
    """Takes what the parser finds, and counts."""

    def __init__(self, limits: LimitSettings) -> None:
        self.form = Form()
        self.ended = False
        self._limits = limits
        self._left = limits.fields
        self._parts = 0
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._headers: dict[bytes, bytes] = {}
        self._name = ""
        self._most = 0
        self._data = bytearray()

    def callbacks(self) -> Any:
        return {
            "on_part_begin": self._begin,
            "on_header_begin": self._header_begin,
            "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
            "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._part_data,
            "on_part_end": self._end,
            "on_end": self._finish,
        }

    def _begin(self) -> None:
        self._parts += 1
        if self._parts > MAX_FIELDS:
            raise HttpError(413, f"an upload has at most {MAX_FIELDS} fields")
        self._headers, self._data = {}, bytearray()

    def _header_begin(self) -> None:
        self._header = (bytearray(), bytearray())

    def _header_end(self) -> None:
        name = bytes(self._header[0]).lower()
        if name in self._headers:
            raise InputError("a part of the body has a header twice")
        self._headers[name] = bytes(self._header[1])

    def _headers_end(self) -> None:
        kind, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = _text(options.get(b"name", b""), "a field's name")
        if kind != b"form-data" or not self._name:
            raise InputError("a part of the body is no field of a form")
        if b"content-transfer-encoding" in self._headers:
            raise InputError("parts of the body are sent as they are, without a transfer encoding")
        self._most = self._cap(options)

    def _cap(self, options: dict[bytes, bytes]) -> int:
        """Return the most bytes that the part may have."""
        if self._name == CONTENT:
            if self.form.content is not None or self.form.filename:
                raise InputError("an upload has one file")
            self.form.filename = _text(options.get(b"filename", b""), "the file's name")
            return self._limits.wheel
        if b"filename" in options:
            raise InputError(f"the field {self._name[:40]!r} is a file: uploads have one, called {CONTENT}")
        return self._limits.attestations if self._name == ATTESTATIONS else self._left

    def _part_data(self, data: bytes, start: int, end: int) -> None:
        if len(self._data) + end - start > self._most:
            raise HttpError(413, f"the part {self._name[:40]!r} of the upload has at most {self._most} bytes")
        self._data += data[start:end]

    def _end(self) -> None:
        if self._name == CONTENT:
            self.form.content = bytes(self._data)
            return
        if self._name != ATTESTATIONS:
            self._left -= len(self._data)
        self.form.fields.setdefault(self._name, []).append(_text(bytes(self._data), f"the field {self._name[:40]!r}"))

    def _finish(self) -> None:
        self.ended = True


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= _MAX_BOUNDARY:
        raise HttpError(
            415, "an upload is multipart/form-data", hint="twine upload, uv publish or lumos plugin publish"
        )
    return boundary


def _text(data: bytes, what: str) -> str:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise InputError(f"{what} is not UTF-8") from None
    if "\0" in text:
        raise InputError(f"{what} holds a NUL character")
    return text
