"""Files made to hurt whoever reads them, each with the statuses that reading it may end in."""

import io
import os
import random
import socket
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

__all__ = ["make"]

READ = "read"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
LAUGHS = (f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
BOMB = f'<!DOCTYPE w [<!ENTITY a0 "ha">{"".join(LAUGHS)}]>'

WIDE_CELL = '<w:tc><w:tcPr><w:gridSpan w:val="999999"/></w:tcPr></w:tc>'
NUMBERS = '<w:numPr><w:ilvl w:val="99999999999999"/><w:numId w:val="-1"/></w:numPr>'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def make(folder: Path) -> dict[Path, set[str]]:
    """Writes them all and returns what may become of each: `READ` or a status of DocumentError."""
    expected: dict[Path, set[str]] = {}
    for name, (content, statuses) in _files().items():
        (folder / name).write_bytes(content() if callable(content) else content)
        expected[folder / name] = set(statuses.split("|"))
    if os.name == "posix":
        expected.update(_specials(folder))
    return expected


def _specials(folder: Path) -> dict[Path, set[str]]:
    """What is no regular file, and what only looks like one."""
    os.mkfifo(folder / "fifo.txt")
    with socket.socket(socket.AF_UNIX) as server:
        here = Path.cwd()
        os.chdir(folder)  # the name of a socket may have 107 bytes
        server.bind("socket.txt")
        os.chdir(here)
    (folder / "loop.txt").symlink_to("loop.txt")
    (folder / "dangling.txt").symlink_to("nowhere.txt")
    (folder / "zero.txt").symlink_to("/dev/zero")
    (folder / "folder.pdf").mkdir()
    with (folder / "sparse.txt").open("wb") as file:
        file.truncate(1 << 40)
    broken = Path(os.fsdecode(os.fsencode(folder / "name") + b"\xff\n.txt"))
    broken.write_text("A strange name.", encoding="utf-8")
    return {
        folder / "fifo.txt": {"unsupported"},
        folder / "socket.txt": {"unsupported"},
        folder / "loop.txt": {"failed"},
        folder / "dangling.txt": {"failed"},
        folder / "gone.txt": {"failed"},
        folder / "nul\0.txt": {"failed"},
        folder / "zero.txt": {"unsupported"},
        folder / "folder.pdf": {"unsupported"},
        folder / "sparse.txt": {"too large"},
        broken: {READ},
    }


def _files() -> dict[str, tuple[bytes | Callable[[], bytes], str]]:
    noise = random.Random(7).randbytes
    return {
        # PDF
        "empty.pdf": (b"", "failed|read"),
        "header.pdf": (b"%PDF-1.7\n", "failed"),
        "noise.pdf": (b"%PDF-1.7\n" + noise(50_000), "failed"),
        "cut.pdf": (pdf(text="Half of a file.")[:300], "failed|read"),
        "million-pages.pdf": (pdf(count=1_000_000), "failed|read"),
        "many-pages.pdf": (pdf(count=2_000_000_000), "failed|read"),
        "page-loop.pdf": (pdf(kids="2 0 R 3 0 R"), "failed|read"),
        "xref-loop.pdf": (pdf(trailer="/Prev 9"), "failed|read"),
        "outline-loop.pdf": (pdf(outline=True), "read"),
        "form-loop.pdf": (pdf(text="", content=b"/F Do " * 100, resources="/XObject << /F 6 0 R >>"), "read"),
        "flate-bomb.pdf": (pdf_bomb, "read|failed|too large|timed out"),
        "huge-page.pdf": (pdf(box="0 0 1e30 -1e30", text="Far away."), "failed|read"),
        "far-text.pdf": (pdf(content=b"BT /F 1e20 Tf 1e30 -1e30 Td (far) Tj ET"), "read"),
        "many-words.pdf": (
            pdf(content=b"BT /F 9 Tf " + b"1 1 Td (word) Tj " * 50_000),
            "read|too large|timed out",
        ),
        "text.pdf": (b"This is text with another suffix.", "read"),
        # DOCX
        "empty.docx": (b"", "failed|read"),
        "bomb.docx": (lambda: docx("<w:t>" + "a" * 300_000_000 + "</w:t>"), "too large"),
        "words.docx": (
            lambda: docx("<w:p><w:r><w:t>word </w:t></w:r></w:p>" * 1_200_000),
            "too large|timed out",
        ),
        "laughs.docx": (docx("<w:t>&a11;</w:t>", BOMB), "read|failed"),
        "attribute-laughs.docx": (docx('<w:t w:x="&a11;">x</w:t>', BOMB), "read|failed"),
        "outside.docx": (
            docx("<w:t>&e;</w:t>", '<!DOCTYPE w [<!ENTITY e SYSTEM "file:///etc/passwd">]>'),
            "read",
        ),
        "deep.docx": (docx("<w:sdt>" * 100_000), "failed"),
        "no-document.docx": (zipped({"word/other.xml": "<a/>"}), "failed"),
        "cut.docx": (docx("<w:t>Half</w:t>")[:200], "failed"),
        "many-members.docx": (lambda: zipped({f"word/{n}.xml": "" for n in range(20_000)}), "too large"),
        "liar.docx": (liar, "failed|too large"),
        "locked.docx": (locked, "encrypted"),
        "wide.docx": (docx("<w:tbl><w:tr>" + WIDE_CELL * 999 + "</w:tr></w:tbl>"), "read"),
        "style-ring.docx": (style_ring, "read"),
        "numbers.docx": (docx(f"<w:p><w:pPr>{NUMBERS}</w:pPr><w:r><w:t>x</w:t></w:r></w:p>"), "read"),
        "not-word.docx": (zipped({"a.txt": "hello"}), "failed"),
        "pictures.zip": (zipped({"a.png": "hello"}), "unsupported"),
        "old.docx": (OLE + bytes(2_000), "failed"),
        "password.docx": (OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        "bomb.xlsx": (lambda: zipped({"xl/workbook.xml": "a" * 100_000_000}), "too large"),
        # HTML
        "empty.html": (b"", "read"),
        "deep.html": (b"<div>" * 60_000 + b"bottom", "read|timed out"),
        "formatting.html": (b"<b><i><p>" * 20_000 + b"bottom", "read|timed out"),
        "brackets.html": (b"<" * 2_000_000, "read"),
        "attributes.html": (b"<p " + b"".join(b"a%d=1 " % n for n in range(10_000)) + b">text", "read"),
        "spans.html": (b"<table>" + b"<tr><td rowspan=9999 colspan=9999>x" * 500, "read"),
        "tables.html": (b"<table><tr><td>" * 500 + b"bottom", "read|timed out"),
        "nul.html": (b"<p>a\0b</p>" * 10, "read|unsupported"),
        "surrogate.html": (b"<p>&#xD800; &#55357;</p>", "read"),
        # Markdown
        "quotes.md": (b">" * 100_000 + b" bottom", "read|timed out"),
        "brackets.md": (b"[" * 100_000, "read|timed out"),
        "stars.md": (b"*a _b " * 50_000, "read|timed out"),
        "backticks.md": (b"".join(b"`" * n + b" " for n in range(1_000)), "read|timed out"),
        "lists.md": (b"".join(b" " * n + b"- item\n" for n in range(2_000)), "read|timed out"),
        "columns.md": (b"|" * 20_000 + b"\n" + b"|-" * 20_000 + b"\n", "read|timed out"),
        "heading.md": (b"# " + b"long " * 200_000, "read|timed out"),
        "front.md": (b"---\n" + b"a: [" * 200_000 + b"\n---\ntext", "read"),
        # Text
        "empty.txt": (b"", "read"),
        "long.txt": (lambda: b"word " * 5_000_000, "too large"),
        "line.txt": (lambda: b"a" * 10_000_000, "read"),
        "newlines.txt": (b"\n" * 5_000_000, "read"),
        "noise.txt": (noise(200_000), "unsupported"),
        "noise.unknown": (noise(200_000), "unsupported"),
        "surrogates.txt": ("\ud800 \udfff".encode("utf-16-le", "surrogatepass") * 10, "read|unsupported"),
        "odd.txt": (b"\xff\xfe" + "odd".encode("utf-16-le") + b"x", "read"),
        "controls.txt": (bytes(range(1, 32)) * 4 + b"text " * 4_000, "read|unsupported"),
        "bomb.txt.gz": (lambda: b"\x1f\x8b\x08" + bytes(7) + zlib.compress(bytes(5_000_000)), "unsupported"),
    }


def zipped(members: dict[str, str]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def docx(body: str, doctype: str = "") -> bytes:
    paragraph = body if body.startswith(("<w:p>", "<w:tbl>", "<w:sdt>")) else f"<w:p><w:r>{body}</w:r></w:p>"
    document = f'{doctype}<w:document xmlns:w="{WORD}"><w:body>{paragraph}</w:body></w:document>'
    return zipped({"_rels/.rels": RELATIONS, "word/document.xml": document})


def style_ring() -> bytes:
    styles = "".join(
        f'<w:style w:styleId="s{n}"><w:basedOn w:val="s{(n + 1) % 3}"/></w:style>' for n in range(3)
    )
    relations = RELATIONS.replace('officeDocument" Target="word/document.xml', 'styles" Target="styles.xml')
    return zipped(
        {
            "_rels/.rels": RELATIONS,
            "word/document.xml": f'<w:document xmlns:w="{WORD}"><w:body><w:p><w:pPr>'
            '<w:pStyle w:val="s0"/></w:pPr><w:r><w:t>round</w:t></w:r></w:p></w:body></w:document>',
            "word/_rels/document.xml.rels": relations,
            "word/styles.xml": f'<w:styles xmlns:w="{WORD}">{styles}</w:styles>',
        }
    )


def liar() -> bytes:
    """Claims in its directory that a member of 5 MB has 5 bytes."""
    size = 5_000_000
    data = docx("<w:t>" + "a" * size + "</w:t>")
    true = (
        len(f'<w:document xmlns:w="{WORD}"><w:body><w:p><w:r><w:t></w:t></w:r></w:p></w:body></w:document>')
        + size
    )
    return data.replace(true.to_bytes(4, "little"), (5).to_bytes(4, "little"))


def locked() -> bytes:
    """Sets the flag of an encrypted member, in its own header and in the directory."""
    data = bytearray(docx("<w:t>secret</w:t>"))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(mark)
        while start >= 0:
            data[start + at] |= 1
            start = data.find(mark, start + 1)
    return bytes(data)


def pdf(
    text: str = "Hello.",
    *,
    content: bytes = b"",
    count: int = 1,
    kids: str = "3 0 R",
    box: str = "0 0 600 800",
    resources: str = "",
    trailer: str = "",
    outline: bool = False,
) -> bytes:
    """A PDF of one page, with as much wrong as is asked for."""
    stream = content or f"BT /F 12 Tf 50 700 Td ({text}) Tj ET".encode()
    return assemble(
        [
            b"<< /Type /Catalog /Pages 2 0 R %s >>" % (b"/Outlines 7 0 R" if outline else b""),
            f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
            f"<< /Type /Page /Parent 2 0 R /MediaBox [{box}] /Contents 4 0 R"
            f" /Resources << /Font << /F 5 0 R >> {resources} >> >>".encode(),
            b"<< /Length %d >> stream\n%s\nendstream" % (len(stream), stream),
            b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 9 9] /Length 5"
            b" /Resources << /XObject << /F 6 0 R >> >> >> stream\n/F Do\nendstream",
            b"<< /First 8 0 R /Last 9 0 R >>",
            b"<< /Title (one) /Parent 7 0 R /Next 9 0 R /First 7 0 R /Dest [3 0 R /Fit] >>",
            b"<< /Title (two) /Parent 7 0 R /Next 8 0 R /First 8 0 R /Dest [3 0 R /Fit] >>",
        ],
        trailer,
    )


def pdf_bomb() -> bytes:
    """A content stream that unpacks to 1 GB, through two layers of deflate."""
    packed = zlib.compress(zlib.compress(bytes(100_000_000), 6), 6)
    stream = b"<< /Length %d /Filter [/FlateDecode /FlateDecode] >> stream\n%s\nendstream"
    return assemble(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents [%s] >>" % (b"4 0 R " * 10),
            stream % (len(packed), packed),
        ]
    )


def assemble(objects: list[bytes], trailer: str = "") -> bytes:
    file = io.BytesIO(b"%PDF-1.7\n")
    file.seek(0, io.SEEK_END)
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(file.tell())
        file.write(b"%d 0 obj\n%s\nendobj\n" % (number, body))
    start = file.tell()
    file.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    file.writelines(b"%010d 00000 n \n" % offset for offset in offsets)
    file.write(
        f"trailer << /Size {len(objects) + 1} /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF".encode()
    )
    return file.getvalue()
