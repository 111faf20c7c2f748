from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.sandbox.jail.jails import Code, compiled

from lumosai_sandbox.jail import spawn
from lumosai_sandbox.jail.client import Jailed
from lumosai_sandbox.jail.lock import supported
from lumosai_sandbox.limits import MIB, Limits
from lumosai_sdk.types.caller import Caller

LIMITS = Limits(memory=16 * MIB, cpu=0.1)
Start = Callable[..., Jailed]


@pytest.fixture(scope="session", autouse=True)
def needs_a_jail() -> None:
    if not supported():
        pytest.skip(f"no jail here: {supported().reason}")


@pytest.fixture(scope="session")
def code(tmp_path_factory: pytest.TempPathFactory) -> Code:
    return compiled(tmp_path_factory.mktemp("jail"))


@pytest.fixture(scope="module")
def zygote() -> Iterator[spawn.Zygote]:
    """Keep the zygote through the tests of a file: it takes a third of a second to start."""
    held = spawn.shared()
    held.hold()
    yield held
    held.release()


async def echo(function: str, texts: tuple[str, ...], caller: Caller) -> str:
    return f'"{function} {texts[0]} for {caller.tenant}"'


@pytest.fixture
async def jail(code: Code, zygote: spawn.Zygote) -> AsyncIterator[Start]:
    started: list[Jailed] = []

    def start(limits: Limits = LIMITS, host: Any = echo, *, of: Code = code, **options: Any) -> Jailed:
        started.append(Jailed("guest", of, limits, host, **options))
        return started[-1]

    yield start
    for one in started:
        await one.aclose()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
