"""``/v1/models``: what ``model`` may name: agents, aliases, providers' models (OpenAI API reference, "Models")."""

from __future__ import annotations

from typing import Any, Literal, cast

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.gate import Gate
from lumosai.gateway.openai_shapes import ModelList, ModelView
from lumosai.gateway.operation import Operation
from lumosai.gateway.reply import json_reply
from lumosai_sdk.errors import NotFoundError

Kind = Literal["agent", "alias", "route", "model"]


async def list_models(call: Call) -> ASGIApp:
    """Return everything that ``model`` may name, as far as the caller may."""
    return json_reply({"object": "list", "data": [_view(call.gate, i, k) for i, k in await _known(call)]})


async def get_model(call: Call) -> ASGIApp:
    """Return one of them. Raises NotFoundError."""
    wanted, known = call.params["model"], await _known(call)
    for model_id, kind in known:
        if model_id == wanted:
            return json_reply(_view(call.gate, model_id, kind))
    raise NotFoundError("model", wanted, [i for i, _ in known])


async def _known(call: Call) -> list[tuple[str, Kind]]:
    host, allowance = call.gate.host, call.principal.allowance
    models = host.config.models
    out: dict[str, Kind] = dict.fromkeys(sorted(host.agents), "agent")
    for names, kind in ((models.aliases, "alias"), (models.routes, "route")):
        out |= {name: cast("Kind", kind) for name in sorted(names) if name not in out}
    out |= {f"{provider}/{model.id}": "model" for provider, model in await call.gate.models.get()}
    return [(i, k) for i, k in out.items() if allowance is None or allowance.names(i)]


def _view(gate: Gate, model_id: str, kind: Kind) -> dict[str, Any]:
    owner = model_id.partition("/")[0] if kind == "model" else "lumosai"
    view = {"id": model_id, "object": "model", "created": gate.started, "owned_by": owner, "kind": kind}
    if kind in {"alias", "route"}:
        view["targets"] = list(gate.host.planner.names.route(model_id).refs)
    return view


AGENT = {"id": "assistant", "object": "model", "created": 1785000000, "owned_by": "lumosai", "kind": "agent"}
FAST = {
    "id": "fast",
    "object": "model",
    "created": 1785000000,
    "owned_by": "lumosai",
    "kind": "route",
    "targets": ["openai/gpt-5-mini", "local/smollm2"],
}
MODEL = {"id": "local/smollm2", "object": "model", "created": 1785000000, "owned_by": "local", "kind": "model"}

OPERATIONS = (
    Operation(
        "GET",
        "/v1/models",
        list_models,
        "listModels",
        "List models",
        "openai",
        action="model.read",
        description="Agents, aliases, routes, and providers' models as `<provider>/<model>`: what the caller may use.",
        answers=ModelList,
        example={"object": "list", "data": [AGENT, FAST, MODEL]},
        stable=True,
    ),
    Operation(
        "GET",
        "/v1/models/{model:path}",
        get_model,
        "getModel",
        "Get a model",
        "openai",
        action="model.read",
        resource="model",
        answers=ModelView,
        example=MODEL,
        stable=True,
    ),
)
