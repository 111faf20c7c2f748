"""Reading files of every kind, and refusing what only looks like one."""

from __future__ import annotations

import io
import json
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lumosai_plugins.knowledge import loaders
from lumosai_plugins.knowledge.documents import Document
from lumosai_plugins.knowledge.loaders import LOADERS, found, load
from lumosai_plugins.knowledge.loaders import docx as docx_loader
from lumosai_sdk.errors import InputError, LumosError, NotFoundError


def read(tmp_path: Path, name: str, raw: bytes | str) -> Document:
    path = tmp_path / name
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return load(path, name)


def word(*blocks: tuple[str, str], title: str = "") -> bytes:
    import docx

    made = docx.Document()
    made.core_properties.title = title
    for style, text in blocks:
        if style == "table":
            table = made.add_table(1, 2)
            table.cell(0, 0).text, table.cell(0, 1).text = text.split("|")
        else:
            made.add_paragraph(text, style)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def pages(*texts: str) -> bytes:
    """Return a PDF with a page for each text (ISO 32000-1, the least that is one)."""
    from pypdf import PdfWriter
    from pypdf.generic import DictionaryObject, NameObject, StreamObject

    writer = PdfWriter()
    for text in texts:
        page = writer.add_blank_page(300, 300)
        stream = StreamObject()
        stream.set_data(f"BT /F1 12 Tf 20 200 Td ({text}) Tj ET".encode())
        font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
        fonts = DictionaryObject(
            {NameObject("/F1"): DictionaryObject({NameObject(k): NameObject(v) for k, v in font.items()})}
        )
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        page[NameObject("/Contents")] = writer._add_object(stream)
    writer.add_metadata({"/Title": "The manual"})
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_text_and_markdown(tmp_path: Path) -> None:
    assert read(tmp_path, "a.txt", "\ufeffone\r\ntwo\0").text == "one\ntwo"
    assert read(tmp_path, "b.txt", "h\xe9".encode("utf-16")).text == "h\xe9"
    assert read(tmp_path, "c.txt", b"caf\xe9").text == "caf\ufffd"
    found = read(tmp_path, "d.md", "# Title #\n\ntext\n")
    assert (found.title, found.form, found.label(12)) == ("Title", "markdown", "Title")


def test_html_is_what_a_reader_sees(tmp_path: Path) -> None:
    page = """<html><head><title>The  page</title><style>p{}</style></head><body><nav>Menu</nav>
    <h1>Top</h1><p>One <b>bold</b> word.</p><script>alert(1)</script><ul><li>first</li><li>second</li></ul>
    <table><tr><td>a cell</td></tr></table><pre>x =\n  1</pre><footer>Imprint</footer></body></html>"""
    found = read(tmp_path, "a.html", page)
    assert found.title == "The page"
    assert found.text == "# Top\n\nOne bold word.\n\n- first\n\n- second\n\na cell\n\nx =\n  1"
    assert found.label(len(found.text)) == "Top"


def test_html_text_beside_blocks_is_read_as_well(tmp_path: Path) -> None:
    page = "<body><div>Hello <b>big</b> world<ul><li>a<p>b</p></li><li>c<br>d</ul>tail<!-- no --></div>"
    assert read(tmp_path, "a.html", page).text == "Hello big world\n\n- a\n\nb\n\n- c d\n\ntail"


def test_pdf_is_read_page_by_page(tmp_path: Path) -> None:
    found = read(tmp_path, "a.pdf", pages("Chapter one", "Chapter two"))
    assert found.text == "Chapter one\n\nChapter two"
    assert [found.label(0), found.label(13)] == ["page 1", "page 2"]
    assert found.title == "The manual"
    with pytest.raises(InputError, match="has no text"):
        read(tmp_path, "empty.pdf", pages(""))


def test_a_locked_pdf_is_told_of(tmp_path: Path) -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pages("secret"))))
    writer.encrypt("password")
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(InputError, match=r"locked|cannot be read"):
        read(tmp_path, "a.pdf", out.getvalue())


def test_word_documents_keep_headings_and_tables(tmp_path: Path) -> None:
    raw = word(
        ("Heading 1", "Rules"), ("Normal", "Be kind."), ("List Bullet", "always"), ("table", "Ada|1815"), title="House"
    )
    found = read(tmp_path, "a.docx", raw)
    assert (found.title, found.text) == ("House", "# Rules\n\nBe kind.\n\n- always\n\nAda | 1815")


