"""Runs ``lumos`` commands, each in a process of its own, forked from this one, which has imported what they need.

A command costs what it does, not what Python costs to start: with a hundred of them that is most of a minute.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from importlib import import_module
from typing import Any

NEEDED = (
    "lumosai.cli.commands.run",
    "lumosai.cli.hosting",
    "lumosai.cli.main",
    "lumosai.cli.parser",
    "lumosai.config.load",
    "lumosai.gateway.app",
    "lumosai.host",
    "lumosai.validation",
    "lumosai_sdk.manifest",
    "lumosai_sdk.types.events",
    "lumosai_marketplace.client.session",
    "lumosai_marketplace.service.app",
    "lumosai_marketplace.service.operating",
    "lumosai_marketplace.trust.signing",
    "lumosai_marketplace.trust.tufclient",
    "jsonschema_rs",
    "sigstore.sign",
    "sigstore.verify",
    "tomlkit",
    "uvicorn",
)


def main(path: str) -> None:
    """Serve until terminated."""
    for name in NEEDED:
        import_module(name)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen(64)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who serve a request
        while True:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _serve(connection)
            connection.close()


def _serve(connection: socket.socket) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    head, files, _, _ = socket.recv_fds(connection, 8, 3)
    data = b""
    while len(data) < int.from_bytes(head, "big"):
        data += connection.recv(65536)
    request = json.loads(data)
    pid = os.fork()
    if pid == 0:
        connection.close()
        _run(request, files)
    connection.sendall(f"{pid}\n".encode())
    _, status = os.waitpid(pid, 0)
    connection.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _run(request: dict[str, Any], files: list[int]) -> None:
    for target, file in enumerate(files):
        os.dup2(file, target)
        os.close(file)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["variables"])
    sys.path[0] = request["variables"]["PYTHONPATH"]  # it was the folder of this file
    sys.argv = ["lumos", *request["arguments"]]
    sys.stdout = open(1, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115 - for the life of this process
    code = import_module("lumosai.cli.main").main()
    sys.stdout.flush()
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1])
