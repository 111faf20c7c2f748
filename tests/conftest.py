"""What every test stands on: nothing of the developer's own machine, no network but this machine's, no paid model."""

from __future__ import annotations

import gc
import os
import socket
from typing import TYPE_CHECKING, Any

import pytest
from tests.postgres import postgresql

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_sessionstart() -> None:
    """Collect no garbage while ten thousand tests are found: there is hardly any, and looking takes a third longer."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Let the garbage collector leave alone what lives as long as the tests: looking through it takes a second."""
    gc.collect()
    gc.freeze()
    gc.enable()


def _is_local(family: int, address: Any) -> bool:
    if family not in {socket.AF_INET, socket.AF_INET6}:
        return True
    host = str(address[0])
    return host in {"localhost", "::1"} or host.startswith("127.")


@pytest.fixture(autouse=True, scope="session")
def only_this_machine() -> Iterator[None]:
    """Fail a connection that would leave the machine, so that no test can come to depend on one."""
    real = socket.socket.connect

    def connect(self: socket.socket, address: Any, /) -> None:
        if not _is_local(self.family, address):
            msg = f"a test tried to connect to {address!r}: tests talk to servers on 127.0.0.1 only"
            raise RuntimeError(msg)
        real(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        yield


@pytest.fixture(autouse=True)
def no_ambient_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the keys and LumosAI settings of whoever runs the tests."""
    for name in list(os.environ):
        if (
            name.endswith("_API_KEY")
            or name == "LUMOS_CONFIG"
            or (name.startswith(("LUMOS_", "MARKETPLACE_")) and "__" in name)
        ):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def unmeasured_children() -> None:
    """Keep coverage out of the processes that tests start: it imports modules, and some tests are about imports.

    Not at import: the controller of pytest-xdist imports this file too, and its workers are to be measured.
    """
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
    os.environ.pop("COVERAGE_PROCESS_START", None)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A PostgreSQL for all tests of a process: each makes its own database in it."""
    with postgresql() as server:
        yield server
