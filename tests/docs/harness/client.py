"""``lumos``, as the pages of the documentation call it: hands the command and its files to runner.py and waits."""

import json
import os
import signal
import socket
import sys

with socket.socket(socket.AF_UNIX) as runner:
    runner.connect(os.environ["LUMOS_RUNNER"])
    # Not pathlib: it takes longer to import than all of this to run.
    request = {"arguments": sys.argv[1:], "folder": os.getcwd(), "variables": dict(os.environ)}  # noqa: PTH109
    data = json.dumps(request).encode()
    socket.send_fds(runner, [len(data).to_bytes(8, "big")], [0, 1, 2])
    runner.sendall(data)
    answers = runner.makefile("r", encoding="ascii")
    pid = int(answers.readline())
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda n, _: os.kill(pid, n))
    sys.exit(int(answers.readline() or 1))
