# ruff: noqa: PLR2004
from __future__ import annotations

import time
from base64 import b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from lumosai_marketplace.authority.keys import LogSigner
from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.log import note
from lumosai_marketplace.log.note import Checkpoint, LogKey, is_origin, keys_of, origin_of
from lumosai_marketplace.log.verify import open_checkpoint
from lumosai_sdk.errors import InputError

HOST = "plugins.example.org"
ROOT = bytes(range(32))
ROOT64 = b64encode(ROOT).decode()


def signed(signer: LogSigner, origin: str = HOST) -> str:
    return note.sign(Checkpoint(origin, 7, ROOT), signer)


def test_a_checkpoint_is_written_as_the_specification_has_it(signer: LogSigner, key: LogKey) -> None:
    text = signed(signer)
    body, _, tail = text.partition("\n\n")
    assert body == f"{HOST}\n7\n{ROOT64}"
    assert tail.startswith(f"— {HOST} ")
    assert tail.endswith("\n")
    found = open_checkpoint(text, [key], HOST)
    assert (found.origin, found.size, found.root, found.text) == (HOST, 7, ROOT, text)


def test_other_signatures_and_lines_of_other_logs_are_let_be(signer: LogSigner, key: LogKey) -> None:
    witness = f"— witness.example/x {b64encode(b'hint' + bytes(64)).decode()}\n"
    assert open_checkpoint(signed(signer) + witness, [key], HOST).size == 7
    rekor = note.sign(Checkpoint(f"{HOST} - 1193050959916656506", 7, ROOT, ("Timestamp: 1",)), signer)
    assert open_checkpoint(rekor, [key], HOST).extensions == ("Timestamp: 1",)


BAD = {
    "no signature": f"{HOST}\n7\n{ROOT64}\n",
    "an empty block": f"{HOST}\n7\n{ROOT64}\n\n",
    "no newline at the end": f"{HOST}\n7\n{ROOT64}\n\n— {HOST} AAAAAAAA",
    "two lines": f"{HOST}\n7\n\n— {HOST} AAAAAAAA\n",
    "no origin": f"\n7\n{ROOT64}\n\n— {HOST} AAAAAAAA\n",
    "a negative size": f"{HOST}\n-7\n{ROOT64}\n\n— {HOST} AAAAAAAA\n",
    "a size with a zero before it": f"{HOST}\n07\n{ROOT64}\n\n— {HOST} AAAAAAAA\n",
    "a size with a plus": f"{HOST}\n+7\n{ROOT64}\n\n— {HOST} AAAAAAAA\n",
    "a size in other digits": f"{HOST}\n\u0667\n{ROOT64}\n\n— {HOST} AAAAAAAA\n",
    "a size beyond all": f"{HOST}\n{10**19 - 1}\n{ROOT64}\n\n— {HOST} AAAAAAAA\n",
    "a short root": f"{HOST}\n7\nAAAA\n\n— {HOST} AAAAAAAA\n",
    "a root with spaces": f"{HOST}\n7\n {ROOT64}\n\n— {HOST} AAAAAAAA\n",
    "a root with bits to spare": f"{HOST}\n7\n{ROOT64[:-2]}9=\n\n— {HOST} AAAAAAAA\n",
    "a control character": f"{HOST}\r\n7\n{ROOT64}\n\n— {HOST} AAAAAAAA\n",
    "a hyphen for the dash": f"{HOST}\n7\n{ROOT64}\n\n- {HOST} AAAAAAAA\n",
    "a signature that is but a hint": f"{HOST}\n7\n{ROOT64}\n\n— {HOST} AAAAAA==\n",
    "17 signatures": f"{HOST}\n7\n{ROOT64}\n\n" + f"— {HOST} AAAAAAAA\n" * 17,
    "a megabyte": f"{HOST}\n7\n{ROOT64}\n" + "x\n" * 500_000 + f"\n— {HOST} AAAAAAAA\n",
    "nothing": "",
}


