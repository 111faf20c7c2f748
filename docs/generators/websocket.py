"""The WebSocket, from its AsyncAPI document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from generators.http import HEAD
from generators.json_schema import rows
from generators.markdown import block, code, page, prose, table

INTRO = """
`lumos up` serves a WebSocket at `/v1/ws`: one connection starts and follows many runs, and hears of what happens on the
host. [`asyncapi.json`](asyncapi.json) is the same for programs. A message is a JSON object with a `type`; with
`/v1/ws?batch=true` what the service sends is an array of such objects, as many as wait.
"""
OPENING = """
The request that opens a connection passes the same guards as [every other](http.md): who may call, from which pages,
how often. What is refused is answered with a problem (RFC 9457) instead of the connection, or, once it is open, in a
`problem` frame. A page of another origin than the service's own is refused, unless `[server.cors]` names it.

Where callers must be known, bring the token as a header (`Authorization: Bearer …`) or, from a browser, as a
subprotocol:

```js
const token = btoa(key).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const socket = new WebSocket("wss://lumos.example/v1/ws", ["lumos.v1", `lumos.bearer.${{token}}`]);
```

or as the first message, `auth`, within {seconds:g} seconds; connections that bring it so count against the limits for
their address as long as they are open. Whether the caller is still known, and the same, is looked at every
{recheck:g} seconds.
"""
TOPICS = """
| topic | what comes | needs |
|---|---|---|
| `run.<id>` | the [events](events.md) of a run, recorded ones first | `run.read`, and the run must be the caller's |
| `runs` | when the caller's runs start, wait, go on and end; with the scope `*`, everybody's | `run.read` |
| `plugin.*`, `plugin.<name>` | events of plugins, of one | `plugin.manage` |
| `system.*` | events of the host | `plugin.manage` |

The last three tell of all processes that share the data folder, whichever the connection is with. `subscribed` comes
once those know that somebody listens. Where one of them died, or was out of reach, `gap` tells that something of it may
be missing. What is kept for those who come back is kept by the process that the connection was with: over another the
answer to `after` is a `gap`.
"""
RESUMING = """
Each `event` has an `id`. Subscribe with the last one as `after`, and nothing in between is missed or comes twice: of
a run the record is read (pieces of text, `model.delta`, are not in it; `model.completed` has all of the text), of the
other topics up to {kept} events are kept in memory. What is not to be had any more, such as from before a restart, is
told by `gap`.

A server-sent stream goes on in the same way: `GET /v1/runs/{{run_id}}/events` with `Last-Event-ID`.
"""
BOUNDS = """
A message has at most {message:,} bytes. {rate:g} messages a second are taken, {burst} at once; a connection follows at
most {subscriptions} topics and has at most {runs} runs under way. After {refusals} refused messages it is closed.

What waits for a connection is bounded, {queue:,} frames or {queue_bytes:,} bytes. Who reads more slowly is sent
`overflow` with the ids to go on from, then closed; who does not take that within {tell:g} seconds is cut off.

The service pings every {ping:g} seconds (RFC 6455) and cuts who does not answer for as long; where nothing else was
sent for {quiet:g} seconds it sends a `ping` frame, which scripts can see. A connection that follows nothing, runs
nothing and says nothing for {idle:g} seconds is closed. A run ends with its connection unless it was started with
`keep`.
"""


def pages() -> dict[str, str]:
    """Return the page and the document."""
    from lumosai.gateway.asyncapi import document

    found: dict[str, Any] = json.loads(json.dumps(document()))
    return {
        "websocket.md": page("WebSocket", INTRO, *_rules(), *_frames(found), *_closes(found)),
        "asyncapi.json": json.dumps(found, indent=2, ensure_ascii=False) + "\n",
    }


def _rules() -> Iterator[str]:
    from lumosai.gateway.ws import bounds as b

    yield "## Opening"
    yield OPENING.format(seconds=b.AUTH_SECONDS, recheck=b.RECHECK)
    yield "## Topics"
    yield TOPICS
    yield "## Coming back"
    yield RESUMING.format(kept=b.KEPT_EVENTS)
    yield "## Bounds"
    yield BOUNDS.format(
        message=b.MESSAGE_BYTES,
        rate=b.RATE,
        burst=b.BURST,
        subscriptions=b.SUBSCRIPTIONS,
        runs=b.RUNS,
        refusals=b.REFUSALS,
        queue=b.QUEUE_FRAMES,
        queue_bytes=b.QUEUE_BYTES,
        tell=b.TELL_SECONDS,
        ping=b.PING_SECONDS,
        quiet=b.QUIET,
        idle=b.IDLE,
    )


def _frames(found: dict[str, Any]) -> Iterator[str]:
    for operation in found["operations"].values():
        yield f"## {operation['summary'].removesuffix('.')}"
        for reference in operation["messages"]:
            message = found["components"]["messages"][reference["$ref"].rpartition("/")[2]]
            yield from _message(found, message)


def _message(found: dict[str, Any], message: dict[str, Any]) -> Iterator[str]:
    yield f"### {message['name']}"
    action = message.get("x-lumos-action", "")
    needs = " or ".join(code(a) for a in action.split(", or ")) if action else ""
    yield prose(message["summary"]) + (f" Needs {needs}." if needs else "")
    schema = found["components"]["schemas"][message["payload"]["$ref"].rpartition("/")[2]]
    fields = {name: field for name, field in schema["properties"].items() if name != "type"}
    if fields:
        yield table(HEAD, rows({**schema, "properties": fields}))
    yield block("json", json.dumps(message["examples"][0]["payload"], ensure_ascii=False))


def _closes(found: dict[str, Any]) -> Iterator[str]:
    yield "## Close codes"
    yield table(("code", "why"), found["x-close-codes"].items())
