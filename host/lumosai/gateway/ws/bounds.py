"""How much a WebSocket may take, of memory, time and work."""

from __future__ import annotations

MESSAGE_BYTES = 1024 * 1024
"""Of a message that comes in."""
FRAGMENTS = 1024
"""Pieces that a message comes in: empty ones weigh nothing, and must not come for ever."""
RATE, BURST = 50.0, 200
"""Messages a second that are taken, and at once."""
REFUSALS = 100
"""Messages that are refused, by their form or their number, before the connection is closed."""
CONNECTIONS = 16_384
"""In one process."""
SUBSCRIPTIONS = 256
"""Of a connection."""
RUNS = 64
"""Under way at once, of a connection; and of a caller, those that go on without one."""
QUEUE_FRAMES, QUEUE_BYTES = 2048, 1024 * 1024
"""What waits for a connection that reads slowly."""
ALL_BYTES, FEW_BYTES = 256 * 1024 * 1024, 64 * 1024
"""What waits for all of them; from there on each may hold the fewer bytes."""
BATCH_BYTES = 64 * 1024
"""Of frames in one message, for who asked for batches."""
KEPT_EVENTS, KEPT_BYTES = 1024, 2 * 1024 * 1024
"""Events that are in no record, kept for those who come back."""
AUTH_SECONDS = 10.0
"""Until the first message has said whose the connection is."""
TELL_SECONDS = 10.0
"""For the last word to a connection that is closed; then it is cut."""
STALLED = 30.0
"""Without a byte taken."""
QUIET = 25.0
"""Without a frame sent, after which a ping is: scripts in browsers do not see WebSocket's own."""
IDLE = 120.0
"""Without a message, a subscription or a run."""
RECHECK = 60.0
"""Between two looks whether the caller is still known."""
SWEEP = 1.0
PING_SECONDS = 20.0
