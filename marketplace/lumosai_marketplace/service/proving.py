"""Proofs that a namespace is somebody's: a DNS record of a domain, or a file in a repository, of the same name."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from lumosai_marketplace.fetching import fetch
from lumosai_marketplace.service import dnstxt
from lumosai_sdk.errors import InputError, LumosError, PermissionDeniedError

if TYPE_CHECKING:
    from lumosai_marketplace.service.db.models import Namespace
    from lumosai_marketplace.service.state import Service

Prover = Callable[["Service", str], Awaitable[list[str]]]
"""Given a target (a domain, a repository), returns the texts that are found there. Raises OSError, ValueError."""

# Two labels: acme.evil.com belongs to whoever has evil.com, and says nothing of acme.
_DOMAIN = re.compile(r"(?P<first>[a-z0-9-]{1,63})\.[a-z0-9-]{2,63}", re.ASCII)
_REPOSITORY = re.compile(r"(?P<owner>[A-Za-z0-9_-]{1,64})/(?P<repository>[A-Za-z0-9_-][A-Za-z0-9_.-]{0,99})", re.ASCII)
_MOST = 4096
RECORD = "_lumos."


class ProofError(LumosError):
    """The proof is not there."""

    code = "no_proof"
    status = 409


def explained(service: Service, namespace: Namespace) -> list[str]:
    """Return what would be a proof, in words."""
    name = namespace.name
    return [
        f"dns: the TXT record {namespace.challenge!r} of {RECORD}DOMAIN, where DOMAIN begins with {name}",
        *(
            f"{host}: the line {namespace.challenge!r} in the file {url.rpartition('/')[2]} of a repository of {name}"
            for host, url in service.settings.proof.hosts.items()
        ),
    ]


async def prove(service: Service, namespace: Namespace, method: str, target: str) -> str:
    """Look for the proof, and return what is kept of it (``dns:acme.com``).

    Raises InputError for a target that proves nothing of this namespace, ProofError when nothing is there.
    """
    prover = provers(service).get(method)
    if prover is None:
        raise InputError(f"there is no proof by {method!r}; there are: {', '.join(provers(service))}")
    _check_target(namespace.name, method, target)
    try:
        found = await prover(service, target)
    except (OSError, ValueError, TimeoutError) as e:
        raise ProofError(f"{target} cannot be asked: {type(e).__name__}") from None
    if namespace.challenge not in found:
        raise ProofError(
            f"{target} does not say {namespace.challenge!r}", hint="; ".join(explained(service, namespace))
        )
    return f"{method}:{target}"


def provers(service: Service) -> Mapping[str, Prover]:
    """Return the ways there are: DNS, each host of repositories, and what ``shared["provers"]`` adds."""
    hosts: dict[str, Prover] = {h: partial(_repository, url) for h, url in service.settings.proof.hosts.items()}
    extra: Mapping[str, Prover] = service.shared.get("provers", {})
    return {"dns": _dns, **hosts, **extra}


def _check_target(name: str, method: str, target: str) -> None:
    """Refuse to take ``evil.com`` for a proof of ``acme``: the domain's or owner's own name has to be the namespace."""
    pattern = _DOMAIN if method == "dns" else _REPOSITORY
    found = pattern.fullmatch(target.lower() if method == "dns" else target)
    if found is None:
        raise InputError(f"{target[:80]!r} is no {'domain' if method == 'dns' else 'OWNER/REPOSITORY'}")
    if found[1].lower() != name:  # to the letter: ac-me is another than acme
        raise PermissionDeniedError(f"{target} proves nothing of {name}: it would have to be {name}'s own")


async def _dns(service: Service, domain: str) -> list[str]:
    return await dnstxt.query(f"{RECORD}{domain}", service.settings.proof.resolver)


async def _repository(template: str, _service: Service, target: str) -> list[str]:
    """Read the file of a repository. Owner and repository are plain names: they change no more than the path."""
    owner, _, repository = target.partition("/")
    url = template.replace("{owner}", owner).replace("{repository}", repository)
    try:
        text = await fetch(url, _MOST)
    except ValueError as e:
        raise ProofError(f"{target}: {e}") from None
    return [line.strip() for line in text.decode(errors="replace").splitlines()]
