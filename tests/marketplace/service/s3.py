"""As much of an S3-compatible store as the service uses, in memory."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qs, unquote, urlsplit


class Handler(BaseHTTPRequestHandler):
    """Answers for the objects of its class."""

    objects: ClassVar[dict[str, bytes]]
    protocol_version = "HTTP/1.1"

    def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", headers.get("Content_Length", str(len(body))))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).lstrip("/")

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        source = self.headers.get("x-amz-copy-source")
        if source is not None:
            self.objects[self._key()] = self.objects[unquote(source).lstrip("/")]
            self._answer(200, b"<CopyObjectResult><ETag>x</ETag></CopyObjectResult>")
            return
        self.objects[self._key()] = data
        self._answer(200, ETag='"x"')

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        if "list-type" in parts.query:
            self._list(parts.path.strip("/"), parse_qs(parts.query).get("prefix", [""])[0])
            return
        data = self.objects.get(self._key())
        if data is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        modified = formatdate(0, usegmt=True)
        asked = self.headers.get("Range")
        if asked is None or self.command == "HEAD":
            self._answer(200, data, ETag='"x"', Last_Modified=modified)
            return
        first, _, last = asked.removeprefix("bytes=").partition("-")
        end = int(last) + 1 if last else len(data)
        part = data[int(first) : end]
        told = f"bytes {first}-{int(first) + len(part) - 1}/{len(data)}"
        self._answer(206, part, ETag='"x"', Last_Modified=modified, Content_Range=told)

    def _list(self, bucket: str, prefix: str) -> None:
        rows = "".join(
            f"<Contents><Key>{k.removeprefix(f'{bucket}/')}</Key><Size>{len(v)}</Size><ETag>x</ETag>"
            "<LastModified>2020-01-01T00:00:00.000Z</LastModified></Contents>"
            for k, v in self.objects.items()
            if k.startswith(f"{bucket}/{prefix}")
        )
        self._answer(200, f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode())

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        self.objects.pop(self._key(), None)
        self._answer(204)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        bucket = urlsplit(self.path).path.strip("/")
        keys = [part.partition("</Key>")[0] for part in body.split("<Key>")[1:]]
        for key in keys:
            self.objects.pop(f"{bucket}/{key}", None)
        rows = "".join(f"<Deleted><Key>{k}</Key></Deleted>" for k in keys)
        self._answer(200, f"<DeleteResult>{rows}</DeleteResult>".encode())

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def storing() -> Iterator[tuple[str, dict[str, bytes]]]:
    """Serve a store; yields its URL and what it holds, by bucket and key."""
    objects: dict[str, bytes] = {}

    handler = type("Bound", (Handler,), {"objects": objects})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", objects
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
