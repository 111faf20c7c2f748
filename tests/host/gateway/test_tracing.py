"""Where a request says that it comes from is known to what is done for it, and to nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.host.gateway.wsclient import connected

from lumosai import Agent
from lumosai_sdk.testing.hosts import contribute
from lumosai_sdk.testing.scripted import ScriptedModel
from lumosai_sdk.types.models import ModelRequest, ModelResponse
from lumosai_sdk.types.trace import OUTGOING, TRACE

Open = Callable[..., Any]
ID = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{ID}-b7ad6b7169203331-01"
OTHER = f"00-{'1' * 32}-b7ad6b7169203331-00"


class Noting(ScriptedModel):
    """A model that notes where it is asked from."""

    def __init__(self) -> None:
        super().__init__("ok")
        self.traces: list[str] = []

    async def complete(self, request: ModelRequest) -> ModelResponse:
        trace = TRACE.get()
        self.traces.append("" if trace is None else f"{trace.parent} {trace.state}".strip())
        assert OUTGOING.get() is None
        return await super().complete(request)


def noting(service: Any) -> Noting:
    model = Noting()
    contribute(service.host, "provider", "noting", model)
    service.host.add(Agent("n", model="noting/any"))
    return model


async def test_a_request_s_trace_ends_with_it(gateway: Open) -> None:
    async with gateway() as g:
        model = noting(g)
        path, body = "/v1/agents/n/runs", {"input": "x"}
        await g.client.post(path, json=body, headers={"traceparent": PARENT, "tracestate": "a=1"})
        assert TRACE.get() is None
        await g.client.post(path, json=body)
        await g.client.post(path, json={**body, "stream": True}, headers=[("traceparent", OTHER), ("tracestate", "?")])
        twice = [("traceparent", PARENT), ("traceparent", OTHER)]
        assert (await g.client.post(path, json=body, headers=twice)).status_code == 200  # noqa: PLR2004
        assert model.traces == [f"{PARENT} a=1", "", OTHER, ""]


async def test_a_socket_has_the_trace_of_its_opening_and_each_run_its_own(served: Open) -> None:
    async with served() as s:
        model = noting(s)
        async with connected(s.url, headers={"traceparent": PARENT}) as c:
            sent: list[dict[str, str]] = [
                {},
                {"traceparent": OTHER, "tracestate": "b=2"},
                {"traceparent": "nonsense"},
                {},
            ]
            for more in sent:
                await c.ask("run", "started", agent="n", input="x", **more)
                while (await c.next())["type"] != "unsubscribed":
                    pass
        assert model.traces == [PARENT, f"{OTHER} b=2", PARENT, PARENT]
