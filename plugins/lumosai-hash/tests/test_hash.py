"""The plugin in its sandbox: vectors of the standards, and Python's hashlib for everything else."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lumosai_sdk import ToolContext, ToolError
from lumosai_sdk.testing.conformance.tool import ToolConformance
from lumosai_sdk.testing.runtimes import LoadedPlugin

ALGORITHMS = ["sha256", "sha512", "sha1", "md5", "blake2s", "crc32"]
CONTEXT = ToolContext(run_id="run", agent="agent", call_id="call")


class TestDigest(ToolConformance):
    @pytest.fixture
    def tool(self, lumos_plugin: LoadedPlugin) -> Any:
        return lumos_plugin.tool("hash.digest")

    @pytest.fixture
    def valid_arguments(self) -> Mapping[str, Any]:
        return {"text": "abc"}

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        return [
            {"text": "abc", "encoding": "hex"},
            {"text": "a===", "encoding": "base64"},
            {"text": "a\x00", "output": "?"},
        ]


class TestVerify(ToolConformance):
    @pytest.fixture
    def tool(self, lumos_plugin: LoadedPlugin) -> Any:
        return lumos_plugin.tool("hash.verify")

    @pytest.fixture
    def valid_arguments(self) -> Mapping[str, Any]:
        return {"text": "", "digest": "d41d8cd98f00b204e9800998ecf8427e"}

    @pytest.fixture
    def refused_arguments(self) -> Sequence[Mapping[str, Any]]:
        return [{"text": "", "digest": ""}, {"text": "", "digest": "xyz"}, {"text": "", "digest": "0" * 9999}]


# FIPS 180-4's examples (SHA), RFC 1321 A.5 (MD5), RFC 7693 appendix B (BLAKE2s), the check value of CRC-32.
VECTORS = [
    ("sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
        "sha256",
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    ),
    (
        "sha512",
        "abc",
        (
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
    ),
    ("sha1", "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    ("md5", "message digest", "f96b697d7cb7938d525a2f31aaf161d0"),
    ("blake2s", "abc", "508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982"),
    ("crc32", "123456789", "cbf43926"),
]


@pytest.mark.parametrize(("algorithm", "text", "digest"), VECTORS)
async def test_the_standards_vectors(lumos_plugin: LoadedPlugin, algorithm: str, text: str, digest: str) -> None:
    asked = {"text": text, "algorithm": algorithm}
    found = await lumos_plugin.call("hash.digest", asked)
    assert found == {"algorithm": algorithm, "digest": digest, "bytes": len(text)}
    told = await lumos_plugin.call("hash.verify", {**asked, "digest": digest.upper()})
    assert told == {"matches": True, "algorithm": algorithm}


def reference(algorithm: str, data: bytes) -> bytes:
    if algorithm == "crc32":
        return zlib.crc32(data).to_bytes(4, "big")
    return hashlib.new(algorithm, data, usedforsecurity=False).digest()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=300), algorithm=st.sampled_from(ALGORITHMS))
async def test_any_bytes_as_hashlib_has_them(lumos_plugin: LoadedPlugin, data: bytes, algorithm: str) -> None:
    wanted = reference(algorithm, data)
    tool = lumos_plugin.tool("hash.digest")
    by_hex = await tool.call({"text": data.hex(), "encoding": "hex", "algorithm": algorithm}, CONTEXT)
    assert by_hex == {"algorithm": algorithm, "digest": wanted.hex(), "bytes": len(data)}
    packed = {"text": base64.b64encode(data).decode(), "encoding": "base64", "algorithm": algorithm, "output": "base64"}
    assert (await tool.call(packed, CONTEXT))["digest"] == base64.b64encode(wanted).decode()


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=300))
async def test_any_text_is_digested_as_utf_8(lumos_plugin: LoadedPlugin, text: str) -> None:
    found = await lumos_plugin.tool("hash.digest").call({"text": text}, CONTEXT)
    assert found["digest"] == hashlib.sha256(text.encode()).hexdigest()


async def test_no_length_of_the_last_block_is_special(lumos_plugin: LoadedPlugin) -> None:
    tool = lumos_plugin.tool("hash.digest")
    for size in (0, 1, *range(54, 66), *range(110, 130), 255, 256, 20_000):
        for algorithm in ALGORITHMS:
            found = await tool.call({"text": "a" * size, "algorithm": algorithm}, CONTEXT)
            assert found["digest"] == reference(algorithm, b"a" * size).hex(), (algorithm, size)


async def test_another_text_does_not_match(lumos_plugin: LoadedPlugin) -> None:
    digest = hashlib.sha256(b"abd").hexdigest()
    assert await lumos_plugin.call("hash.verify", {"text": "abc", "digest": digest}) == {
        "matches": False,
        "algorithm": "sha256",
    }
    named = {"text": "abd", "digest": digest, "algorithm": "blake2s"}
    assert (await lumos_plugin.call("hash.verify", named))["matches"] is False


async def test_what_is_malformed_is_said(lumos_plugin: LoadedPlugin) -> None:
    tool = lumos_plugin.tool("hash.digest")
    with pytest.raises(ToolError, match="two digits"):
        await tool.call({"text": "abc", "encoding": "hex"}, CONTEXT)
    for text in ("A", "AB=C", "AB==CD==", "AA=", "AB==", "AAE=A", "ä==="):
        with pytest.raises(ToolError, match="no base64"):
            await tool.call({"text": text, "encoding": "base64"}, CONTEXT)
    with pytest.raises(ToolError, match="must be sha256"):
        await tool.call({"text": "", "algorithm": "sha3"}, CONTEXT)
    with pytest.raises(ToolError, match="no algorithm here"):
        await lumos_plugin.tool("hash.verify").call({"text": "", "digest": "00"}, CONTEXT)
