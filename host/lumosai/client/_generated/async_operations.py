"""Made from docs/reference/openapi.json by `make clients`: change that, or tools/clients.py."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Literal, Unpack

from lumosai.client._generated import models
from lumosai.client.async_transport import AsyncTransport
from lumosai.client.request import Answer, Request, segment, segments
from lumosai.client.streams import AsyncEventStream, ServerSentEvent, shown_data, shown_event


class AsyncOperations(AsyncTransport):
    """Every operation of the service."""

    async def start_run(
        self, agent_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.RunBody]
    ) -> models.RunResultView:
        """Run an agent.

        The answer comes when the run has stopped: completed, or suspended until a person has decided. With `stream`
        the run's events come as they happen; closing the connection then cancels the run. A run that fails is a
        problem with its `run_id`.
        """
        answer: models.RunResultView = await self._json(
            Request("POST", f"/v1/agents/{segment(agent_id)}/runs", body=body, idempotency_key=idempotency_key or "")
        )
        return answer

    async def start_run_stream(
        self, agent_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.RunBody]
    ) -> AsyncEventStream[models.RunEvent]:
        """Run an agent.

        The answer comes when the run has stopped: completed, or suspended until a person has decided. With `stream`
        the run's events come as they happen; closing the connection then cancels the run. A run that fails is a
        problem with its `run_id`.
        """
        return await self._events(
            Request(
                "POST",
                f"/v1/agents/{segment(agent_id)}/runs",
                body={**body, "stream": True},
                accept="text/event-stream",
                idempotency_key=idempotency_key or "",
            ),
            shown_data,
        )

    async def create_chat_completion(
        self, *, idempotency_key: str | None = None, **body: Unpack[models.ChatBody]
    ) -> models.ChatCompletion:
        """Chat with an agent or a model.

        `model` is an agent (action `agent.run`; it calls its own tools, and its own settings hold), an alias or
        `<provider>/<model>` (action `model.call`; `tools` are the client's). Speaks OpenAI's protocol.
        """
        answer: models.ChatCompletion = await self._json(
            Request("POST", "/v1/chat/completions", body=body, idempotency_key=idempotency_key or "")
        )
        return answer

    async def create_chat_completion_stream(
        self, *, idempotency_key: str | None = None, **body: Unpack[models.ChatBody]
    ) -> AsyncEventStream[ServerSentEvent]:
        """Chat with an agent or a model.

        `model` is an agent (action `agent.run`; it calls its own tools, and its own settings hold), an alias or
        `<provider>/<model>` (action `model.call`; `tools` are the client's). Speaks OpenAI's protocol.
        """
        return await self._events(
            Request(
                "POST",
                "/v1/chat/completions",
                body={**body, "stream": True},
                accept="text/event-stream",
                idempotency_key=idempotency_key or "",
            ),
            shown_event,
        )

    async def create_response(
        self, *, idempotency_key: str | None = None, **body: Unpack[models.ResponseBody]
    ) -> models.ResponseView:
        """Get a response of an agent or a model.

        `model` is an agent (action `agent.run`), an alias or `<provider>/<model>` (action `model.call`).  An agent
        calls its own tools, shown as items of type `mcp_call`; its calls that need leave become
        `mcp_approval_request` items, answered with `mcp_approval_response`. A model calls the client's functions:
        items of type `function_call`, continued with `function_call_output`.  A response with a `conversation`
        belongs to that thread. What is kept of a response is kept for 30 days. OpenAI's hosted tools, prompts,
        files, `truncation: auto`, `top_logprobs` and `max_tool_calls` are refused by name.
        """
        answer: models.ResponseView = await self._json(
            Request("POST", "/v1/responses", body=body, idempotency_key=idempotency_key or "")
        )
        return answer

    async def create_response_stream(
        self, *, idempotency_key: str | None = None, **body: Unpack[models.ResponseBody]
    ) -> AsyncEventStream[ServerSentEvent]:
        """Get a response of an agent or a model.

        `model` is an agent (action `agent.run`), an alias or `<provider>/<model>` (action `model.call`).  An agent
        calls its own tools, shown as items of type `mcp_call`; its calls that need leave become
        `mcp_approval_request` items, answered with `mcp_approval_response`. A model calls the client's functions:
        items of type `function_call`, continued with `function_call_output`.  A response with a `conversation`
        belongs to that thread. What is kept of a response is kept for 30 days. OpenAI's hosted tools, prompts,
        files, `truncation: auto`, `top_logprobs` and `max_tool_calls` are refused by name.
        """
        return await self._events(
            Request(
                "POST",
                "/v1/responses",
                body={**body, "stream": True},
                accept="text/event-stream",
                idempotency_key=idempotency_key or "",
            ),
            shown_event,
        )

    async def get_response(self, response_id: str, /, *, stream: bool | None = None) -> models.ResponseView:
        """Get a stored response."""
        answer: models.ResponseView = await self._json(
            Request("GET", f"/v1/responses/{segment(response_id)}", query={"stream": stream})
        )
        return answer

    async def delete_response(self, response_id: str, /) -> models.DeletedView:
        """Delete a stored response.

        The run behind it stays; responses that continue it cannot be continued further.
        """
        answer: models.DeletedView = await self._json(Request("DELETE", f"/v1/responses/{segment(response_id)}"))
        return answer

    async def cancel_response(self, response_id: str, /) -> models.ResponseView:
        """Cancel a response in the background."""
        answer: models.ResponseView = await self._json(Request("POST", f"/v1/responses/{segment(response_id)}/cancel"))
        return answer

    async def list_response_input_items(
        self,
        response_id: str,
        /,
        *,
        limit: int | None = None,
        order: Literal["asc", "desc"] | None = None,
        after: str | None = None,
    ) -> models.ItemListView:
        """List what a response was made from."""
        answer: models.ItemListView = await self._json(
            Request(
                "GET",
                f"/v1/responses/{segment(response_id)}/input_items",
                query={"limit": limit, "order": order, "after": after},
            )
        )
        return answer

    def iter_response_input_items(
        self, response_id: str, /, *, limit: int | None = None, order: Literal["asc", "desc"] | None = None
    ) -> AsyncIterator[models.ItemView]:
        """Go through what ``list_response_input_items`` lists, page after page, as it is needed."""
        return self._pages(
            lambda place: self.list_response_input_items(response_id, limit=limit, order=order, after=place), "last_id"
        )

    async def list_tools(self) -> models.ToolViewList:
        """List tools."""
        answer: models.ToolViewList = await self._json(Request("GET", "/v1/tools"))
        return answer

    async def get_tool(self, tool_id: str, /) -> models.ToolView:
        """Get a tool and its schema."""
        answer: models.ToolView = await self._json(Request("GET", f"/v1/tools/{segment(tool_id)}"))
        return answer

    async def get_tool_schema(self, tool_id: str, /) -> models.JsonSchema:
        """Get the JSON Schema of a tool's arguments."""
        answer: models.JsonSchema = await self._json(Request("GET", f"/v1/tools/{segment(tool_id)}/schema"))
        return answer

    async def call_tool(
        self, tool_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.ToolCallBody]
    ) -> models.ToolResult:
        """Call a tool.

        The arguments are checked against the tool's schema. The plugin's own permissions hold.
        """
        answer: models.ToolResult = await self._json(
            Request("POST", f"/v1/tools/{segment(tool_id)}/call", body=body, idempotency_key=idempotency_key or "")
        )
        return answer

    async def list_runs(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        agent: str | None = None,
        status: Literal["running", "suspended", "completed", "failed", "cancelled", "interrupted"] | None = None,
        thread_id: str | None = None,
        since: str | None = None,
    ) -> models.RunSummaryPage:
        """List runs.

        The caller's own runs, newest first; a caller with the scope `*` sees everybody's.
        """
        answer: models.RunSummaryPage = await self._json(
            Request(
                "GET",
                "/v1/runs",
                query={
                    "limit": limit,
                    "cursor": cursor,
                    "agent": agent,
                    "status": status,
                    "thread_id": thread_id,
                    "since": since,
                },
            )
        )
        return answer

    def iter_runs(
        self,
        *,
        limit: int | None = None,
        agent: str | None = None,
        status: Literal["running", "suspended", "completed", "failed", "cancelled", "interrupted"] | None = None,
        thread_id: str | None = None,
        since: str | None = None,
    ) -> AsyncIterator[models.RunSummary]:
        """Go through what ``list_runs`` lists, page after page, as it is needed."""
        return self._pages(
            lambda place: self.list_runs(
                limit=limit, agent=agent, status=status, thread_id=thread_id, since=since, cursor=place
            ),
            "next_cursor",
        )

    async def get_run(self, run_id: str, /) -> models.RunView:
        """Get a run."""
        answer: models.RunView = await self._json(Request("GET", f"/v1/runs/{segment(run_id)}"))
        return answer

    async def get_run_events(
        self, run_id: str, /, *, limit: int | None = None, cursor: str | None = None, after: int | None = None
    ) -> models.EventViewPage:
        """Get or follow a run's events.

        With `Accept: text/event-stream` the recorded events come first, from `after` or `Last-Event-ID` on, then
        those that happen, until the run stops. Pieces of text (`model.delta`) are not recorded.
        """
        answer: models.EventViewPage = await self._json(
            Request(
                "GET", f"/v1/runs/{segment(run_id)}/events", query={"limit": limit, "cursor": cursor, "after": after}
            )
        )
        return answer

    async def get_run_events_stream(
        self, run_id: str, /, *, limit: int | None = None, cursor: str | None = None, after: int | None = None
    ) -> AsyncEventStream[models.RunEvent]:
        """Get or follow a run's events.

        With `Accept: text/event-stream` the recorded events come first, from `after` or `Last-Event-ID` on, then
        those that happen, until the run stops. Pieces of text (`model.delta`) are not recorded.
        """
        return await self._events(
            Request(
                "GET",
                f"/v1/runs/{segment(run_id)}/events",
                query={"limit": limit, "cursor": cursor, "after": after},
                accept="text/event-stream",
            ),
            shown_data,
        )

    def iter_run_events(
        self, run_id: str, /, *, limit: int | None = None, after: int | None = None
    ) -> AsyncIterator[models.RunEvent]:
        """Go through what ``get_run_events`` lists, page after page, as it is needed."""
        return self._pages(
            lambda place: self.get_run_events(run_id, limit=limit, after=after, cursor=place), "next_cursor"
        )

    async def cancel_run(self, run_id: str, /) -> models.Cancelled:
        """Cancel a run."""
        answer: models.Cancelled = await self._json(Request("POST", f"/v1/runs/{segment(run_id)}/cancel"))
        return answer

    async def resume_run(
        self, run_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.ResumeBody]
    ) -> models.RunResultView:
        """Go on with a suspended run."""
        answer: models.RunResultView = await self._json(
            Request("POST", f"/v1/runs/{segment(run_id)}/resume", body=body, idempotency_key=idempotency_key or "")
        )
        return answer

    async def resume_run_stream(
        self, run_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.ResumeBody]
    ) -> AsyncEventStream[models.RunEvent]:
        """Go on with a suspended run."""
        return await self._events(
            Request(
                "POST",
                f"/v1/runs/{segment(run_id)}/resume",
                body={**body, "stream": True},
                accept="text/event-stream",
                idempotency_key=idempotency_key or "",
            ),
            shown_data,
        )

    async def approve_run(
        self, run_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.LeaveBody]
    ) -> models.RunResultView:
        """Give leave for the calls a run waits with.

        Every call that waits for leave, or those named, may be made, and the run goes on. Questions that tools ask
        are answered with `resume`, which can also decide call by call.
        """
        answer: models.RunResultView = await self._json(
            Request("POST", f"/v1/runs/{segment(run_id)}/approve", body=body, idempotency_key=idempotency_key or "")
        )
        return answer

    async def approve_run_stream(
        self, run_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.LeaveBody]
    ) -> AsyncEventStream[models.RunEvent]:
        """Give leave for the calls a run waits with.

        Every call that waits for leave, or those named, may be made, and the run goes on. Questions that tools ask
        are answered with `resume`, which can also decide call by call.
        """
        return await self._events(
            Request(
                "POST",
                f"/v1/runs/{segment(run_id)}/approve",
                body={**body, "stream": True},
                accept="text/event-stream",
                idempotency_key=idempotency_key or "",
            ),
            shown_data,
        )

    async def decline_run(
        self, run_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.LeaveBody]
    ) -> models.RunResultView:
        """Refuse leave for the calls a run waits with.

        Every call that waits for leave, or those named, is not made; the model is told so, and the run goes on.
        """
        answer: models.RunResultView = await self._json(
            Request("POST", f"/v1/runs/{segment(run_id)}/decline", body=body, idempotency_key=idempotency_key or "")
        )
        return answer

    async def decline_run_stream(
        self, run_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.LeaveBody]
    ) -> AsyncEventStream[models.RunEvent]:
        """Refuse leave for the calls a run waits with.

        Every call that waits for leave, or those named, is not made; the model is told so, and the run goes on.
        """
        return await self._events(
            Request(
                "POST",
                f"/v1/runs/{segment(run_id)}/decline",
                body={**body, "stream": True},
                accept="text/event-stream",
                idempotency_key=idempotency_key or "",
            ),
            shown_data,
        )

    async def list_agents(self) -> models.AgentViewList:
        """List agents."""
        answer: models.AgentViewList = await self._json(Request("GET", "/v1/agents"))
        return answer

    async def get_agent(self, agent_id: str, /) -> models.AgentDetail:
        """Get an agent, and what it has when it runs.

        `effective` has the globs, aliases, routes and defaults resolved, and the host's limits applied.
        """
        answer: models.AgentDetail = await self._json(Request("GET", f"/v1/agents/{segment(agent_id)}"))
        return answer

    async def list_agent_versions(self, agent_id: str, /) -> models.AgentVersionViewList:
        """List an agent's versions.

        The newest first. There are none before the first draft.
        """
        answer: models.AgentVersionViewList = await self._json(
            Request("GET", f"/v1/agents/{segment(agent_id)}/versions")
        )
        return answer

    async def create_agent_version(
        self, agent_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.AgentVersionDraft]
    ) -> models.AgentVersionDetail:
        """Draft a version of an agent.

        Nothing else changes: `<agent>@<number>` is asked beside the agent, by whoever may `agent.preview` as well
        as `agent.run`, wherever an agent is named.
        """
        answer: models.AgentVersionDetail = await self._json(
            Request(
                "POST", f"/v1/agents/{segment(agent_id)}/versions", body=body, idempotency_key=idempotency_key or ""
            )
        )
        return answer

    async def get_agent_version(self, agent_id: str, number: str, /) -> models.AgentVersionDetail:
        """Get a version of an agent."""
        answer: models.AgentVersionDetail = await self._json(
            Request("GET", f"/v1/agents/{segment(agent_id)}/versions/{segment(number)}")
        )
        return answer

    async def compare_agent_version(
        self, agent_id: str, number: str, /, *, base: int | None = None
    ) -> models.AgentVersionChanges:
        """Compare versions of an agent.

        `diff` is a unified diff of the two as they stand in `lumos.toml`.
        """
        answer: models.AgentVersionChanges = await self._json(
            Request("GET", f"/v1/agents/{segment(agent_id)}/versions/{segment(number)}/changes", query={"base": base})
        )
        return answer

    async def publish_agent_version(
        self, agent_id: str, number: str, /, *, idempotency_key: str | None = None
    ) -> models.AgentVersionView:
        """Publish a draft of an agent.

        It is written into `lumos.toml`, whose comments stay, and holds for runs that begin then. What somebody
        wrote there meanwhile is kept as a version of its own.
        """
        answer: models.AgentVersionView = await self._json(
            Request(
                "POST",
                f"/v1/agents/{segment(agent_id)}/versions/{segment(number)}/publish",
                idempotency_key=idempotency_key or "",
            )
        )
        return answer

    async def restore_agent_version(
        self, agent_id: str, number: str, /, *, idempotency_key: str | None = None
    ) -> models.AgentVersionView:
        """Restore a version of an agent.

        What it says holds again, as a new version.
        """
        answer: models.AgentVersionView = await self._json(
            Request(
                "POST",
                f"/v1/agents/{segment(agent_id)}/versions/{segment(number)}/restore",
                idempotency_key=idempotency_key or "",
            )
        )
        return answer

    async def list_threads(self, *, limit: int | None = None, cursor: str | None = None) -> models.ThreadViewPage:
        """List conversations.

        The caller's own, last used first; a caller with the scope `*` sees everybody's.
        """
        answer: models.ThreadViewPage = await self._json(
            Request("GET", "/v1/threads", query={"limit": limit, "cursor": cursor})
        )
        return answer

    def iter_threads(self, *, limit: int | None = None) -> AsyncIterator[models.ThreadView]:
        """Go through what ``list_threads`` lists, page after page, as it is needed."""
        return self._pages(lambda place: self.list_threads(limit=limit, cursor=place), "next_cursor")

    async def create_thread(
        self, *, idempotency_key: str | None = None, **body: Unpack[models.ThreadBody]
    ) -> models.ThreadView:
        """Make a conversation.

        A run with a `thread_id` that is new makes it as well.
        """
        answer: models.ThreadView = await self._json(
            Request("POST", "/v1/threads", body=body, idempotency_key=idempotency_key or "")
        )
        return answer

    async def get_thread(self, thread_id: str, /) -> models.ThreadView:
        """Get a conversation."""
        answer: models.ThreadView = await self._json(Request("GET", f"/v1/threads/{segment(thread_id)}"))
        return answer

    async def update_thread(self, thread_id: str, /, **body: Unpack[models.ThreadChange]) -> models.ThreadView:
        """Change a conversation's title or metadata."""
        answer: models.ThreadView = await self._json(Request("PATCH", f"/v1/threads/{segment(thread_id)}", body=body))
        return answer

    async def delete_thread(self, thread_id: str, /) -> None:
        """Delete a conversation.

        Its messages and runs go with it.
        """
        await self._nothing(Request("DELETE", f"/v1/threads/{segment(thread_id)}"))

    async def get_thread_messages(
        self, thread_id: str, /, *, limit: int | None = None, cursor: str | None = None
    ) -> models.MessageViewPage:
        """Get a conversation's messages.

        The last ones, oldest first; the next page has those before them.
        """
        answer: models.MessageViewPage = await self._json(
            Request("GET", f"/v1/threads/{segment(thread_id)}/messages", query={"limit": limit, "cursor": cursor})
        )
        return answer

    def iter_thread_messages(self, thread_id: str, /, *, limit: int | None = None) -> AsyncIterator[models.MessageView]:
        """Go through what ``get_thread_messages`` lists, page after page, as it is needed."""
        return self._pages(lambda place: self.get_thread_messages(thread_id, limit=limit, cursor=place), "next_cursor")

    async def add_thread_messages(
        self, thread_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.MessagesBody]
    ) -> models.MessageViewList:
        """Add messages to a conversation.

        To the end, all or none; no agent runs.
        """
        answer: models.MessageViewList = await self._json(
            Request(
                "POST", f"/v1/threads/{segment(thread_id)}/messages", body=body, idempotency_key=idempotency_key or ""
            )
        )
        return answer

    async def create_conversation(
        self, *, idempotency_key: str | None = None, **body: Unpack[models.ConversationBody]
    ) -> models.ConversationView:
        """Make a conversation.

        A conversation is a thread: `/v1/threads` shows it too.
        """
        answer: models.ConversationView = await self._json(
            Request("POST", "/v1/conversations", body=body, idempotency_key=idempotency_key or "")
        )
        return answer

    async def get_conversation(self, conversation_id: str, /) -> models.ConversationView:
        """Get a conversation."""
        answer: models.ConversationView = await self._json(
            Request("GET", f"/v1/conversations/{segment(conversation_id)}")
        )
        return answer

    async def update_conversation(
        self, conversation_id: str, /, **body: Unpack[models.MetadataBody]
    ) -> models.ConversationView:
        """Replace a conversation's metadata."""
        answer: models.ConversationView = await self._json(
            Request("POST", f"/v1/conversations/{segment(conversation_id)}", body=body)
        )
        return answer

    async def delete_conversation(self, conversation_id: str, /) -> models.DeletedView:
        """Delete a conversation with its runs."""
        answer: models.DeletedView = await self._json(
            Request("DELETE", f"/v1/conversations/{segment(conversation_id)}")
        )
        return answer

    async def list_conversation_items(
        self,
        conversation_id: str,
        /,
        *,
        limit: int | None = None,
        order: Literal["asc", "desc"] | None = None,
        after: str | None = None,
    ) -> models.ItemListView:
        """List a conversation's items."""
        answer: models.ItemListView = await self._json(
            Request(
                "GET",
                f"/v1/conversations/{segment(conversation_id)}/items",
                query={"limit": limit, "order": order, "after": after},
            )
        )
        return answer

    def iter_conversation_items(
        self, conversation_id: str, /, *, limit: int | None = None, order: Literal["asc", "desc"] | None = None
    ) -> AsyncIterator[models.ItemView]:
        """Go through what ``list_conversation_items`` lists, page after page, as it is needed."""
        return self._pages(
            lambda place: self.list_conversation_items(conversation_id, limit=limit, order=order, after=place),
            "last_id",
        )

    async def create_conversation_items(
        self, conversation_id: str, /, *, idempotency_key: str | None = None, **body: Unpack[models.ItemsBody]
    ) -> models.ItemListView:
        """Add items to a conversation."""
        answer: models.ItemListView = await self._json(
            Request(
                "POST",
                f"/v1/conversations/{segment(conversation_id)}/items",
                body=body,
                idempotency_key=idempotency_key or "",
            )
        )
        return answer

    async def get_conversation_item(self, conversation_id: str, item_id: str, /) -> models.ItemView:
        """Get an item of a conversation."""
        answer: models.ItemView = await self._json(
            Request("GET", f"/v1/conversations/{segment(conversation_id)}/items/{segment(item_id)}")
        )
        return answer

    async def delete_conversation_item(self, conversation_id: str, item_id: str, /) -> models.ConversationView:
        """Delete an item of a conversation.

        The runs recorded of the conversation go with it, for they hold it as well.
        """
        answer: models.ConversationView = await self._json(
            Request("DELETE", f"/v1/conversations/{segment(conversation_id)}/items/{segment(item_id)}")
        )
        return answer

    async def create_embeddings(self, **body: Unpack[models.EmbeddingsBody]) -> models.EmbeddingList:
        """Embed texts."""
        answer: models.EmbeddingList = await self._json(Request("POST", "/v1/embeddings", body=body))
        return answer

    async def list_models(self) -> models.ModelList:
        """List models.

        Agents, aliases, routes, and providers' models as `<provider>/<model>`: what the caller may use.
        """
        answer: models.ModelList = await self._json(Request("GET", "/v1/models"))
        return answer

    async def get_model(self, model: str, /) -> models.ModelView:
        """Get a model."""
        answer: models.ModelView = await self._json(Request("GET", f"/v1/models/{segment(model)}"))
        return answer

    async def get_usage(self) -> models.SpendingView:
        """See what you spent.

        Calls of models, tokens and US dollars, directly and through agents, by all processes that share the
        storage.
        """
        answer: models.SpendingView = await self._json(Request("GET", "/v1/usage"))
        return answer

    async def list_usage(self, *, limit: int | None = None, cursor: str | None = None) -> models.SpendingViewPage:
        """See what each caller spent."""
        answer: models.SpendingViewPage = await self._json(
            Request("GET", "/v1/usage/callers", query={"limit": limit, "cursor": cursor})
        )
        return answer

    def iter_usage(self, *, limit: int | None = None) -> AsyncIterator[models.SpendingView]:
        """Go through what ``list_usage`` lists, page after page, as it is needed."""
        return self._pages(lambda place: self.list_usage(limit=limit, cursor=place), "next_cursor")

    async def list_plugins(self) -> models.PluginSummaryList:
        """List plugins."""
        answer: models.PluginSummaryList = await self._json(Request("GET", "/v1/plugins"))
        return answer

    async def refresh_plugins(self) -> models.ChangesView:
        """Look again at what is installed.

        New plugins are added, changed swapped, missing ones removed. Calls in flight finish. Other processes of the
        service do the same; `siblings` tells which could not.
        """
        answer: models.ChangesView = await self._json(Request("POST", "/v1/plugins/refresh"))
        return answer

    async def get_plugin(self, name: str, /) -> models.PluginView:
        """Get a plugin, its contributions, permissions and health."""
        answer: models.PluginView = await self._json(Request("GET", f"/v1/plugins/{segment(name)}"))
        return answer

    async def get_plugin_permissions(self, name: str, /) -> models.PluginPermissions:
        """Get what a plugin asks for, is granted, and may do.

        Each thing it asks for in plain words, with its risk, the riskiest first.
        """
        answer: models.PluginPermissions = await self._json(Request("GET", f"/v1/plugins/{segment(name)}/permissions"))
        return answer

    async def get_plugin_health(self, name: str, /) -> models.PluginHealth:
        """Ask a plugin how it is.

        It has 5 seconds to answer.
        """
        answer: models.PluginHealth = await self._json(Request("GET", f"/v1/plugins/{segment(name)}/health"))
        return answer

    async def enable_plugin(self, name: str, /) -> models.PluginView:
        """Switch a plugin on.

        It holds until the host restarts; `lumos plugin enable NAME` writes it into lumos.toml. Other processes of
        the service do the same; `siblings` tells which could not.
        """
        answer: models.PluginView = await self._json(Request("POST", f"/v1/plugins/{segment(name)}/enable"))
        return answer

    async def disable_plugin(self, name: str, /) -> models.PluginView:
        """Switch a plugin off.

        Calls in flight finish. It holds until the host restarts; `lumos plugin disable NAME` writes it into
        lumos.toml. Other processes of the service do the same; `siblings` tells which could not.
        """
        answer: models.PluginView = await self._json(Request("POST", f"/v1/plugins/{segment(name)}/disable"))
        return answer

    async def reload_plugin(self, name: str, /) -> models.PluginView:
        """Load a plugin's code anew.

        Calls in flight finish on the old code, new ones go to the new. Other processes of the service do the same;
        `siblings` tells which could not.
        """
        answer: models.PluginView = await self._json(Request("POST", f"/v1/plugins/{segment(name)}/reload"))
        return answer

    async def follow_plugin(self, name: str, /) -> AsyncEventStream[ServerSentEvent]:
        """Follow a plugin's log and the events about it.

        Server-sent events without end: first `following`, then `log` for a line, `event` for an event, and
        `left_out` where more came than the client took.
        """
        return await self._events(
            Request("GET", f"/v1/plugins/{segment(name)}/log", accept="text/event-stream"), shown_event
        )

    async def get_config(self) -> models.ConfigView:
        """Get the configuration in force.

        Defaults, file and environment together. No secret is told, only where it is kept.
        """
        answer: models.ConfigView = await self._json(Request("GET", "/v1/config"))
        return answer

    async def update_config(self, *, if_match: str, **body: Unpack[models.ConfigPatch]) -> models.ConfigView:
        """Change lumos.toml.

        A merge patch (RFC 7396), also as `application/merge-patch+json`. It holds at once, for runs that begin
        then; `waiting` tells what holds from the next start. The file's comments stay, and where anything is wrong
        it is left as it was. Agents, models, limits, and plugins' `enabled` and `settings` (with `plugin.manage`)
        may be changed; the rest, and the settings of plugins that hold secrets, let callers in, or keep the data,
        only with the scope `*`.
        """
        answer: models.ConfigView = await self._json(
            Request("PATCH", "/v1/config", headers={"if-match": if_match}, body=body)
        )
        return answer

    async def get_config_schema(self) -> models.JsonSchema:
        """Get the JSON Schema of lumos.toml.

        The settings of installed plugins included.
        """
        answer: models.JsonSchema = await self._json(Request("GET", "/v1/config/schema"))
        return answer

    async def list_panels(self) -> models.PanelSummaryList:
        """List panels."""
        answer: models.PanelSummaryList = await self._json(Request("GET", "/v1/panels"))
        return answer

    async def get_panel(self, panel_id: str, /) -> models.PanelViewShape:
        """Get what a panel shows now."""
        answer: models.PanelViewShape = await self._json(Request("GET", f"/v1/panels/{segment(panel_id)}"))
        return answer

    async def get_health(self) -> models.Liveness:
        """Tell whether the service answers.

        Open to every caller. The status is 200 as long as the service answers at all. A caller who may manage
        plugins is told, as `service`, of its processes.
        """
        answer: models.Liveness = await self._json(Request("GET", "/healthz"))
        return answer

    async def get_readiness(self) -> models.Liveness:
        """Tell whether the service can do its work.

        Open to every caller. The status is 503 while runs cannot be recorded.
        """
        answer: models.Liveness = await self._json(Request("GET", "/readyz"))
        return answer

    async def get_metrics(self) -> str:
        """Get metrics in Prometheus' format.

        Served by the `prometheus` plugin; 404 while it is not there. Where several processes serve, the label
        `worker` tells whose a sample is.
        """
        return await self._text(Request("GET", "/metrics", accept="text/plain"))

    async def get_plugin_route(self, plugin: str, path: str, /) -> Answer:
        """GET what a plugin serves.

        What a plugin serves, by the paths and methods of its manifest. It does not see the caller's credentials,
        and its answers carry no cookies, scripts or CORS headers.
        """
        return await self._whole(Request("GET", f"/plugins/{segment(plugin)}/{segments(path)}", accept="*/*"))

    async def post_plugin_route(
        self, plugin: str, path: str, /, *, content: bytes = b"", content_type: str = "application/json"
    ) -> Answer:
        """POST what a plugin serves.

        What a plugin serves, by the paths and methods of its manifest. It does not see the caller's credentials,
        and its answers carry no cookies, scripts or CORS headers.
        """
        return await self._whole(
            Request(
                "POST",
                f"/plugins/{segment(plugin)}/{segments(path)}",
                accept="*/*",
                content=content,
                content_type=content_type,
            )
        )

    async def put_plugin_route(
        self, plugin: str, path: str, /, *, content: bytes = b"", content_type: str = "application/json"
    ) -> Answer:
        """PUT what a plugin serves.

        What a plugin serves, by the paths and methods of its manifest. It does not see the caller's credentials,
        and its answers carry no cookies, scripts or CORS headers.
        """
        return await self._whole(
            Request(
                "PUT",
                f"/plugins/{segment(plugin)}/{segments(path)}",
                accept="*/*",
                content=content,
                content_type=content_type,
            )
        )

    async def patch_plugin_route(
        self, plugin: str, path: str, /, *, content: bytes = b"", content_type: str = "application/json"
    ) -> Answer:
        """PATCH what a plugin serves.

        What a plugin serves, by the paths and methods of its manifest. It does not see the caller's credentials,
        and its answers carry no cookies, scripts or CORS headers.
        """
        return await self._whole(
            Request(
                "PATCH",
                f"/plugins/{segment(plugin)}/{segments(path)}",
                accept="*/*",
                content=content,
                content_type=content_type,
            )
        )

    async def delete_plugin_route(self, plugin: str, path: str, /) -> Answer:
        """DELETE what a plugin serves.

        What a plugin serves, by the paths and methods of its manifest. It does not see the caller's credentials,
        and its answers carry no cookies, scripts or CORS headers.
        """
        return await self._whole(Request("DELETE", f"/plugins/{segment(plugin)}/{segments(path)}", accept="*/*"))

    async def get_root(self) -> models.Pointer:
        """Tell where to go from here."""
        answer: models.Pointer = await self._json(Request("GET", "/"))
        return answer

    async def get_open_api(self) -> models.SpecDocument:
        """Get this document."""
        answer: models.SpecDocument = await self._json(Request("GET", "/openapi.json"))
        return answer

    async def get_async_api(self) -> models.SpecDocument:
        """Get the AsyncAPI document of the WebSocket."""
        answer: models.SpecDocument = await self._json(Request("GET", "/asyncapi.json"))
        return answer

    async def get_docs(self) -> str:
        """Read about the operations in a browser."""
        return await self._text(Request("GET", "/docs", accept="text/html"))
