"""The small pages of signing in: plain HTML, which has no scripts and works without its styles."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from fastapi.responses import HTMLResponse

from lumosai_marketplace.service.web.assets import address

if TYPE_CHECKING:
    from lumosai_marketplace.service.db.logins import DeviceLogin

_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def sign_in(title: str, user_code: str, wrong: str = "", status: int = 200) -> HTMLResponse:
    """Ask for name and password."""
    return _page(
        title,
        "Sign in",
        f"""{_alert(wrong)}<form method="post" action="/login">
<input type="hidden" name="user_code" value="{escape(user_code[:16])}">
<p><label for="subject">E-mail address</label><br>
<input id="subject" name="subject" type="email" autocomplete="username" required maxlength="320" autofocus></p>
<p><label for="password">Password</label><br>
<input id="password" name="password" type="password" autocomplete="current-password" required maxlength="1024"></p>
<p><button type="submit">Sign in</button></p>
</form>""",
        status,
    )


def enter_code(title: str, subject: str, wrong: str = "", status: int = 200) -> HTMLResponse:
    """Ask for the code that the device shows."""
    return _page(
        title,
        "Connect a device",
        f"""{_alert(wrong)}<p>Signed in as {escape(subject)}.</p>
<form method="get" action="/login/device">
<p><label for="user_code">The code that your terminal shows</label><br>
<input id="user_code" name="user_code" required maxlength="16" autocomplete="off" autofocus></p>
<p><button type="submit">Continue</button></p>
</form>{_SIGN_OUT}""",
        status,
    )


def approve(title: str, subject: str, login: DeviceLogin) -> HTMLResponse:
    """Ask whether the device may sign in, with what can be said of it."""
    code = f"{login.user_code[:4]}-{login.user_code[4:]}"
    return _page(
        title,
        "Let this device in?",
        f"""<p>Signed in as {escape(subject)}.</p>
<p>A program that calls itself <strong>{escape(login.client)}</strong>, at the address
<strong>{escape(login.network)}</strong>, wants to publish and sign plugins in your name for 12 hours.</p>
<p>Go on only if you have just started it yourself, and it shows the code <strong>{escape(code)}</strong>.
Nobody else has a reason to ask you for this.</p>
<form method="post" action="/login/device">
<input type="hidden" name="user_code" value="{escape(code)}">
<p><button type="submit" name="decision" value="approve">Let it in</button>
<button type="submit" name="decision" value="deny">Refuse</button></p>
</form>{_SIGN_OUT}""",
    )


def decided(title: str, *, approved: bool) -> HTMLResponse:
    """Tell how it ended."""
    said = "The device is signed in. You can close this page." if approved else "The device was refused."
    return _page(title, "Done", f'<p role="status">{said}</p>')


_SIGN_OUT = '\n<form method="post" action="/logout"><p><button type="submit">Sign out</button></p></form>'


def _alert(text: str) -> str:
    return f'<p role="alert">{escape(text)}</p>\n' if text else ""


def _page(title: str, heading: str, body: str, status: int = 200) -> HTMLResponse:
    text = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(heading)} · {escape(title)}</title>
<link rel="icon" href="{address("icon.svg")}" type="image/svg+xml">
<link rel="stylesheet" href="{address("style.css")}">
<link rel="stylesheet" href="{address("account.css")}">
</head>
<body>
<main class="account">
<a class="title" href="/">{escape(title)}</a>
<div class="card">
<h1>{escape(heading)}</h1>
{body}
</div>
</main>
</body>
</html>
"""
    headers = {"content-security-policy": _POLICY, "cache-control": "no-store"}
    return HTMLResponse(text, status, headers)
