"""What a content really is, read off its own bytes. The name it came with is never believed.

Allowed is what a customer file is made of: scans and photographs, PDF and OFD, office documents without macros, plain
text, recordings. What a browser would run (HTML, SVG, scripts) and what a computer would run is refused.
"""

from __future__ import annotations

import codecs
import re
import struct
import zipfile
from dataclasses import dataclass
from typing import BinaryIO

from kedang.kernel.errors import Invalid

HEAD = 8192
MAX_MEMBERS, MAX_UNPACKED, MAX_RATIO = 10_000, 1024 * 1024 * 1024, 200
MAX_PIXELS = 200_000_000
KINDS = "PDF、OFD、图片、Word、Excel、PPT、文本、录音或录像"
EMPTY = "文件是空的（0 字节），请重新选择"


@dataclass(frozen=True)
class Kind:
    """A content type that may be kept."""

    mime: str
    extension: str
    label: str
    picture: bool = False
    """Browsers show it by themselves, and nothing in it can run."""


_KINDS = [
    Kind("application/pdf", "pdf", "PDF"),
    Kind("application/ofd", "ofd", "OFD"),
    Kind("image/png", "png", "图片", True),
    Kind("image/jpeg", "jpg", "图片", True),
    Kind("image/gif", "gif", "图片", True),
    Kind("image/webp", "webp", "图片", True),
    Kind("image/bmp", "bmp", "图片", True),
    Kind("image/tiff", "tif", "图片"),
    Kind("image/heic", "heic", "图片"),
    Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx", "Word"),
    Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx", "Excel"),
    Kind("application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx", "PPT"),
    Kind("application/msword", "doc", "Word"),
    Kind("application/vnd.ms-excel", "xls", "Excel"),
    Kind("application/vnd.ms-powerpoint", "ppt", "PPT"),
    Kind("application/x-ole-storage", "ole", "办公文档"),
    Kind("text/plain", "txt", "文本"),
    Kind("audio/mpeg", "mp3", "录音"),
    Kind("audio/mp4", "m4a", "录音"),
    Kind("audio/amr", "amr", "录音"),
    Kind("audio/x-wav", "wav", "录音"),
    Kind("video/mp4", "mp4", "录像"),
    Kind("video/quicktime", "mov", "录像"),
]
BY_MIME = {kind.mime: kind for kind in _KINDS}
# The library's names for the same things.
_ALIASES = {
    "image/x-ms-bmp": "image/bmp",
    "video/x-m4v": "video/mp4",
    "image/heif": "image/heic",
    "audio/x-m4a": "audio/mp4",
}
_OOXML = {"word/": "docx", "xl/": "xlsx", "ppt/": "pptx"}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OLE_STREAMS = {"WordDocument": "doc", "Workbook": "xls", "Book": "xls", "PowerPoint Document": "ppt"}
_OLE_MACROS = ("_VBA_PROJECT", "VBA", "Macros")
_MARKUP = re.compile(
    rb"<\s*(!doctype|html|head|body|script|svg|iframe|object|embed|xml\b|\?xml|\?php|%|x:)|<\?(xml|php|=)|^#!", re.I
)
_RUNS = (
    b"MZ",
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xcf\xfa\xed\xfe",
    b"\xce\xfa\xed\xfe",
    b"dex\n",
    b"\x00asm",
    b"L\x00\x00\x00\x01\x14\x02",
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


def kind_of(file: BinaryIO, size: int) -> Kind:
    """The kind of a content; Invalid in Chinese when it may not be kept."""
    if size == 0:
        raise Invalid(EMPTY)
    file.seek(0)
    head = file.read(HEAD)
    if head.startswith(_RUNS):
        raise Invalid("这是程序文件，不能作为附件上传")
    if head.startswith(_OLE):
        return _ole(file, size)
    if head.startswith(b"PK"):
        return _zip(file)
    if head.startswith(b"%PDF-"):
        return BY_MIME["application/pdf"]
    import filetype  # only what takes in a file needs it

    guess = filetype.guess(head)
    mime = _ALIASES.get(guess.mime, guess.mime) if guess else ""
    if mime in BY_MIME:
        _bounded(head, mime)
        return BY_MIME[mime]
    if guess is not None:
        raise Invalid(f"不接受 {guess.extension} 文件，请上传{KINDS}")
    return _plain(file, head)


def _plain(file: BinaryIO, head: bytes) -> Kind:
    """Text in an encoding that Chinese offices use, and no markup that a browser would run."""
    known = next((name for bom, name in _BOMS if head.startswith(bom)), None)
    for encoding in [known] if known else ["utf-8", "gb18030"]:
        if not _reads_as(file, encoding):
            continue
        if _MARKUP.search(head.decode(encoding, errors="ignore").encode()):
            raise Invalid("这是网页、SVG 或脚本文件，打开时可能运行其中的程序，不能上传；请转成 PDF 或图片")
        return BY_MIME["text/plain"]
    raise Invalid(f"认不出这个文件的类型，请上传{KINDS}")


def _reads_as(file: BinaryIO, encoding: str) -> bool:
    """Whether all of it is text in this encoding; read in pieces, for text may be as long as the limit."""
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while chunk := file.read(65536):
            if _CONTROL.search(decoder.decode(chunk)):
                return False
        return not _CONTROL.search(decoder.decode(b"", final=True))
    except UnicodeDecodeError:
        return False


def _zip(file: BinaryIO) -> Kind:
    """Office and OFD documents are zip archives with known members; other archives are not looked into and refused."""
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error, OverflowError) as error:
        raise Invalid("文件已损坏，无法读取，请重新导出后上传") from error
    names = {member.filename for member in members}
    if "[Content_Types].xml" not in names and "OFD.xml" not in names:
        raise Invalid(f"不接受压缩包，请解压后逐个上传{KINDS}")
    _sound(members)
    if "OFD.xml" in names:
        return BY_MIME["application/ofd"]
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        raise Invalid("文档里有宏，请另存为不带宏的文件（docx、xlsx、pptx）后上传")
    for prefix, extension in _OOXML.items():
        if any(name.startswith(prefix) for name in names):
            return next(kind for kind in _KINDS if kind.extension == extension)
    raise Invalid(f"认不出这个文件的类型，请上传{KINDS}")


