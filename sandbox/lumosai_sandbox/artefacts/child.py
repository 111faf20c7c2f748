"""The throw-away process that compiles one component: ``-m lumosai_sandbox.artefacts.child CPU DATA OUT FD FUEL``.

It limits itself first, reads the component from standard input, writes compiled code to the file descriptor FD and the
shape as JSON to standard output; or exits with UNFIT and says why. A compiler that a component takes over has nothing
here but those three, and where the system can jail a process it cannot open anything else either.
"""

from __future__ import annotations

import os
import resource
import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lumosai_sandbox.artefacts.shape import Shape

UNFIT = 3
FILES = 64


def main(arguments: list[str]) -> int:
    """Compile; return the exit status. CPU in seconds, DATA and OUT in bytes, FUEL 0 or 1."""
    cpu, data, out, fd, fuel = map(int, arguments)
    _limit(cpu, data, out)
    wasm = sys.stdin.buffer.read()
    from lumosai_sandbox.engine.errors import UnfitError

    _confine()
    try:
        code, shape = _compiled(wasm, fuel=bool(fuel))
    except UnfitError as e:
        sys.stdout.write(str(e))
        return UNFIT
    rest = memoryview(code)
    while rest:
        rest = rest[os.write(fd, rest) :]
    sys.stdout.buffer.write(shape)
    return 0


def _limit(cpu: int, data: int, out: int) -> None:
    for what, most in (
        (resource.RLIMIT_DATA, data),
        (resource.RLIMIT_FSIZE, out),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, FILES),
    ):
        resource.setrlimit(what, (most, most))
    # The softer signal tells the parent what it died of.
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu + 1))


def _confine() -> None:
    # What is not loaded now cannot be loaded any more.
    import_module("lumosai_sandbox.generic.describe")
    from lumosai_sandbox.jail.lock import confine_compiler, supported
    from lumosai_sdk import wit

    wit.imports(), wit.exports()
    if supported():
        confine_compiler()


def _compiled(wasm: bytes, *, fuel: bool) -> tuple[bytes | bytearray, bytes]:
    from lumosai_sdk import wit

    # What is ours exports interfaces of ours by name. The engine for others can do more, and is for killable workers.
    if wit.PACKAGE.encode() in wasm:
        code, shape = _compiled_for(wasm, fuel=fuel, generic=False)
        if shape.ours:
            return code, shape.dump()
    code, shape = _compiled_for(wasm, fuel=fuel, generic=True)
    return code, shape.dump()


def _compiled_for(wasm: bytes, *, fuel: bool, generic: bool) -> tuple[bytes | bytearray, Shape]:
    import wasmtime
    from wasmtime import component as wc

    from lumosai_sandbox.engine.engine import config
    from lumosai_sandbox.engine.errors import UnfitError, cause
    from lumosai_sandbox.generic.describe import described

    engine = wasmtime.Engine(config(fuel=fuel, generic=generic))
    try:
        component = wc.Component(engine, wasm)
        return component.serialize(), described(engine, component)
    except wasmtime.WasmtimeError as e:
        raise UnfitError(cause(str(e))) from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