def test_rows_say_what_their_values_are(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", 'name;born;"of"\nAda;1815;"London; UK"\nGrace;1906;\n')
    assert found.text == "name: Ada; born: 1815; of: London; UK\nname: Grace; born: 1906"
    assert json.loads(read(tmp_path, "a.jsonl", '{"a": 1}\n\n{"a": 2}\n').text) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize("name", sorted(LOADERS))
@settings(deadline=None)  # the first one imports the reader
@given(raw=st.binary(max_size=200))
def test_any_bytes_are_a_document_or_refused(name: str, raw: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    with suppress(InputError):
        made = read(tmp_path_factory.getbasetemp(), f"any{name}", raw)
        made.text.encode()
        assert "\0" not in made.text


@pytest.mark.parametrize(
    ("name", "raw", "why"),
    [
        ("a.exe", b"MZ", "files that end in .exe are not read"),
        ("a", b"x", "files that end in nothing"),
        ("a.pdf", b"%PDF-1.7 nonsense", "cannot be read as .pdf"),
        ("a.docx", b"PK nonsense", "cannot be read as .docx"),
        ("a.json", b"{", "not JSON"),
        ("a.json", b"[" * 100_000, "not JSON"),
    ],
)
def test_what_is_none_is_refused(tmp_path: Path, name: str, raw: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why):
        read(tmp_path, name, raw)


def test_what_is_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaders, "MAX_BYTES", 10)
    with pytest.raises(InputError, match="larger than"):
        read(tmp_path, "a.txt", "x" * 11)
    monkeypatch.setattr(loaders, "MAX_BYTES", 1000)
    monkeypatch.setattr(loaders, "MAX_CHARACTERS", 10)
    with pytest.raises(InputError, match="11 characters"):
        read(tmp_path, "a.txt", "x" * 11)


def test_a_word_document_that_unpacks_to_very_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docx_loader, "MAX_UNPACKED", 1024 * 1024)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", b"\0" * (2 * 1024 * 1024))
    with pytest.raises(InputError, match="unpacks to more"):
        read(tmp_path, "bomb.docx", out.getvalue())


def test_entities_of_xml_are_not_followed(tmp_path: Path) -> None:
    """Neither a file of this machine, nor a billion laughs."""
    (tmp_path / "secret").write_text("s3cret")
    for entity in (f'<!ENTITY x SYSTEM "file://{tmp_path}/secret">', '<!ENTITY l "ha"><!ENTITY x "&l;&l;&l;&l;">'):
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(word(("Normal", "MARK")))) as good, zipfile.ZipFile(out, "w") as bad:
            for part in good.infolist():
                raw = good.read(part)
                if part.filename == "word/document.xml":
                    head, _, rest = raw.partition(b"?>")
                    raw = head + b"?><!DOCTYPE d [" + entity.encode() + b"]>" + rest.replace(b"MARK", b"&x;")
                bad.writestr(part.filename, raw)
        try:
            text = read(tmp_path, "a.docx", out.getvalue()).text
        except LumosError:
            continue
        assert "s3cret" not in text
        assert "haha" not in text


def test_folders_are_looked_through(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("s3cret")
    docs = tmp_path / "docs"
    (docs / "deep").mkdir(parents=True)
    (docs / ".git").mkdir()
    for name in ("a.md", "deep/b.txt", ".git/c.txt", ".hidden.md", "d.exe"):
        (docs / name).write_text("x")
    (docs / "link.txt").symlink_to(tmp_path / "secret.txt")
    assert [p.relative_to(docs).as_posix() for p, _ in found([docs])] == ["a.md", "deep/b.txt"]
    assert [s for _, s in found([docs / "a.md"])] == [(docs / "a.md").as_posix()]
    with pytest.raises(NotFoundError):
        list(found([tmp_path / "absent"]))


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    for name in ("a.md", "a.txt", "a.csv", "a.html"):
        with pytest.raises(InputError, match="no text"):
            read(tmp_path, name, bytes(range(256)) * 12)
    assert read(tmp_path, "latin.txt", "Äpfel über Straße, garçon".encode("latin-1")).text.endswith("n")
