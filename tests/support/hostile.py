"""Files that must not hurt: bombs, lies, wreckage and what is only badly made. Each is built here; none is stored."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import xlsxwriter

TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
BOOK = (
    '<?xml version="1.0"?>{before}<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>'
)
BOOK_RELS = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
)
SHEET = '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{rows}</sheetData></worksheet>'
NAMES = ["客户名称", "联系电话"], ["上海晨光文具厂", "021-62345678"]


def cell(ref: str, text: str) -> str:
    """One cell of text."""
    return f'<c r="{ref}" t="inlineStr"><is><t>{text}</t></is></c>'


def package(
    sheet: str | bytes, *, before: str = "", name: str = "客户", more: dict[str, bytes] | None = None, level: int = 6
) -> bytes:
    """A workbook put together by hand."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED, compresslevel=level) as out:
        out.writestr("[Content_Types].xml", TYPES)
        out.writestr("_rels/.rels", RELS)
        out.writestr("xl/workbook.xml", BOOK.format(before=before, name=name))
        out.writestr("xl/_rels/workbook.xml.rels", BOOK_RELS)
        out.writestr("xl/worksheets/sheet1.xml", sheet)
        for part, content in (more or {}).items():
            out.writestr(part, content)
    return made.getvalue()


def good(extra: str = "") -> str:
    """A sheet of two rows."""
    rows = "".join(
        f'<row r="{at}">{cell(f"A{at}", row[0])}{cell(f"B{at}", row[1])}</row>' for at, row in enumerate(NAMES, start=1)
    )
    return SHEET.format(rows=rows + extra)


