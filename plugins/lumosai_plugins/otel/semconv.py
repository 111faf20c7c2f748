"""Every name of OpenTelemetry's conventions for generative AI that is used here, and none elsewhere.

Spans: https://github.com/open-telemetry/semantic-conventions-genai (development status: names move). The metrics keep
the names of semantic conventions 1.41, which is what collectors and dashboards know today.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

OPERATION: Final = "gen_ai.operation.name"
PROVIDER: Final = "gen_ai.provider.name"
AGENT: Final = "gen_ai.agent.name"
CONVERSATION: Final = "gen_ai.conversation.id"
REQUEST_MODEL: Final = "gen_ai.request.model"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
CACHED_TOKENS: Final = "gen_ai.usage.cache_read.input_tokens"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
TOOL: Final = "gen_ai.tool.name"
TOOL_TYPE: Final = "gen_ai.tool.type"
TOOL_CALL: Final = "gen_ai.tool.call.id"
TOOL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_RESULT: Final = "gen_ai.tool.call.result"
TOKEN_TYPE: Final = "gen_ai.token.type"  # noqa: S105 - tokens of text
ERROR: Final = "error.type"

INVOKE_AGENT: Final = "invoke_agent"
CHAT: Final = "chat"
EXECUTE_TOOL: Final = "execute_tool"
FUNCTION: Final = "function"
OTHER: Final = "_OTHER"

TOKEN_USAGE: Final = "gen_ai.client.token.usage"  # noqa: S105 - as above
CALL_DURATION: Final = "gen_ai.client.operation.duration"
AGENT_DURATION: Final = "gen_ai.invoke_agent.duration"
TOOL_DURATION: Final = "gen_ai.execute_tool.duration"
TOKEN_BUCKETS: Final = (1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864)
SECONDS_BUCKETS: Final = (0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92)

# Ours, where the conventions have no name.
RUN: Final = "lumosai.run.id"
RUN_STATUS: Final = "lumosai.run.status"
RUN_STEPS: Final = "lumosai.run.steps"
COST: Final = "lumosai.usage.cost"
PLUGIN: Final = "lumosai.plugin.name"
PLUGIN_FAILURES: Final = "lumosai.plugin.failures"

_PROVIDERS: Final[Mapping[str, str]] = {
    "azure": "azure.ai.openai",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "mistral": "mistral_ai",
    "vertex": "gcp.vertex_ai",
    "xai": "x_ai",
}
IN_PROCESS: Final = frozenset({"local", "scripted"})


def run_span(agent: str, run_id: str) -> tuple[str, dict[str, str]]:
    """Return the name of a run's span, and what it begins with."""
    attributes = {OPERATION: INVOKE_AGENT, RUN: run_id}
    if agent:
        attributes[AGENT] = agent
    return f"{INVOKE_AGENT} {agent}".rstrip(), attributes


def provider_and_model(reference: str) -> tuple[str, str]:
    """Return the conventions' name of the provider, and the model, of a reference such as ``openai/gpt-5``."""
    provider, _, model = reference.partition("/")
    return _PROVIDERS.get(provider, provider) or OTHER, model or reference
