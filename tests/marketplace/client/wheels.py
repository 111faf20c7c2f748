"""Honest wheels, of any name, version and permissions."""

from __future__ import annotations

import random

from tests.marketplace.wheels import making


def make(
    name: str = "acme_weather",
    version: str = "1.0.0",
    *,
    permissions: str = "",
    pad: int = 0,
    runtime: str = "wasm",
    readme: str = "",
) -> tuple[str, bytes]:
    """Return the name and the bytes of a wheel; *permissions* are lines of its manifest's table.

    *pad* bytes, which do not compress, go into the component.
    """
    plugin = name.split("_", 1)[1].replace("_", "-")
    info = f"{name}-{version}.dist-info"
    files = {
        f"{name}/__init__.py": b'"""A plugin."""\n',
        f"{name}/lumos-plugin.toml": _manifest(name, plugin, version, runtime, permissions),
        **_code(name, runtime, pad),
        f"{info}/METADATA": _metadata(name, version, readme),
        f"{info}/WHEEL": making.WHEEL.encode(),
        f"{info}/entry_points.txt": f"[lumosai.plugins]\n{plugin} = {name}\n".encode(),
    }
    return f"{name}-{version}-py3-none-any.whl", making.packed(files, info)


def _metadata(name: str, version: str, readme: str) -> bytes:
    head = f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {version}\n"
    text = f"Description-Content-Type: text/markdown\n\n{readme}" if readme else ""
    return f"{head}{text}".encode()


def _code(name: str, runtime: str, pad: int) -> dict[str, bytes]:
    if runtime == "wasm":
        return {f"{name}/plugin.wasm": making.component("lumos:plugin/log@1.0.0") + _padding(pad)}
    return {f"{name}/tools.py": b"def forecast(place: str) -> str:\n    return 'rain in ' + place\n"}


def _manifest(name: str, plugin: str, version: str, runtime: str, permissions: str) -> bytes:
    module = 'module = "plugin.wasm"\n' if runtime == "wasm" else ""
    target = "tool" if runtime == "wasm" else f"{name}.tools:forecast"
    asks = f"[permissions]\n{permissions}\n" if permissions else ""
    tool = f'[[contributes.tool]]\nid = "{plugin}.forecast"\ntarget = "{target}"\ndescription = "Tells"\n'
    tool += 'input_schema = { type = "object" }\n'
    head = f'schema = 1\nname = "{plugin}"\nversion = "{version}"\napi = ">=1.0,<2"\nruntime = "{runtime}"\n{module}'
    return f"{head}\n{asks}\n{tool}".encode()


def _padding(size: int) -> bytes:
    """Return a custom section of a component."""
    if not size:
        return b""
    body = b"\3pad" + random.Random(size).randbytes(size)
    return b"\0" + _leb(len(body)) + body


def _leb(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:  # noqa: PLR2004
        out.append((number & 0x7F) | 0x80)
        number >>= 7
    return bytes([*out, number])
