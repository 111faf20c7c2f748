"""How much siblings may take of each other, of memory and time."""

from __future__ import annotations

FRAME_BYTES = 4 * 1024 * 1024
"""Of one frame; what a longer one begins with is not read further."""
PART_BYTES = 256 * 1024
"""Of events in one frame; and of recorded events in one answer."""
BEHIND_BYTES = 8 * 1024 * 1024
"""What waits for a sibling that does not read, before the connection to it is dropped."""
SIBLINGS = 64
"""Connections that are taken; and siblings that are looked for."""
AT_ONCE = 256
"""Questions of one connection that are being answered."""
HELLO_SECONDS = 2.0
"""Until a connection is there and both have said who they are."""
ANSWER_SECONDS = 5.0
"""For an answer that needs no work."""
WORK_SECONDS = 60.0
"""For one that does, such as a plugin being loaded."""
PING_SECONDS = 5.0
"""Between two looks whether a sibling whose events are waited for still answers."""
SHUN_SECONDS = 5.0
"""In which a sibling that did not answer is not tried again."""
SCAN_SECONDS = 1.0
"""Between two looks for new siblings, while something is wanted of all."""
SWEEP_SECONDS = 5.0
"""Between two looks for siblings that have died."""
DYING_SECONDS = 0.2
"""Between the end of a connection and the end of the process that had it, where that is why it ended."""
FLUSH_SECONDS = 0.01
"""How long an event of a broadcast topic waits for others that go in the same frame."""
LINGER_SECONDS = 60.0
"""How long the events of broadcast topics are kept, and wanted of siblings, when nobody follows them any more."""
LOOK_SECONDS = 1.0
"""How often one who follows a run and hears nothing looks whether it still would."""
