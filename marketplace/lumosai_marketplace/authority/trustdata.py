"""What clients are given: sigstore's TrustedRoot, SigningConfig and ClientTrustConfig (protobuf-specs, as JSON)."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from lumosai_marketplace.authority.state import Generation, Part, State, time_text

TRUSTED_ROOT = "application/vnd.dev.sigstore.trustedroot+json;version=0.1"
SIGNING_CONFIG = "application/vnd.dev.sigstore.signingconfig.v0.2+json"
CLIENT_TRUST_CONFIG = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
PREFIX = "/sigstore"
_ECDSA = "PKIX_ECDSA_P256_SHA_256"


def trusted_root(state: State) -> dict[str, Any]:
    """Return the TrustedRoot: all generations, each with its span."""
    base = state.url + PREFIX
    return {
        "mediaType": TRUSTED_ROOT,
        "tlogs": [_log(g, base) for g in _trusted(state, "log")],
        "certificateAuthorities": [_authority(g, base, state) for g in _trusted(state, "ca")],
        "ctlogs": [_log(g, f"{base}/ct") for g in _trusted(state, "ct")],
        "timestampAuthorities": [_authority(g, f"{base}/api/v1/timestamp", state) for g in _trusted(state, "tsa")],
    }


def signing_config(state: State) -> dict[str, Any]:
    """Return the SigningConfig: where to sign, all of it at this service."""
    base = state.url + PREFIX
    start = time_text(state.of("root")[0].start)

    def service(url: str) -> list[dict[str, Any]]:
        return [{"url": url, "majorApiVersion": 1, "operator": state.organization, "validFor": {"start": start}}]

    return {
        "mediaType": SIGNING_CONFIG,
        "caUrls": service(base),
        "oidcUrls": service(f"{base}/oauth2"),
        "rekorTlogUrls": service(base),
        "rekorTlogConfig": {"selector": "ANY"},
        "tsaUrls": service(f"{base}/api/v1/timestamp"),
        "tsaConfig": {"selector": "ANY"},
    }


def client_trust_config(state: State) -> dict[str, Any]:
    """Return both in one."""
    return {
        "mediaType": CLIENT_TRUST_CONFIG,
        "trustedRoot": trusted_root(state),
        "signingConfig": signing_config(state),
    }


def _trusted(state: State, part: Part) -> list[Generation]:
    return [g for g in state.of(part) if g.trusted]


def _log(generation: Generation, url: str) -> dict[str, Any]:
    key = {"rawBytes": _b64(generation.public), "keyDetails": _ECDSA, "validFor": generation.valid_for()}
    return {
        "baseUrl": url,
        "hashAlgorithm": "SHA2_256",
        "publicKey": key,
        "logId": {"keyId": _b64(generation.key_id)},
    }


def _authority(generation: Generation, url: str, state: State) -> dict[str, Any]:
    return {
        "subject": {"organization": state.organization, "commonName": generation.key},
        "uri": url,
        "certChain": {"certificates": [{"rawBytes": _b64(c)} for c in generation.certificates]},
        "validFor": generation.valid_for(),
    }


def _b64(data: bytes) -> str:
    return b64encode(data).decode()
