"""Files that are not what they seem, each with what must become of it: refused (a word of the message) or a safe type."""

from __future__ import annotations

import io
import struct
import zipfile

from kedang.kernel.blobs import samples

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def zipped(members: dict[str, bytes], *, flag: int = 0) -> bytes:
    """A zip archive of these members; `flag` is set on each in the folder (1: encrypted)."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    data = bytearray(made.getvalue())
    if flag:
        at = data.find(b"PK\x01\x02")
        while at >= 0:
            struct.pack_into("<H", data, at + 8, flag)
            at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def ole(*streams: str) -> bytes:
    """The smallest compound file with these streams."""
    header = bytearray(512)
    header[:8] = OLE
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<I", header, 44, 1)
    struct.pack_into("<I", header, 48, 1)
    struct.pack_into("<109I", header, 76, 0, *[0xFFFFFFFF] * 108)
    sectors = (len(streams) + 4) // 4
    table = [0xFFFFFFFD, *range(2, sectors + 1), 0xFFFFFFFE]
    fat = struct.pack(f"<{len(table)}I", *table).ljust(512, b"\xff")
    folder = b""
    for name in ("Root Entry", *streams):
        text = name.encode("utf-16-le") + b"\0\0"
        folder += text.ljust(64, b"\0") + struct.pack("<H", len(text)) + b"\x02\x01" + bytes(60)
    return bytes(header) + fat + folder.ljust(sectors * 512, b"\0")


def png(wide: int, high: int) -> bytes:
    """A PNG header that claims this size."""
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + struct.pack(">II", wide, high) + bytes(9)


def jpeg(wide: int, high: int) -> bytes:
    """A JPEG header that claims this size."""
    return (
        b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff\xc0\x00\x11\x08"
        + struct.pack(">HH", high, wide)
        + bytes(10)
    )


DOCX = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
BOMB = zipped({**DOCX, "word/bomb.xml": b"\0" * 60_000_000})
LAUGHS = b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]><lolz>&lol2;</lolz>'

REFUSED: list[tuple[str, str, bytes, str]] = [
    ("an empty file", "空.pdf", b"", "0 字节"),
    ("an EXE named .pdf", "合同.pdf", b"MZ\x90\x00" + bytes(200), "程序文件"),
    ("an EXE named .jpg", "照片.jpg", b"MZ" + bytes(100), "程序文件"),
    ("an ELF program", "发票.png", b"\x7fELF\x02\x01\x01" + bytes(100), "程序文件"),
    ("a Mach-O program", "a.pdf", b"\xcf\xfa\xed\xfe" + bytes(100), "程序文件"),
    ("a Java class", "a.txt", b"\xca\xfe\xba\xbe\x00\x00\x00\x34" + bytes(50), "程序文件"),
    ("an Android program", "a.txt", b"dex\n035\x00" + bytes(50), "程序文件"),
    ("a WebAssembly module", "a.txt", b"\x00asm\x01\x00\x00\x00", "程序文件"),
    ("a Windows shortcut", "合同.lnk", b"L\x00\x00\x00\x01\x14\x02\x00" + bytes(60), "程序文件"),
    ("an SVG with a script", "logo.svg", SVG, "SVG"),
    ("an SVG named .png", "logo.png", SVG, "SVG"),
    ("an SVG behind a byte order mark", "a.txt", b"\xef\xbb\xbf" + SVG, "SVG"),
    ("an SVG in UTF-16", "a.txt", "\ufeff".encode("utf-16-le") + SVG.decode().encode("utf-16-le"), "SVG"),
    ("a web page named .pdf", "合同.pdf", b"<!DOCTYPE html><html><script>alert(1)</script>", "网页"),
    ("a web page behind blanks", "a.txt", b"\n" * 300 + b"<HTML><body onload=x()>", "网页"),
    ("a bare script element", "a.csv", b"name,phone\n<script>alert(1)</script>", "网页"),
    ("a frame in text", "a.txt", b"hello <iframe src=//x>", "网页"),
    ("a shell script", "a.txt", b"#!/bin/sh\nrm -rf /\n", "脚本"),
    ("a PHP script", "a.txt", b"<?php system($_GET['c']); ?>", "脚本"),
    ("entities that multiply", "a.xml", LAUGHS, "网页"),
    ("an external entity", "a.xml", b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "网页"),
    ("an HTA", "a.hta", b"<html><hta:application/></html>", "网页"),
    ("a plain zip", "资料.zip", zipped({"a.txt": b"a"}), "压缩包"),
    ("a zip named .docx", "资料.docx", zipped({"a.txt": b"a"}), "压缩包"),
    ("a jar", "a.jar", zipped({"META-INF/MANIFEST.MF": b"x", "A.class": b"x"}), "压缩包"),
    ("a RAR archive", "a.rar", b"Rar!\x1a\x07\x00" + bytes(40), "不接受"),
    ("a 7z archive", "a.7z", b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(40), "不接受"),
    ("a gzip named .pdf", "a.pdf", b"\x1f\x8b\x08\x00" + bytes(40), "不接受"),
    ("a document that unpacks to 60 MB of nothing", "a.docx", BOMB, "大得不正常"),
    ("a document with 10,001 members", "a.docx", zipped({**DOCX, **{f"w/{n}": b"" for n in range(10_001)}}), "大得不正常"),
    ("a document with a way out", "a.docx", zipped({**DOCX, "../../etc/cron.d/x": b"x"}), "路径"),
    ("a document with an absolute member", "a.docx", zipped({**DOCX, "/etc/passwd": b"x"}), "路径"),
    ("a document with a Windows way out", "a.docx", zipped({**DOCX, "..\\..\\x": b"x"}), "路径"),
    ("a document with macros", "a.docx", zipped({**DOCX, "word/vbaProject.bin": b"x"}), "宏"),
    ("a workbook with macros named .xlsx", "a.xlsx", zipped({"[Content_Types].xml": b"", "xl/workbook.xml": b"", "xl/vbaProject.bin": b"x"}), "宏"),
    ("an encrypted document", "a.docx", zipped(DOCX, flag=1), "加密"),
    ("a document cut in half", "a.docx", zipped(DOCX)[:60], "损坏"),
    ("an office package of no known kind", "a.docx", zipped({"[Content_Types].xml": b""}), "认不出"),
    ("an old document with macros", "a.doc", ole("WordDocument", "Macros"), "宏"),
    ("an old workbook with macros", "a.xls", ole("Workbook", "_VBA_PROJECT"), "宏"),
    ("a locked modern document", "a.docx", ole("EncryptedPackage", "EncryptionInfo"), "加密"),
    ("an installer", "a.msi", ole("Property"), "认不出"),
    ("an old document cut in half", "a.doc", OLE + bytes(100), "损坏"),
    ("an old document whose folder runs in a circle", "a.doc", ole("x")[:516] + struct.pack("<I", 1) + ole("x")[520:], "认不出"),
    ("a PNG of 10 billion pixels", "a.png", png(100_000, 100_000), "像素"),
    ("a JPEG of 4 billion pixels", "a.jpg", jpeg(65_535, 65_535), "像素"),
    ("a GIF of 4 billion pixels", "a.gif", b"GIF89a\xff\xff\xff\xff" + bytes(20), "像素"),
    ("random bytes", "a.dat", bytes(range(256)) * 4, "认不出"),
    ("text with NUL", "a.txt", b"hello\x00world", "认不出"),
    ("a Flash film", "a.swf", b"FWS\x09" + bytes(40), "不接受"),
    ("a SQLite database", "a.db", b"SQLite format 3\x00" + bytes(90), "不接受"),
    ("a Windows font", "a.ttf", b"\x00\x01\x00\x00\x00" + bytes(40), "不接受"),
]  # fmt: skip

SAFE: list[tuple[str, str, bytes, str, str]] = [
    ("a PDF", "合同.pdf", samples.content("a.pdf"), "application/pdf", "合同.pdf"),
    ("a PDF that is a web page too", "a.html", samples.content("a.pdf") + b"<script>alert(1)</script>", "application/pdf", "a.pdf"),
    ("a PDF named .exe", "发票.exe", samples.content("a.pdf"), "application/pdf", "发票.pdf"),
    ("a GIF that is a script too", "a.js", b"GIF89a\x01\x00\x01\x00/*\x00*/=1;alert(1)", "image/gif", "a.gif"),
    ("a PNG with a web page in it", "a.htm", samples.content("a.png") + b"<html><script>", "image/png", "a.png"),
    ("a JPEG named .png", "照片.png", samples.content("a.jpg"), "image/jpeg", "照片.jpg"),
    ("a name that climbs", "../../../etc/passwd", b"text", "text/plain", "passwd.txt"),
    ("a name that climbs the Windows way", "..\\..\\boot.ini", b"text", "text/plain", "boot.txt"),
    ("an absolute name", "/var/www/a.txt", b"text", "text/plain", "a.txt"),
    ("a name written backwards", "合同\u202efdp.exe", samples.content("a.pdf"), "application/pdf", "合同fdp.pdf"),
    ("a name with invisible marks", "a\u200b\u2066b.txt", b"text", "text/plain", "ab.txt"),
    ("a name with NUL", "a.pdf\x00.exe", samples.content("a.pdf"), "application/pdf", "a.pdf"),
    ("a name with a line end", "a\r\nSet-Cookie: x.txt", b"text", "text/plain", "a__Set-Cookie_ x.txt"),
    ("a name of 300 characters", "客" * 300 + ".pdf", samples.content("a.pdf"), "application/pdf", "客" * 83 + ".pdf"),
    ("no name", "", b"text", "text/plain", "未命名.txt"),
    ("a name of dots", "...", b"text", "text/plain", "未命名.txt"),
    ("a reserved name", "CON.txt", b"text", "text/plain", "_CON.txt"),
    ("a name of quotes", 'a"; filename="x.exe', b"text", "text/plain", "a_; filename=_x.txt"),
    ("text in GB18030", "清单.csv", "客户,电话\n晨光,1".encode("gb18030"), "text/plain", "清单.csv"),
    ("an old Word document", "函.doc", ole("WordDocument"), "application/msword", "函.doc"),
    ("a WPS document", "函.wps", ole("WordDocument"), "application/msword", "函.wps"),
    ("an OFD", "票.ofd", zipped({"OFD.xml": b"<OFD/>", "Doc_0/Document.xml": b"<D/>"}), "application/ofd", "票.ofd"),
    ("an OFD named .docx", "票.docx", zipped({"OFD.xml": b"<OFD/>"}), "application/ofd", "票.ofd"),
]  # fmt: skip
