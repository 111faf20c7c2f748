"""What goes wrong when people sign, in words, with the command that helps. Never with the token in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from lumosai_marketplace.trust import tls
from lumosai_sdk.errors import LumosError

if TYPE_CHECKING:
    import requests

LOGIN = "lumos plugin login"
_PERMISSION = (
    "GitHub: permissions: {{ id-token: write }} in the workflow's job (a pull request from a fork never has it);"
    " GitLab: id_tokens: {{ {variable}_ID_TOKEN: {{ aud: {audience} }} }} in the job"
)
_MAX_SAID = 300


class SigningError(LumosError):
    """A statement could not be signed."""

    code = "signing"
    status = 502


@contextmanager
def told(token: str, audience: str) -> Iterator[None]:
    """Turn what sigstore raises while it signs into SigningError."""
    try:
        yield
    except LumosError:
        raise
    except Exception as e:  # noqa: BLE001 - sigstore's errors have no common root, and requests' come through as well
        raise _named(e, token, audience) from None


def no_permission(error: Exception, audience: str) -> SigningError:
    """Return the error for a CI job that may not ask for a token, or has none for *audience*."""
    hint = _PERMISSION.format(variable=re.sub(r"[^A-Z0-9]", "_", audience.upper()), audience=audience)
    return SigningError(f"the job has no identity token for {audience}: {_line(error)}", hint=hint)


def _named(error: Exception, token: str, audience: str) -> SigningError:
    import requests
    from sigstore.errors import VerificationError
    from sigstore.oidc import ExpiredIdentity, IdentityError

    if isinstance(error, IdentityError | ExpiredIdentity):
        return _token_error(error, audience)
    if (response := _response(error)) is not None:
        return _answered(response, token, audience)
    if isinstance(error, requests.RequestException):
        return _unreached(error)
    if isinstance(error, VerificationError):
        return SigningError(
            f"the certificate that came is not of the instance whose keys are trusted here: {_line(error)}",
            hint="ask it anew whom to trust: lumos plugin audit",
        )
    return SigningError(
        f"signing failed, at an answer that is not sigstore's: {type(error).__name__}: {_without(_line(error), token)}",
        hint="look whether the signing configuration names the right instance: lumos trust index URL",
    )


def _token_error(error: Exception, audience: str) -> SigningError:
    cause = str(error.__cause__ or error).lower()
    if "audience" in cause:
        why = f"it is for another service: its audience is not {audience}"
        return SigningError(f"the identity token cannot be used: {why}", hint=_other(audience))
    if any(w in cause for w in ("expired", "validity", "yet valid")) or type(error).__name__ == "ExpiredIdentity":
        why = "it holds for a few minutes, and not now: it has expired, or this machine's clock is wrong"
    else:
        why = "it is malformed, or lacks a claim"
    return SigningError(f"the identity token cannot be used: {why}", hint=LOGIN)


def _other(audience: str) -> str:
    return f"{LOGIN}; in CI, let the step that gets the token ask for the audience {audience}"


def _answered(response: requests.Response, token: str, audience: str) -> SigningError:
    where = _host(response.url)
    said = _without(_said(response), token)
    if response.is_redirect:
        return SigningError(f"{where} sends elsewhere, and is not followed: a token is not handed on", hint=LOGIN)
    if response.status_code in {400, 401, 403}:
        return SigningError(
            f"{where} does not take the identity ({response.status_code}{said}): the token is of an issuer that it"
            f" does not trust, has expired, says too little, or {audience} is no audience of its",
            hint=LOGIN,
        )
    if response.status_code == 429:  # noqa: PLR2004
        return SigningError(f"{where} has had too many requests{said}", hint="try again in a minute")
    return SigningError(
        f"{where} answers {response.status_code}{said}",
        hint="try again; if it stays so, whoever runs the instance finds more in its log",
    )


def _unreached(error: requests.RequestException) -> SigningError:
    import requests

    where = _host(str(error.request.url)) if error.request is not None else "the instance"
    if isinstance(error, requests.exceptions.SSLError):
        return SigningError(
            f"{where} shows a certificate that this machine does not trust",
            hint=f"give your CA by {tls.VARIABLE}",
        )
    how = "does not answer in time" if isinstance(error, requests.Timeout) else "cannot be reached"
    return SigningError(f"{where} {how}", hint="look at the network, and at a proxy (HTTPS_PROXY); then try again")


def _response(error: BaseException | None) -> requests.Response | None:
    """Return the HTTP answer that an error, or what it came from, is about."""
    for _ in range(5):
        if error is None:
            return None
        found = getattr(error, "response", None)
        if found is not None:
            return found  # type: ignore[no-any-return]
        error = error.__cause__ or error.__context__
    return None


def _said(response: requests.Response) -> str:
    """Return what a problem document, or Fulcio, gives as its reason."""
    try:
        body = response.json()
        text = body.get("detail") or body.get("message") or ""
    except (ValueError, AttributeError, RecursionError):
        text = ""
    return f": {' '.join(str(text).split())[:_MAX_SAID]}" if text else ""


def _host(url: str | None) -> str:
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:_MAX_SAID]


def _without(text: str, token: str) -> str:
    return text.replace(token, "(the token)") if token else text
