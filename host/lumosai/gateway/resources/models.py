"""``/v1/models``: what ``model`` may name: agents, aliases, providers' models (OpenAI API reference, "Models")."""

from __future__ import annotations

from typing import Any

from lumosai.gateway.asgi import ASGIApp
from lumosai.gateway.call import Call
from lumosai.gateway.gate import Gate
from lumosai.gateway.operation import Operation
from lumosai.gateway.reply import json_reply
from lumosai.gateway.shapes import ModelList, ModelView
from lumosai_sdk.errors import NotFoundError


async def list_models(call: Call) -> ASGIApp:
    """Return everything that ``model`` may name."""
    return json_reply({"object": "list", "data": [_view(call.gate, i, o) for i, o in await _known(call.gate)]})


async def get_model(call: Call) -> ASGIApp:
    """Return one of them. Raises NotFoundError."""
    wanted, known = call.params["model"], await _known(call.gate)
    for model_id, owner in known:
        if model_id == wanted:
            return json_reply(_view(call.gate, model_id, owner))
    raise NotFoundError("model", wanted, [i for i, _ in known])


async def _known(gate: Gate) -> list[tuple[str, str]]:
    host = gate.host
    out = dict.fromkeys(sorted(host.agents), "lumosai")
    out |= {alias: "lumosai" for alias in sorted(host.config.models.aliases) if alias not in out}
    out |= {f"{provider}/{model.id}": provider for provider, model in await gate.models.get()}
    return list(out.items())


def _view(gate: Gate, model_id: str, owner: str) -> dict[str, Any]:
    return {"id": model_id, "object": "model", "created": gate.started, "owned_by": owner}


AGENT = {"id": "assistant", "object": "model", "created": 1785000000, "owned_by": "lumosai"}
MODEL = {"id": "local/smollm2", "object": "model", "created": 1785000000, "owned_by": "local"}

OPERATIONS = (
    Operation(
        "GET",
        "/v1/models",
        list_models,
        "listModels",
        "List models",
        "openai",
        action="model.read",
        description="Agents, aliases, and every provider's models as `<provider>/<model>`.",
        answers=ModelList,
        example={"object": "list", "data": [AGENT, MODEL]},
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
    ),
)
