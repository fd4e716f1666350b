"""Encrypted backups, in the format of age (age-encryption.org): streamed, authenticated piece by piece, readable without us.

A backup is encrypted *to* a public key (age1…); only the key file (AGE-SECRET-KEY-1…) opens it, which need not lie on the
server that makes the backups. Hashes in the manifest are those of the encrypted files, so that a backup can be checked
without the key; the hash of a content's own bytes is its name, and is held against what came out.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyrage
from django.conf import settings
from pyrage import x25519

from kedang.kernel import clock
from kedang.kernel.backups.folders import Unusable

SUFFIX = ".age"
SECRET = "AGE-SECRET-KEY-1"  # noqa: S105  (how a key begins)


@dataclass(frozen=True)
class Key:
    """A key file that has been read."""

    path: Path
    identities: tuple[Any, ...]

    @property
    def recipients(self) -> tuple[str, ...]:
        """The public keys that belong to it."""
        return tuple(str(one.to_public()) for one in self.identities)


def new_key(path: Path) -> str:
    """Write a new key file, readable by its owner alone; its public key. Nothing is written over."""
    made = x25519.Identity.generate()
    text = f"# Kedang backups, {clock.now():%Y-%m-%d}\n# public key: {made.to_public()}\n{made}\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise Unusable(f"{path} 已经存在，没有改动；请换一个文件名") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return str(made.to_public())


def read_key(path: Path) -> Key:
    """The keys of a key file; Unusable when there are none in it."""
    try:
        lines = path.read_text(encoding="ascii", errors="replace").split()
    except OSError as error:
        raise Unusable(f"密钥文件 {path} 读不了：{error.strerror}") from error
    try:
        found = tuple(x25519.Identity.from_str(line) for line in lines if line.startswith(SECRET))
    except pyrage.IdentityError:
        raise Unusable(f"密钥文件 {path} 里的密钥抄错了或不完整") from None
    if not found:
        raise Unusable(f"密钥文件 {path} 里没有密钥（应有 {SECRET}… 开头的一行）")
    return Key(path, found)


def recipients(given: Iterable[str] = ()) -> tuple[str, ...]:
    """To whom backups are encrypted: the public keys named, else those of the settings, else the key file's own; () means
    that they are not encrypted."""
    named = tuple(given) or tuple(settings.BACKUP.recipients)
    if not named and settings.BACKUP.key_file is not None:
        named = read_key(settings.BACKUP.key_file).recipients
    for one in named:
        _public(one)
    return tuple(sorted(set(named)))


def _public(text: str) -> Any:
    try:
        return x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise Unusable(f"{text} 不是公钥（应以 age1 开头，由 kedang backup --new-key 印出）") from None


def key_for(name: str, manifest: dict[str, Any], path: Path | None = None) -> Key | None:
    """The key that opens a backup, None for one that is not encrypted; Unusable when it is missing or another's."""
    needed = manifest.get("encrypted_to")
    if not needed:
        return None
    path = path or settings.BACKUP.key_file
    to = "、".join(needed)
    if path is None:
        raise Unusable(
            f"备份 {name} 已加密（公钥 {to}），要有密钥文件才能恢复：用 --key-file 指明，或设置 KEDANG_BACKUP_KEY_FILE"
        )
    key = read_key(path)
    if not set(key.recipients) & set(needed):
        own = "、".join(key.recipients)
        raise Unusable(f"密钥不对：备份 {name} 用公钥 {to} 加密，密钥文件 {path} 的公钥是 {own}；请换成对应的密钥文件")
    return key


# ---- files ---------------------------------------------------------------------------------------------------------------


class _Hashed:
    """A file that hashes and counts what passes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.sha256 = hashlib.sha256()
        self.size = 0

    def read(self, size: int = -1) -> bytes:
        return self._passed(self._file.read(size))

    def write(self, piece: bytes) -> int:
        self._file.write(piece)
        return len(self._passed(piece))

    def flush(self) -> None:
        self._file.flush()

    def _passed(self, piece: bytes) -> bytes:
        self.sha256.update(piece)
        self.size += len(piece)
        return piece


@dataclass(frozen=True)
class Sealed:
    """A file that was encrypted: the hash of what went in, hash and size of what lies there."""

    plain: str
    stored: str
    size: int


def seal(source: Path, target: Path, to: Iterable[str]) -> Sealed:
    """Encrypt a file, on the disk before this returns."""
    into = [_public(one) for one in to]
    given, taken = _piped(source, target, lambda reader, writer: pyrage.encrypt_io(reader, writer, into))
    return Sealed(given.sha256.hexdigest(), taken.sha256.hexdigest(), taken.size)


def unseal(source: Path, target: Path, key: Key) -> str:
    """Decrypt a file, on the disk before this returns; the SHA-256 of what came out. Unusable when it does not open."""
    try:
        _, taken = _piped(
            source, target, lambda reader, writer: pyrage.decrypt_io(reader, writer, list(key.identities))
        )
    except pyrage.DecryptError:
        raise Unusable(f"{source.name} 用密钥文件 {key.path} 解不开") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise Unusable(f"{source.name} 解不开：已损坏或被改动") from None
    return taken.sha256.hexdigest()


def _piped(source: Path, target: Path, work: Callable[[_Hashed, _Hashed], None]) -> tuple[_Hashed, _Hashed]:
    with source.open("rb") as given, target.open("xb") as taken:
        reader, writer = _Hashed(given), _Hashed(taken)
        work(reader, writer)
        taken.flush()
        os.fsync(taken.fileno())
    target.chmod(0o600)
    return reader, writer
