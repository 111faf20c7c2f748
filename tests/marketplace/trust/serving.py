"""Servers on this machine: a folder of files, and one that answers as a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

Answer = tuple[int, dict[str, str], bytes]


@contextmanager
def serving(answer: Callable[[str, str, bytes, dict[str, str]], Answer]) -> Iterator[str]:
    """Serve what *answer* returns for method, path, body and headers; yield the address."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            status, headers, body = answer(self.command, self.path, self.rfile.read(length), dict(self.headers))
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.do_GET()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def files(folder: Path, spoil: dict[str, Answer] | None = None) -> Callable[..., Answer]:
    """Answer with the files of a folder, but as *spoil* says for some paths' ends."""

    def answer(_method: str, path: str, _body: bytes, _headers: dict[str, str]) -> Answer:
        for end, spoiled in (spoil or {}).items():
            if path.endswith(end):
                return spoiled
        try:
            return 200, {}, (folder / path.lstrip("/")).read_bytes()
        except OSError:
            return 404, {}, b""

    return answer
