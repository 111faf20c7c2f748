"""What the host does for plugins, on their account."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

from lumosai_sdk.kinds.storage import KeyValueStore, Storage
from lumosai_sdk.kinds.vectors import VectorStore
from lumosai_sdk.types.auth import LOCAL, Principal
from lumosai_sdk.types.caller import Caller
from lumosai_sdk.types.events import Event
from lumosai_sdk.types.runs import Decision, Pending, RunRequest, RunResult
from lumosai_sdk.types.scores import Sample, Score
from lumosai_sdk.types.storage import RunRecord
from lumosai_sdk.types.tools import ToolSpec

OnPending = Callable[[Pending], Awaitable[Decision | None]]


class HostServices(Protocol):
    """The services behind the rights ``kv``, ``models`` and ``tools``. Whoever calls them has checked the right."""

    def kv(self) -> KeyValueStore:
        """Return the store the host itself keeps its data in; the caller chooses the namespace."""
        ...

    async def complete(self, request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        """Ask a model: ``{"model": "provider/name", "messages", …}`` to ``{"text", "finish_reason", "usage", …}``."""
        ...

    async def embed(self, request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        """Embed texts: ``{"model", "inputs"}`` to ``{"vectors", "usage"}``."""
        ...

    async def call_tool(self, id: str, arguments: Mapping[str, Any], caller: Caller) -> Any:  # noqa: A002
        """Call a tool as the model would, validation, timeout and processors included.

        Every plugin of ``caller.chain`` must have been granted the tool. Raises PermissionDeniedError for one that was
        not, for a tool that needs approval, and for a chain that is too long.
        """
        ...


class TrustedServices(HostServices, Protocol):
    """What the host does besides for plugins in its own process, as ``context.host``.

    What is done, is done for a principal: each of these raises PermissionDeniedError for what that one may not do, and
    NotFoundError for what it may not see.
    """

    def storage(self) -> Storage:
        """Return the store of the host's threads and runs. Raises StorageError while there is none."""
        ...

    def vectors(self, id: str | None = None) -> VectorStore:  # noqa: A002
        """Return a vector store, ``[storage] vectors`` if none is named. Raises NotFoundError, PluginError."""
        ...

    def agents(self, patterns: Sequence[str] = ("*",), principal: Principal = LOCAL) -> Sequence[Mapping[str, Any]]:
        """Return the agents whose ids fit one of the globs *patterns*, as listings show them, by id.

        ``model`` is the default one where an agent names none. Without those that *principal* may not ask.
        """
        ...

    def tools(self, patterns: Sequence[str] = ("*",)) -> Sequence[ToolSpec]:
        """Return the tools whose ids fit one of the globs *patterns*, by id, without those that cannot be loaded."""
        ...

    def scorers(self, patterns: Sequence[str] = ("*",)) -> Sequence[Mapping[str, Any]]:
        """Return the scorers whose ids fit one of the globs *patterns*, by id: ``id``, ``plugin``, ``description``."""
        ...

    async def score(self, id: str, sample: Sample, timeout: float | None = None) -> Score:  # noqa: A002, ASYNC109
        """Have a scorer judge an answer within *timeout* seconds. Raises NotFoundError, PluginError, LumosError."""
        ...

    async def use_tool(self, id: str, arguments: Mapping[str, Any], principal: Principal = LOCAL) -> Any:  # noqa: A002
        """Call a tool as its caller could through the API and return its JSON value. Raises LumosError."""
        ...

    async def run(self, request: RunRequest, on_pending: OnPending | None = None) -> RunResult:
        """Run an agent to its answer, or until it waits for a person. Raises LumosError when it fails.

        In the course of another run it gets no more than is left of that one's limits, what it uses counts there too,
        and its metadata names that run (``lumos.parent``).
        """
        ...

    def stream(self, request: RunRequest, on_pending: OnPending | None = None) -> AsyncIterator[Event]:
        """Run an agent and yield its events. Closing the iterator cancels the run."""
        ...

    async def resume(self, run_id: str, decisions: Mapping[str, Decision], principal: Principal = LOCAL) -> RunResult:
        """Go on with a run that waits for a person. Raises LumosError."""
        ...

    def stream_resumed(
        self, run_id: str, decisions: Mapping[str, Decision], principal: Principal = LOCAL
    ) -> AsyncIterator[Event]:
        """Go on with a run that waits for a person and yield its events."""
        ...

    async def cancel(self, run_id: str, principal: Principal = LOCAL) -> None:
        """Cancel a run. Raises NotFoundError, ConflictError when it has ended."""
        ...

    async def find_run(self, run_id: str, principal: Principal = LOCAL) -> RunRecord:
        """Return a run's record. Raises NotFoundError."""
        ...