def book(fill: Callable[[xlsxwriter.Workbook], None]) -> bytes:
    """A workbook by XlsxWriter."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as out:
        fill(out)
    return made.getvalue()


def _wide(claimed: str = "XFD") -> bytes:
    rows = "".join(
        f'<row r="{at}">{cell(f"A{at}", "甲公司")}{cell(f"{claimed}{at}", "x")}</row>' for at in range(1, 1500)
    )
    return package(SHEET.format(rows=rows))


def _far() -> bytes:
    return package(good(f'<row r="1048576">{cell("A1048576", "乙公司")}</row>'))


def _far_corner() -> bytes:
    return package(good(f'<row r="1048576">{cell("XFD1048576", "乙公司")}</row>'))


def _bomb(size: int) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("[Content_Types].xml", TYPES)
        out.writestr("_rels/.rels", RELS)
        out.writestr("xl/workbook.xml", BOOK.format(before="", name="客户"))
        out.writestr("xl/_rels/workbook.xml.rels", BOOK_RELS)
        with out.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            part.write(good().removesuffix("</sheetData></worksheet>").encode())
            for _ in range(size // (1 << 20)):
                part.write(b" " * (1 << 20))
            part.write(b"</sheetData></worksheet>")
    return made.getvalue()


def _strings_bomb() -> bytes:
    """A small sheet beside shared strings that unpack without end."""
    strings = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
        + b"a" * (60 << 20)
        + b"</t></si></sst>"
    )
    return package(good(), more={"xl/sharedStrings.xml": strings})


def _lying_sizes() -> bytes:
    """The directory says that the sheet is ten bytes long."""
    raw = bytearray(_bomb(8 << 20))
    at = raw.rfind(b"xl/worksheets/sheet1.xml") - 46
    raw[at + 24 : at + 28] = struct.pack("<I", 10)
    return bytes(raw)


def _nested() -> bytes:
    inner = _bomb(4 << 20)
    for _ in range(4):
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
            for at in range(10):
                out.writestr(f"{at}.zip", inner)
        inner = made.getvalue()
    return inner


def _many_parts() -> bytes:
    return package(good(), more={f"xl/media/{at}.bin": b"" for at in range(4000)})


def _laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{at} "{f"&l{at - 1};" * 10}">' for at in range(1, 12))
    before = f'<!DOCTYPE workbook [<!ENTITY l0 "ha">{entities}]>'
    return package(SHEET.format(rows=f'<row r="1">{cell("A1", "&l11;")}</row>'), before=before, name="&l11;")


def _outside_entity() -> bytes:
    before = '<!DOCTYPE workbook [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    return package(good(), before=before, name="&x;")


def _rows(count: int) -> bytes:
    def fill(out: xlsxwriter.Workbook) -> None:
        page = out.add_worksheet("客户")
        page.write_row(0, 0, NAMES[0])
        for at in range(1, count + 1):
            page.write_number(at, 0, at)

    path = io.BytesIO()
    with xlsxwriter.Workbook(path, {"constant_memory": True}) as out:
        fill(out)
    return path.getvalue()


def _formulas() -> bytes:
    def fill(out: xlsxwriter.Workbook) -> None:
        page = out.add_worksheet("客户")
        page.write_row(0, 0, NAMES[0])
        page.write_formula(1, 0, '="上海"&"晨光文具厂"', None, "上海晨光文具厂")
        page.write_formula(1, 1, '=WEBSERVICE("http://example.invalid/")', None, "021-62345678")

    return book(fill)


def _encrypted() -> bytes:
    """An OLE container that names an encrypted package, as Excel writes it for a password to open."""
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + b"\0" * 504
        + "EncryptionInfo".encode("utf-16-le")
        + b"\0" * 100
        + "EncryptedPackage".encode("utf-16-le")
        + b"\0" * 4000
    )


def _locked_zip() -> bytes:
    raw = bytearray(package(good()))
    at = 0
    while (at := raw.find(b"PK\x01\x02", at)) >= 0:
        raw[at + 8] |= 1
        at += 4
    return bytes(raw)


def _zip(**parts: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in parts.items():
            out.writestr(name.replace("__", "/"), content)
    return made.getvalue()


CSV = "客户名称,联系电话,地址\n上海晨光文具厂,021-62345678,上海市奉贤区\n杭州西湖印刷有限公司,0571-87654321,杭州市西湖区\n"
REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty.xlsx": (lambda: b"", "0 字节"),
    "one-byte.xlsx": (lambda: b"\x00", "不是表格"),
    "sheet-to-xfd.xlsx": (_wide, "XFD"),
    "sheet-to-aaa.xlsx": (lambda: _wide("AAA"), "AAA"),
    "sheet-to-zz.xlsx": (lambda: _wide("ZZ"), "列"),
    "far-corner.xlsx": (_far_corner, "XFD"),
    "flat-bomb.xlsx": (lambda: _bomb(400 << 20), "展开后过大"),
    "lying-directory.xlsx": (_lying_sizes, "已损坏"),
    "strings-bomb.xlsx": (_strings_bomb, "展开后过大"),
    "nested-bomb.zip": (_nested, "压缩包"),
    "many-parts.xlsx": (_many_parts, "部件"),
    "billion-laughs.xlsx": (_laughs, ""),
    "encrypted.xlsx": (_encrypted, "密码"),
    "locked-zip.xlsx": (_locked_zip, "密码"),
    "truncated.xlsx": (lambda: package(good())[:-200], "已损坏"),
    "half.xlsx": (lambda: package(good())[: len(package(good())) // 2], "已损坏"),
    "only-magic.xlsx": (lambda: b"PK\x03\x04", "已损坏"),
    "broken-xml.xlsx": (lambda: package(b"<worksheet><sheetData><row r='1'><c r='A1'"), ""),
    "no-sheets.xlsx": (
        lambda: _zip(**{"xl__workbook.xml": b"<workbook/>", "xl___rels__workbook.xml.rels": b"<Relationships/>"}),
        "",
    ),
    "blank-sheet.xlsx": (lambda: package(SHEET.format(rows="")), "没有内容"),
    "word.docx": (lambda: _zip(**{"word__document.xml": b"<x/>"}), "Word"),
    "slides.pptx": (lambda: _zip(**{"ppt__presentation.xml": b"<x/>"}), "演示文稿"),
    "binary.xlsb": (lambda: _zip(**{"xl__workbook.bin": b"x"}), "xlsb"),
    "open.ods": (
        lambda: _zip(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", **{"content.xml": b"<x/>"}),
        "ods",
    ),
    "packed.zip": (lambda: _zip(**{"名单.xlsx": package(good())}), "解压"),
    "unrelated.zip": (lambda: _zip(readme=b"hello"), "不是 Excel"),
    "ole-garbage.xls": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 5000, "已损坏"),
    "page.xls": (lambda: b"<html><table><tr><td>\xe5\xae\xa2\xe6\x88\xb7</td></tr></table></html>", "网页"),
    "page-bom.xls": (lambda: b"\xef\xbb\xbf\r\n<TABLE border=1><tr><td>x</td></tr></TABLE>", "网页"),
    "sheet-2003.xls": (lambda: b'<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook/>', "XML"),
    "archive.mht.xls": (lambda: b"MIME-Version: 1.0\nContent-Type: multipart/related\n", "网页"),
    "scan.pdf": (lambda: b"%PDF-1.7\n1 0 obj", "PDF"),
    "photo.png": (lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "图片"),
    "photo.jpg": (lambda: b"\xff\xd8\xff\xe0" + b"\0" * 100, "图片"),
    "drawing.svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "XML"),
    "program.exe": (lambda: b"MZ" + b"\0" * 200, "程序"),
    "packed.rar": (lambda: b"Rar!\x1a\x07\x01\x00", "RAR"),
    "packed.gz": (lambda: b"\x1f\x8b\x08\x00" + b"\0" * 20, "压缩"),
    "noise.csv": (lambda: bytes(range(256)) * 40, "不是表格"),
    "blank.csv": (lambda: b"\r\n\r\n  \r\n", "没有内容"),
    "wide.csv": (lambda: (",".join(f"c{at}" for at in range(5000))).encode(), "列"),
    "too-many-rows.xlsx": (lambda: _rows(500_000), "最多"),
    "too-many-rows.csv": (lambda: b"a,b\n" * 500_000, "最多"),
}
"""{name: (how to make it, words of the refusal)}"""
READ: dict[str, tuple[Callable[[], bytes], int]] = {
    "far-row.xlsx": (_far, 3),
    "outside-entity.xlsx": (_outside_entity, -1),
    "formulas.xlsx": (_formulas, 2),
    "macros.xlsm": (lambda: package(good(), more={"xl/vbaProject.bin": b"x"}), 2),
    "external-links.xlsx": (lambda: package(good(), more={"xl/externalLinks/externalLink1.xml": b"<x/>"}), 2),
    "traversal-part.xlsx": (lambda: package(good(), more={"../../../tmp/evil": b"x", "/etc/passwd": b"x"}), 2),
    "huge-cell.xlsx": (lambda: package(SHEET.format(rows=f'<row r="1">{cell("A1", "长" * 2_000_000)}</row>')), 1),
    "tabs-named.xls": (lambda: CSV.replace(",", "\t").encode("gb18030"), 3),
    "tabs-named.xlsx": (lambda: CSV.replace(",", "\t").encode("utf-8-sig"), 3),
    "tabs-utf16.xls": (lambda: CSV.replace(",", "\t").encode("utf-16"), 3),
    "utf16-without-mark.csv": (lambda: CSV.encode("utf-16-le"), 3),
    "gb18030.csv": (lambda: CSV.encode("gb18030"), 3),
    "utf8.csv": (lambda: CSV.encode(), 3),
    "utf8-bom.csv": (lambda: CSV.encode("utf-8-sig"), 3),
    "cut-in-a-character.csv": (lambda: (CSV + "苏州工业设备公司").encode()[:-1], 4),
    "semicolons.csv": (lambda: CSV.replace(",", ";").encode(), 3),
    "open-quote.csv": (lambda: CSV.replace("上海晨光", '"上海晨光').encode(), 3),
    "quoted-lines.csv": (lambda: '客户名称,地址\n"上海晨光文具厂","上海市\n奉贤区"\n'.encode(), 2),
    "nul-bytes.csv": (lambda: CSV.replace("021", "\x00021").encode(), 3),
    "mac-lines.csv": (lambda: CSV.replace("\n", "\r").encode(), 3),
}
"""{name: (how to make it, rows that are read; -1: read or refused, but neither opens what it points at)}"""


def write(folder: Path, name: str) -> Path:
    """One of the files on the disk."""
    make = (REFUSED | READ)[name][0]  # type: ignore[operator]
    path = folder / name
    path.write_bytes(make())
    return path
