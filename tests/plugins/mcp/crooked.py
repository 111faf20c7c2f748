"""An MCP server in a few lines of the standard library, which does what a test wants of it, good or bad.

It reads ``behave.json`` in its home folder anew each time it is asked what it offers.
"""

# ruff: noqa: BLE001, C901, PLR0911, PLR0912, PTH109 - one table of all it can do
from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

OBJECT = {"type": "object", "properties": {}}


def behave() -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads((Path(os.environ["HOME"]) / "behave.json").read_text())
    except FileNotFoundError:
        return {}
    return said


def send(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def ask(method: str, params: dict[str, Any]) -> dict[str, Any]:
    """Ask the client something and return its answer."""
    send({"id": "asked", "method": method, "params": params})
    for line in sys.stdin:
        message: dict[str, Any] = json.loads(line)
        if message.get("id") == "asked" and "method" not in message:
            return message
    raise SystemExit


def tools() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] | None = behave().get("tools")
    if found is not None:
        return found
    about = behave().get("description", "Say something back.")
    text = {"type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}
    names = ("env", "pid", "read", "slow", "die", "huge", "flood", "form", "link", "sample", "steps", "spawn", "fail")
    return [
        {"name": "echo", "description": about, "inputSchema": text},
        *({"name": n, "description": n, "inputSchema": {"type": "object"}} for n in names),
    ]


def text(value: Any) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": value if isinstance(value, str) else json.dumps(value)}]}


def call(name: str, given: dict[str, Any], meta: dict[str, Any]) -> dict[str, Any]:
    if name == "echo":
        return text(given["text"])
    if name == "env":
        return text(dict(os.environ))
    if name == "pid":
        return text([os.getpid(), os.getpgid(0), os.getcwd()])
    if name == "read":
        return text(Path(given["path"]).read_text()[:100])
    if name == "slow":
        time.sleep(float(given.get("seconds", 30)))
        return text("at last")
    if name == "die":
        os.kill(os.getpid(), 9)
    if name == "huge":
        return text("x" * int(given["size"]))
    if name == "flood":
        while True:
            sys.stdout.write("x" * 65536)
    if name == "form":
        params = {"message": "Which seat?", "requestedSchema": given["schema"]}
        return text(ask("elicitation/create", params).get("result", "refused"))
    if name == "link":
        params = {"mode": "url", "message": "Pay", "url": "https://pay.example/1", "elicitationId": "1"}
        return text(ask("elicitation/create", params).get("result", "refused"))
    if name == "sample":
        params = {"messages": [{"role": "user", "content": {"type": "text", "text": "hi"}}], "maxTokens": 99999}
        said = ask("sampling/createMessage", params)
        return text(said.get("result", {}).get("content", {}).get("text") or said.get("error", {}).get("message"))
    if name == "steps":
        token = meta.get("progressToken")
        send({"method": "notifications/progress", "params": {"progressToken": token, "progress": 1, "total": 2}})
        return text("done")
    if name == "spawn":
        if (pid := os.fork()) == 0:
            time.sleep(60)
        return text(pid)
    return {**text("it did not work"), "isError": True}


def answer(message: dict[str, Any]) -> dict[str, Any]:
    method, params = message["method"], message.get("params", {})
    if method == "initialize":
        capabilities: dict[str, Any] = {"tools": {}, "resources": {}, "prompts": {}}
        if behave().get("bare"):
            capabilities = {"tools": {}}
        info = {"name": "crooked", "version": "1"}
        return {"protocolVersion": "2025-11-25", "capabilities": capabilities, "serverInfo": info}
    if method == "tools/list":
        return {"tools": tools()}
    if method == "tools/call":
        return call(params["name"], params.get("arguments") or {}, params.get("_meta") or {})
    if method == "resources/list":
        return {"resources": [{"uri": "note://one", "name": "one"}]}
    if method == "resources/templates/list":
        return {"resourceTemplates": []}
    if method == "resources/read":
        return {"contents": [{"uri": params["uri"], "text": "a note"}]}
    if method == "prompts/list":
        return {"prompts": [{"name": "greet", "arguments": [{"name": "who"}]}]}
    if method == "prompts/get":
        content = {"type": "text", "text": f"Greet {params['arguments']['who']}"}
        return {"messages": [{"role": "user", "content": content}]}
    raise KeyError(method)


def main() -> None:
    if os.environ.get("NEVER_STARTS"):
        time.sleep(60)
    for line in sys.stdin:
        message = json.loads(line)
        if "id" not in message:
            continue
        try:
            send({"id": message["id"], "result": answer(message)})
        except Exception as e:
            send({"id": message["id"], "error": {"code": -32601, "message": f"{type(e).__name__}: {e}"}})
        if message["method"] == "tools/call" and behave().get("tell"):
            send({"method": "notifications/tools/list_changed"})


main()
