"""A tool server as MCP's stdio transport has them: one JSON-RPC 2.0 message a line, in and out."""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Answer until the input ends."""
    for line in sys.stdin.buffer:
        request = json.loads(line)
        given = request["params"]["arguments"]
        result = {"greeting": f"hello {given['name']}", "sum": given["n"] + 1}
        answer = {"jsonrpc": "2.0", "id": request["id"], "result": result}
        sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