def _sound(members: list[zipfile.ZipInfo]) -> None:
    """No bomb, nothing locked, nothing that points outside: whoever opens it later must not be harmed by it."""
    packed = sum(member.compress_size for member in members)
    unpacked = sum(member.file_size for member in members)
    if len(members) > MAX_MEMBERS or unpacked > MAX_UNPACKED or unpacked > MAX_RATIO * max(packed, 4096):
        raise Invalid("文件解开后大得不正常，不能上传")
    if any(member.flag_bits & 0x1 for member in members):
        raise Invalid("文件已加密，别人打不开，请去掉密码后上传")
    if any(name.startswith(("/", "\\")) or ".." in re.split(r"[/\\]", name) for name in (m.filename for m in members)):
        raise Invalid("文件内部的路径不正常，不能上传")


def _ole(file: BinaryIO, size: int) -> Kind:
    """Documents of the old office formats, told apart by the streams in their folder."""
    names = _ole_names(file, size)
    if names & set(_OLE_MACROS):
        raise Invalid("文档里有宏，请另存为不带宏的文件后上传")
    if "EncryptedPackage" in names:
        raise Invalid("文件已加密，别人打不开，请去掉密码后上传")
    for stream, extension in _OLE_STREAMS.items():
        if stream in names:
            return next(kind for kind in _KINDS if kind.extension == extension)
    raise Invalid(f"认不出这个文件的类型，请上传{KINDS}")


def _ole_names(file: BinaryIO, size: int) -> set[str]:
    """Names of the streams: the directory's sectors, followed by the allocation table, at most 4,000 of them."""
    file.seek(0)
    header = file.read(512)
    if len(header) < 512:
        raise Invalid("文件已损坏，无法读取，请重新导出后上传")
    shift = struct.unpack_from("<H", header, 30)[0]
    sector = 1 << shift if shift in (9, 12) else 512
    table = struct.unpack_from("<109I", header, 76)
    at, seen, names = struct.unpack_from("<I", header, 48)[0], set[int](), set[str]()
    while at < 0xFFFFFFFA and at not in seen and len(seen) < 4000 and (at + 1) * sector < size:
        seen.add(at)
        file.seek((at + 1) * sector)
        names |= _entries(file.read(sector))
        per = sector // 4
        if at // per >= len(table) or table[at // per] >= 0xFFFFFFFA:
            break
        file.seek((table[at // per] + 1) * sector + at % per * 4)
        following = file.read(4)
        at = struct.unpack("<I", following)[0] if len(following) == 4 else 0xFFFFFFFE
    return names


def _entries(block: bytes) -> set[str]:
    found = set()
    for offset in range(0, len(block) - 127, 128):
        length = struct.unpack_from("<H", block, offset + 64)[0]
        if 2 <= length <= 64:
            found.add(block[offset : offset + length - 2].decode("utf-16-le", errors="ignore"))
    return found


def _bounded(head: bytes, mime: str) -> None:
    """A picture of billions of pixels stops the reader's browser; its header says so before anything is decoded."""
    size = _pixels(head, mime)
    if size is not None and size[0] * size[1] > MAX_PIXELS:
        raise Invalid(f"图片有 {size[0]}×{size[1]} 像素，过大，请缩小后上传")


def _pixels(head: bytes, mime: str) -> tuple[int, int] | None:
    if mime == "image/png" and head[12:16] == b"IHDR":
        return struct.unpack(">II", head[16:24])
    if mime == "image/gif" and len(head) >= 10:
        return struct.unpack("<HH", head[6:10])
    if mime == "image/bmp" and len(head) >= 26:
        wide, high = struct.unpack("<ii", head[18:26])
        return abs(wide), abs(high)
    if mime == "image/jpeg":
        return _jpeg_size(head)
    return None


def _jpeg_size(head: bytes) -> tuple[int, int] | None:
    """Height and width stand in the first frame header; one that lies beyond what was read is not looked for."""
    at = 2
    while at + 9 < len(head) and head[at] == 0xFF:
        marker, length = head[at + 1], struct.unpack(">H", head[at + 2 : at + 4])[0]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            high, wide = struct.unpack(">HH", head[at + 5 : at + 9])
            return wide, high
        at += 2 + length
    return None
