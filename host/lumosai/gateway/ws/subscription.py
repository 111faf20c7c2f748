"""One topic as one connection follows it."""

from __future__ import annotations

from lumosai.gateway.ws import bounds
from lumosai.gateway.ws.outbox import Outbox

Offer = tuple[int, str]


class Subscription:
    """Sends what is new, each event once and in order, whether it comes from the record or happens.

    While the record is read, what happens is held; where that is too much, it is left to the next look at the record.
    """

    __slots__ = ("_held", "_held_bytes", "_prefix", "lost", "outbox", "owner", "seen", "sees_all", "sent", "topic")

    def __init__(self, topic: str, outbox: Outbox, owner: str | None, *, sees_all: bool, prefix: str = "") -> None:
        self.topic = topic
        self.outbox = outbox
        self.owner = owner
        """Whose events it gets; None for everybody's."""
        self.sees_all = sees_all
        self.seen = 0
        self.sent = ""
        """The id of the last event on the wire: where to go on from."""
        self.lost = False
        self._prefix = prefix
        self._held: list[Offer] | None = None
        self._held_bytes = 0

    @property
    def is_held(self) -> bool:
        """Whether what happens is held."""
        return self._held is not None

    def hold(self) -> None:
        """Begin to hold what happens."""
        self._held, self._held_bytes, self.lost = [], 0, False

    def release(self) -> None:
        """Send what was held, and from now on what happens."""
        held, self._held = self._held or [], None
        for seq, text in held:
            self.offer(seq, text)

    def offer(self, seq: int, text: str) -> None:
        """Take an event that happened."""
        if self._held is None:
            self.send(seq, text)
        elif len(self._held) >= bounds.KEPT_EVENTS or self._held_bytes > bounds.FEW_BYTES:
            self.lost = True
        elif not self.lost:
            self._held.append((seq, text))
            self._held_bytes += len(text)

    def send(self, seq: int, text: str) -> None:
        """Queue an event, unless it is known already."""
        if seq > self.seen:
            self.seen = seq
            self.outbox.push(text, self, f"{self._prefix}{seq}")
