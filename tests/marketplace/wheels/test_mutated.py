"""Whatever is done to a wheel: it is refused by a rule, or it is exactly what was seen."""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.marketplace.wheels import making
from tests.marketplace.wheels.making import FILENAME, INFO, Sketch, archive

from lumosai_marketplace.errors import RefusedError
from lumosai_marketplace.wheels import Wheel, component, extract, read_wheel
from lumosai_marketplace.wheels.content import is_stub
from lumosai_marketplace.wheels.rules import RULES

SANDBOXED, TRUSTED = making.sandboxed(), making.trusted()
WHEELS = [Sketch(SANDBOXED).pack(), Sketch(TRUSTED).pack()]
often = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def tried(data: bytes, filename: str) -> tuple[str, Wheel | None]:
    try:
        return "", read_wheel(filename, data)
    except RefusedError as e:
        return e.rule, None


def check(data: bytes, filename: str = FILENAME) -> Wheel | None:
    """Read a wheel; hold what is accepted against what others read, and what is written."""
    rule, wheel = tried(data, filename)
    if wheel is None:
        assert rule in RULES
        return None
    seen = {m.path: m.sha256 for m in wheel.files}
    with zipfile.ZipFile(io.BytesIO(data)) as z:
        assert {i.filename: hashlib.sha256(z.read(i)).hexdigest() for i in z.infolist() if not i.is_dir()} == seen
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        extract(data, wheel, folder)
        written = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    assert {n: hashlib.sha256(d).hexdigest() for n, d in written.items()} == seen
    return wheel


@st.composite
def flipped(draw: st.DrawFn) -> bytes:
    data = bytearray(draw(st.sampled_from(WHEELS)))
    for _ in range(draw(st.integers(1, 6))):
        data[draw(st.integers(0, len(data) - 1))] = draw(st.integers(0, 255))
    return bytes(data)


@st.composite
def spliced(draw: st.DrawFn) -> bytes:
    one, other = draw(st.sampled_from(WHEELS)), draw(st.sampled_from(WHEELS))
    places = st.integers(0, len(other))
    return one[: draw(places)] + draw(st.binary(max_size=8)) + other[draw(places) :]


@st.composite
def rebuilt(draw: st.DrawFn) -> bytes:
    """Return an archive of an honest wheel's members in another order, some of them not as they should be."""
    parts = list(Sketch(draw(st.sampled_from([SANDBOXED, TRUSTED]))).parts())
    numbers = st.sampled_from([0, 1, 5, 22, 0xFFFF, 2**31, 0xFFFFFFFE, 0xFFFFFFFF])
    for i in draw(st.lists(st.integers(0, len(parts) - 1), max_size=2)):
        key = draw(st.sampled_from(["size", "crc", "at", "external", "local_size"]))
        changes = {key: draw(numbers)} if draw(st.booleans()) else {"before": draw(st.binary(max_size=4))}
        parts[i] = making.part(parts[i].name.decode(), parts[i].data, **changes)
    return archive(draw(st.permutations(parts)), gap=draw(st.binary(max_size=2)))


@st.composite
def rewritten(draw: st.DrawFn) -> dict[str, bytes]:
    """Return the files of a wheel whose RECORD holds, one of which was changed."""
    files = dict(draw(st.sampled_from([SANDBOXED, TRUSTED])))
    name = draw(st.sampled_from(sorted(files)))
    data = bytearray(files[name])
    at = draw(st.integers(0, len(data)))
    data[at : at + draw(st.integers(0, 4))] = draw(st.binary(max_size=4))
    return {**files, name: bytes(data)}


@often
@given(flipped())
def test_flipped_bytes(data: bytes) -> None:
    if (wheel := check(data)) is not None:
        assert wheel.files in {read_wheel(FILENAME, w).files for w in WHEELS}


@often
@given(spliced())
def test_pieces_of_wheels(data: bytes) -> None:
    check(data)


@often
@given(st.sampled_from(WHEELS), st.integers(0, 4000))
def test_a_wheel_cut_off_is_refused(data: bytes, size: int) -> None:
    assert check(data[: min(size, len(data) - 1)]) is None


@often
@given(rebuilt())
def test_members_in_disorder(data: bytes) -> None:
    check(data)


@often
@given(rewritten())
def test_files_changed_and_recorded(files: dict[str, bytes]) -> None:
    check(Sketch(files).pack())


@often
@given(st.text(max_size=40), st.binary(max_size=10))
def test_any_member_more(name: str, data: bytes) -> None:
    raw = name.encode("utf-8", "surrogatepass")
    files = {**SANDBOXED, f"{making.PROJECT}/more.json": b"{}"}
    parts = Sketch(files).parts()
    check(archive([*parts, making.Part(raw, data, flags=1 << 11)]))
    check(archive([*parts, making.Part(b"acme_weather/" + raw, data, flags=1 << 11)]))


@often
@given(st.text(max_size=40))
def test_any_file_name(name: str) -> None:
    assert check(WHEELS[0], name) is None
    assert check(WHEELS[0], f"acme_{name}-1.0.0-py3-none-any.whl") is None
    assert check(WHEELS[0], f"acme_weather-{name}-py3-none-any.whl") is None


@often
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    assert check(data) is None
    assert check(b"PK\3\4" + data + b"PK\5\6" + bytes(18)) is None


@often
@given(st.binary(max_size=300), st.sampled_from(["METADATA", "WHEEL", "entry_points.txt", "RECORD", "top_level.txt"]))
def test_any_description(data: bytes, name: str) -> None:
    assert check(Sketch({**SANDBOXED, f"{INFO}/{name}": data}).pack()) is None


@often
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=60), max_size=6))
def test_any_headers(lines: list[str]) -> None:
    text = "\n".join([making.METADATA.partition("\n\n")[0], *lines]) + "\n\ntext\n"
    wheel = check(Sketch({**SANDBOXED, f"{INFO}/METADATA": text.encode()}).pack())
    assert wheel is None or (wheel.core["name"], wheel.core["version"]) == ("acme-weather", "1.0.0")


@often
@given(st.binary(max_size=200))
def test_any_component(data: bytes) -> None:
    for wasm in (data, b"\0asm\x0d\0\1\0" + data):
        try:
            found = component.read(wasm)
        except component.MalformedError:
            continue
        assert len(found.imports) + len(found.exports) <= len(wasm)


@pytest.mark.parametrize(
    "text",
    [
        '"""A plugin."""\n',
        "# a\n\n'It\\'s one.'  # b\n# c",
        '"""Two\nlines, a "quote"."""',
        "'''a'b'''\r\n",
        "",
        "\n# c\n",
    ],
)
def test_a_docstring_and_comments_are_a_stub(text: str) -> None:
    """Python 3.11.2, which Debian has, refused each of these by an earlier pattern."""
    assert is_stub(text.encode())
    assert not is_stub(f"{text}\nx=1".encode())


@often
@given(st.text(st.sampled_from("'\"\\\n\r#rRuUfbB \tx;()=+:."), max_size=24))
def test_any_stub_runs_nothing(text: str) -> None:
    if not is_stub(text.encode()):
        return
    scope: dict[str, object] = {}
    try:
        code = compile(text.encode(), "stub", "exec")
    except SyntaxError:
        return
    exec(code, scope)
    assert scope.keys() <= {"__builtins__", "__doc__"}
    assert code.co_names == (("__doc__",) if "__doc__" in scope else ())
