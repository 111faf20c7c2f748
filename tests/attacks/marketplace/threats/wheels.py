"""Threats 12 and 15: wheels that are traps, signed by their author: the service refuses them, and so do hosts."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import pytest
from aiohttp import web
from tests.attacks.marketplace.threats.case import CASES, Case, case
from tests.attacks.marketplace.threats.forging import identity, show, sign, twin, upload, upload_of
from tests.marketplace.wheels import making
from tests.marketplace.wheels.making import FILENAME, INFO, PROJECT, Sketch, archive, part, sandboxed

from lumosai_marketplace.errors import RefusedError

if TYPE_CHECKING:
    from tests.attacks.marketplace.threats.stage import Stage

Make = Callable[[], bytes]
WEATHER = "acme/weather==1.0.0"


def holding(name: str, data: bytes = b"evil = 1\n") -> Make:
    """Return what makes an honest wheel with one file more, or another."""
    return lambda: Sketch({**sandboxed(), name: data}).pack()


def packed(**changed: object) -> Make:
    """Return what makes an honest wheel in which one member is *changed*."""

    def make() -> bytes:
        return Sketch({**sandboxed(), DATA: BODY}, odd={DATA: changed}).pack()

    return make


def _metadata(line: str) -> bytes:
    return making.METADATA.replace("\n\n", f"\n{line}\n\n", 1).encode()


def _record_gap() -> bytes:
    files = {**sandboxed(), DATA: BODY}
    return Sketch(files, record=making.record({n: d for n, d in files.items() if n != DATA})).pack()


DATA, BODY = f"{PROJECT}/data.json", b'{"a": 1}' * 10
SITE = "lib/python3.13/site-packages"
POINTS = f"{INFO}/entry_points.txt"
ZEROS = zlib.compressobj(9, zlib.DEFLATED, -15)
BOMB = ZEROS.compress(bytes(8 * 1024 * 1024)) + ZEROS.flush()
EVIL = b"import os\n"

TRAPS: dict[str, tuple[str, Make]] = {
    "a .pth file": ("guard.pth", holding("evil.pth", EVIL)),
    "a sitecustomize by way of .data": (
        "guard.data-scheme",
        holding(f"{PROJECT}-1.0.0.data/data/{SITE}/sitecustomize.py", EVIL),
    ),
    "a module of the host": ("guard.shadow", holding("lumosai/cli/main.py", EVIL)),
    "a script called lumos": ("guard.data-scheme", holding(f"{PROJECT}-1.0.0.data/scripts/lumos", EVIL)),
    "a console script called lumos": (
        "guard.entry-points",
        holding(POINTS, (making.POINTS + "[console_scripts]\nlumos = acme_weather:main\n").encode()),
    ),
    "entry points of others": (
        "guard.entry-points",
        holding(POINTS, (making.POINTS + "[pytest11]\nx = acme_weather\n").encode()),
    ),
    "a well-known import name": ("guard.top-level", holding("requests/__init__.py", EVIL)),
    "byte code alone": ("guard.bytecode", holding(f"{PROJECT}/tools.pyc", b"\xa7\r\r\n" + bytes(12))),
    "Python beside the component": ("guard.stub", holding(f"{PROJECT}/tools.py", EVIL)),
    "a requirement by URL": (
        "guard.url-dependency",
        holding(f"{INFO}/METADATA", _metadata("Requires-Dist: lumosai @ https://evil.example/x.whl")),
    ),
    "a link": ("guard.special-file", packed(external=0o120777 << 16)),
    "names that differ in case alone": (
        "guard.clash",
        lambda: Sketch({**sandboxed(), DATA: BODY, f"{PROJECT}/Data.json": EVIL}).pack(),
    ),
    "a path that leads out": ("guard.path", holding("../../evil.py", EVIL)),
    "a file that RECORD leaves out": ("guard.record", _record_gap),
    "native code": ("guard.native", holding(f"{PROJECT}/fast.so", b"\x7fELF" + bytes(60))),
    "another plugin's metadata": (
        "guard.name",
        holding(f"{INFO}/METADATA", making.METADATA.replace("acme-weather", "other-weather").encode()),
    ),
    "a text that is shown in another order": (
        "guard.text",
        holding(f"{INFO}/METADATA", (making.METADATA + "\u202egnp.exe").encode()),
    ),
}
BOMBS: dict[str, tuple[str, Make]] = {
    "a zip bomb": ("guard.bomb", packed(packed=BOMB, size=8 * 1024 * 1024)),
    "a zip bomb that says it is small": ("guard.bomb", packed(packed=BOMB, size=80)),
    "members in one another": ("guard.overlap", packed(at=1)),
    "a script in front": ("guard.polyglot", lambda: b"#!/bin/sh\nevil\n" + Sketch().pack()),
    "another archive behind": ("guard.polyglot", lambda: Sketch().pack() + archive([part("evil.py", EVIL)])),
    "a member twice": (
        "guard.duplicate",
        lambda: Sketch({**sandboxed(), DATA: BODY}, more=[part(DATA, EVIL)]).pack(),
    ),
    "another name before the data": ("guard.local-header", packed(local_name=b"acme_weather/evil.py")),
    "a second end of the archive": (
        "guard.polyglot",
        lambda: archive(Sketch().parts(), gap=b"PK\6\7" + struct.pack("<LQL", 0, 0, 1)),
    ),
}


async def _trapped(stage: Stage, make: Make) -> None:
    """Upload it; and show it to an owner, as if the service had taken it."""
    data, (_, honest) = make(), twin()
    stage.wanted = WEATHER
    signed = await sign(stage, FILENAME, data, identity(stage), honest.facts)
    with pytest.raises(RefusedError) as refused:
        await upload(stage, upload_of(FILENAME, data, signed, honest))
    show(stage, FILENAME, data, signed)
    with pytest.raises(RefusedError) as also:
        await stage.install()
    assert also.value.rule == refused.value.rule
    raise also.value


async def _spared(stage: Stage) -> None:
    """Show the owner the honest wheel in the same way: nothing but what is in it makes the difference."""
    data, _ = twin()
    show(stage, FILENAME, data, await sign(stage, FILENAME, data, identity(stage)))
    assert await stage.install() == "1.0.0"


CASES.extend(Case(12, what, rule, partial(_trapped, make=make), _spared) for what, (rule, make) in TRAPS.items())
CASES.extend(Case(15, what, rule, partial(_trapped, make=make), _spared) for what, (rule, make) in BOMBS.items())


@case(15, "an answer that unpacks to fifty megabytes", "index.encoding")
async def _answer(stage: Stage) -> None:
    import gzip

    body = gzip.compress(bytes(50_000_000))
    stage.mirror.lies["simple/"] = lambda _: web.Response(body=body, headers={"Content-Encoding": "gzip"})
    await stage.install()
