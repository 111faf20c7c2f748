"""Somebody with a browser, who signs in to an index and lets a device in when a command asks for that."""

from __future__ import annotations

import re
from http.cookiejar import CookieJar
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

from harness.terminal import React

PERSON = {"subject": "ada@example.org", "password": "correct horse battery staple"}
_ASKED = re.compile(r"or open (http\S+/login/device\?user_code=(\S+))")


def approving() -> React:
    """Return somebody who opens the address that a command tells, and approves, once."""
    done: list[str] = []

    def react(seen: str) -> bytes:
        if not done and (asked := _ASKED.search(seen)):
            done.append(asked[2])
            _approve(asked[1], asked[2])
        return b""

    return react


def _approve(page: str, code: str) -> None:
    parts = urlsplit(page)
    origin = f"{parts.scheme}://{parts.netloc}"
    opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(CookieJar()))
    for path, form in (("/login", PERSON), ("/login/device", {"decision": "approve"})):
        body = urlencode({**form, "user_code": code}).encode()
        opener.open(Request(origin + path, body, {"Origin": origin}), timeout=20).close()
