"""A process that appends to a log, for tests that kill it, or have several of it.

``appender.py DATABASE KEY`` imports what it needs once. Each line on its input is a job, ``NAME COUNT CALLERS``, done
by a forked child: it says ``pid N``, then ``done TEXT INDEX`` for each entry that ``append`` returned for, and
``sign`` with a checkpoint in base64 now and then. Once it has ended, or was killed, ``end`` is said.
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from lumosai_marketplace.authority.keys import LogSigner
from lumosai_marketplace.log import rekor  # noqa: F401 - children find all of it imported
from lumosai_marketplace.log.store import Log
from lumosai_marketplace.service.db.engine import make_engine
from lumosai_marketplace.service.settings import DatabaseSettings, Settings

HOST = "plugins.example.org"


def tell(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())  # whole lines, whatever else writes


def database(named: str) -> Settings:
    """``sqlite:FOLDER``, or a URL."""
    kind, _, rest = named.partition(":")
    if kind == "sqlite":
        return Settings(base=Path(rest))
    return Settings(database=DatabaseSettings(url=named))


async def append(settings: Settings, signer: LogSigner, name: str, count: int, callers: int) -> None:
    engine = make_engine(settings)
    log = Log(engine, signer, HOST)

    async def caller(number: int) -> None:
        for i in range(number, count, callers):
            texts = [f"{name}-{i}", f"{name}-{i}b"][: 1 + i % 2]
            for text, index in zip(texts, await log.append([t.encode() for t in texts]), strict=True):
                tell("done", text, index)
            if i % 10 == 0:
                tell("sign", base64.b64encode((await log.checkpoint()).encode()).decode())

    await asyncio.gather(*(caller(n) for n in range(callers)))
    await log.aclose()
    await engine.dispose()


def main(named: str, key_file: str) -> None:
    key = load_pem_private_key(Path(key_file).read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    for line in sys.stdin:
        name, count, callers = line.split()
        child = os.fork()
        if child == 0:
            tell("pid", os.getpid())
            asyncio.run(append(database(named), LogSigner.of(key), name, int(count), int(callers)))
            os._exit(0)
        os.waitpid(child, 0)
        tell("end")


if __name__ == "__main__":
    main(*sys.argv[1:])
