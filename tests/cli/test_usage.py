"""What callers spent, in the terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lumosai import Host
from lumosai_sdk import Principal
from lumosai_sdk.types.models import Usage

pytestmark = pytest.mark.usefixtures("scripted")
Cli = Callable[..., Any]


async def spend() -> None:
    async with Host(Path("lumos.toml")) as host:
        host.spending.ledger.keep(host.storage)
        host.spending.spent(Principal("ada", credential="key:a"), "test/m", Usage(1200, 34, cost=0.25))
        host.spending.spent(Principal("bob\x1b[31m"), "test/m", Usage(5, 0))


def test_usage(cli: Cli) -> None:
    assert cli("usage").out == "nobody has used a model yet\n"
    asyncio.run(spend())
    out = cli("usage").out
    assert [line.split()[:3] for line in out.splitlines()[:1]] == [["CALLER", "TODAY", "MONTH"]]
    assert "1,234 tokens, $0.25" in out
    assert "\x1b[31m" not in out
    (told,) = cli("usage", "key:a", "--json").json
    assert (told["caller"], told["periods"]["month"]["tokens"]) == ("key:a", 1234)
