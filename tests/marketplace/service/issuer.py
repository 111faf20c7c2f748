"""An issuer of workflows' identity tokens, on this machine."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm


class Issuer:
    """Signs what it is told to."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.url = ""

    def jwks(self) -> bytes:
        public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        return json.dumps({"keys": [{**public, "kid": "k", "alg": "RS256", "use": "sig"}]}).encode()

    def token(self, audience: str, **changes: Any) -> str:
        """Return a token as GitHub makes them for a workflow, with *changes*."""
        now = int(time.time())
        workflow = "acme/weather/.github/workflows/release.yml@refs/tags/v1.0.0"
        claims = {
            "iss": self.url,
            "sub": "repo:acme/weather:ref:refs/tags/v1.0.0",
            "aud": audience,
            "iat": now,
            "nbf": now,
            "exp": now + 300,
            "jti": uuid4().hex,
            "repository": "acme/weather",
            "repository_id": "123",
            "repository_owner": "acme",
            "repository_owner_id": "45",
            "ref": "refs/tags/v1.0.0",
            "sha": "a" * 40,
            "workflow_ref": workflow,
            "workflow_sha": "a" * 40,
            "job_workflow_ref": workflow,
            "job_workflow_sha": "a" * 40,
            "event_name": "push",
            "run_id": "9",
            "run_attempt": "1",
            "runner_environment": "github-hosted",
            "repository_visibility": "public",
        }
        return jwt.encode({**claims, **changes}, self.key, "RS256", headers={"kid": "k"})


@contextmanager
def issuing() -> Iterator[Issuer]:
    """Serve the issuer's keys."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = issuer.jwks()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
