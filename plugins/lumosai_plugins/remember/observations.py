"""The memory ``remember.observations``: of a long conversation, notes of what was said, then what was said last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from lumosai_plugins.remember import asking, observer, tokens
from lumosai_plugins.remember.keeping import Keeping, Place, owner_of
from lumosai_plugins.remember.observed import Observed, marks_of
from lumosai_plugins.remember.showing import record
from lumosai_plugins.remember.sweeping import Sweeper
from lumosai_sdk.errors import LumosError
from lumosai_sdk.types.memory import Turn
from lumosai_sdk.types.messages import Message
from lumosai_sdk.types.plugins import PluginContext

WHAT = "observed"
_BATCH_TOKENS = 12_000
_MOST_BATCHES = 4


class Observations:
    """Has a model note down the older part of a conversation once that is long, and condense the notes in turn.

    What a model failed to note is shown as it was said, and tried again after the next run.
    """

    def __init__(self, context: PluginContext) -> None:
        settings = context.settings.get("observations", {})
        self._context = context
        self._keeping = Keeping(context)
        self._sweeper = Sweeper(context)
        self._model: str = settings.get("model", "")
        self._tokens: int = settings.get("tokens", 6000)
        self._messages: int = settings.get("messages", 30)
        self._recent: int = settings.get("recent", 10)
        self._notes: int = settings.get("reflect_tokens", 3000)

    async def recall(self, turn: Turn) -> Sequence[Message]:
        """Return the observations, then what of the history they do not cover. Raises StorageError."""
        if (place := _place(turn)) is None:
            return turn.history
        observed = await self._kept(place)
        if not observed.observations:
            return turn.history
        rest = observed.beyond(turn.history)
        system = [m for m in turn.history[: len(turn.history) - len(rest)] if m.role == "system"]
        notes = "\n".join(f"- {o}" for o in observed.observations)
        head = "These are your notes of the conversation so far, with the days they were taken."
        return [*system, record("observations", head, notes), *rest]

    async def _kept(self, place: Place) -> Observed:
        value = await self._keeping.get(place)
        if value is None or not await self._keeping.alive(place, value):
            return Observed()
        return Observed.of(value)

    async def remember(self, turn: Turn, messages: Sequence[Message]) -> None:
        """Have the older part noted down where it has grown long. Raises LumosError; then all is as it was."""
        await self._sweeper.sweep_now_and_then()
        if (place := _place(turn)) is None:
            return
        observed = await self._kept(place)
        if self._is_long([*observed.beyond(turn.history), *messages]):
            observed = await self._observe(place, turn, observed)
        if tokens.of_lines(observed.observations) > self._notes:
            await self._reflect(place, turn, observed)

    async def _observe(self, place: Place, turn: Turn, observed: Observed) -> Observed:
        """Note all but the recent, in batches; each is kept before the next is begun."""
        model = asking.model_for(self._context, self._model, turn.run.agent, "observations")
        thread = await self._keeping.storage.messages(place.thread)
        for _ in range(_MOST_BATCHES):
            left = thread[observed.covered :]
            if not self._is_long(left) or not (batch := self._batch(left)):
                break
            day = datetime.now(UTC).strftime("%Y-%m-%d")
            notes = await observer.observe(self._context, model, batch, day)
            end = observed.covered + len(batch)
            new = Observed((*observed.observations, *notes), end, marks_of(thread[:end]))
            observed = await self._put(place, observed, new)
        return observed

    def _is_long(self, messages: Sequence[Message]) -> bool:
        return len(messages) > self._messages or tokens.of_messages(messages) > self._tokens

    def _batch(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Return what to note next: not the recent messages, not half a turn if it can be helped."""
        limit = len(messages) - self._recent
        if limit <= 0:  # few, and long ones: all but the last turn
            limit = max((i for i, m in enumerate(messages) if m.role == "user"), default=0)
        size, whole, parted = 0, 0, 0
        for end in range(1, limit + 1):
            size += tokens.of_message(messages[end - 1])
            if size > _BATCH_TOKENS and (whole or parted):
                break
            role = messages[end].role if end < len(messages) else "user"
            whole = end if role == "user" else whole
            parted = end if role != "tool" else parted
        return messages[: whole or parted]

    async def _reflect(self, place: Place, turn: Turn, observed: Observed) -> None:
        model = asking.model_for(self._context, self._model, turn.run.agent, "observations")
        try:
            notes = await observer.reflect(self._context, model, observed.observations)
        except LumosError as e:
            self._context.log.warning("observations are not condensed: %s", e)
            return
        await self._put(place, observed, Observed(tuple(notes), observed.covered, observed.marks))

    async def _put(self, place: Place, old: Observed, new: Observed) -> Observed:
        """Keep *new*, unless another host was quicker; return what is kept now."""

        def change(value: dict[str, object] | None) -> dict[str, object]:
            kept = Observed.of(value)
            return (new if kept == old else kept).to_json()

        return Observed.of(await self._keeping.change(place, change))

    async def aclose(self) -> None:
        """Stop what goes on in the background."""
        await self._sweeper.aclose()


def _place(turn: Turn) -> Place | None:
    run = turn.run
    return None if run.thread_id is None else Place(WHAT, owner_of(run.principal), run.thread_id)