@pytest.mark.parametrize("name", BAD)
def test_anything_else_is_no_checkpoint(name: str, key: LogKey) -> None:
    with pytest.raises(RefusedError) as refused:
        open_checkpoint(BAD[name], [key], HOST)
    assert refused.value.rule == "log.checkpoint"


def test_every_letter_of_a_checkpoint_counts(signer: LogSigner, key: LogKey) -> None:
    text = signed(signer)
    name = text.index("—") + 2  # beside the signature, it says nothing
    for at in (i for i in range(len(text)) if not name <= i < name + len(HOST)):
        other = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :]
        with pytest.raises(RefusedError):
            open_checkpoint(other, [key], HOST)


@pytest.mark.parametrize(
    ("url", "origin"),
    [("https://Plugins.Example.org:8643/x", HOST), ("http://127.0.0.1:8643", "127.0.0.1"), (f"https://{HOST}", HOST)],
)
def test_the_origin_is_the_host_without_its_port(url: str, origin: str) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize("url", ["", "plugins.example.org", "https://", "https://a b/"])
def test_what_names_no_host_has_no_origin(url: str) -> None:
    with pytest.raises(InputError):
        origin_of(url)


def test_origins_are_compared_whole() -> None:
    assert is_origin(HOST, HOST)
    assert is_origin(f"{HOST} - 12", HOST)
    for other in (f"{HOST}.evil.example", f"x{HOST}", f"{HOST} - ", f"{HOST} - 1x", f"{HOST} -1", f"{HOST}:443", ""):
        assert not is_origin(other, HOST)


def entry(
    key: Any, details: str = "PKIX_ECDSA_P256_SHA_256", url: str = f"https://{HOST}/sigstore", **valid: str
) -> Any:
    der = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    public = {"rawBytes": b64encode(der).decode(), "keyDetails": details, "validFor": valid}
    return {"baseUrl": url, "publicKey": public}


def test_keys_are_those_of_the_host_that_are_in_force() -> None:
    p256 = [ec.generate_private_key(ec.SECP256R1()).public_key() for _ in range(5)]
    ed = ed25519.Ed25519PrivateKey.generate().public_key()
    past, to_come = "2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z"
    root = {
        "tlogs": [
            entry(p256[0], start=past),
            entry(p256[1], start=past, end=past),
            entry(p256[2], start=to_come),
            entry(p256[3], url="https://elsewhere.example"),
            entry(p256[4]),
            entry(ed, "PKIX_ED25519"),
        ]
    }
    found = [k.key_id for k in keys_of(root, HOST, time.time())]
    assert found == [LogKey.from_der(_der(k)).key_id for k in (p256[0], p256[4])]


@pytest.mark.parametrize("root", [{}, {"tlogs": [{}]}, {"tlogs": 3}, {"tlogs": [{"baseUrl": f"https://{HOST}"}]}, []])
def test_what_is_no_trusted_root_is_told(root: Any) -> None:
    with pytest.raises(InputError, match="no trusted_root"):
        keys_of(root, HOST, 0)


def test_keys_are_on_p_256() -> None:
    with pytest.raises(InputError, match="P-256"):
        LogKey.from_der(_der(ec.generate_private_key(ec.SECP384R1()).public_key()))
    with pytest.raises(InputError, match="P-256"):
        LogKey.from_der(_der(ed25519.Ed25519PrivateKey.generate().public_key()))
    with pytest.raises(InputError, match="DER"):
        LogKey.from_der(b"x")
    for text in ("", "-----BEGIN PUBLIC KEY-----\nA\n-----END PUBLIC KEY-----"):
        with pytest.raises(InputError, match="PEM"):
            LogKey.from_pem(text)


def test_a_key_is_read_from_pem(signer: LogSigner, key: LogKey) -> None:
    pem = signer.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    assert LogKey.from_pem(pem).key_id == key.key_id == signer.key_id


def _der(key: Any) -> bytes:
    found: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found
