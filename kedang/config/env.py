"""Readers of the environment: the only place where KEDANG_* variables are looked at by settings."""

import os
import re
import secrets
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


def flag(name: str, *, default: bool = False) -> bool:
    """Return a yes/no variable; 1, true, yes, on mean yes."""
    value = os.environ.get(name, "").strip().lower()
    return value in {"1", "true", "yes", "on"} if value else default


def words(name: str, *, default: list[str]) -> list[str]:
    """Return a comma-separated variable as a list."""
    value = os.environ.get(name, "")
    return [word.strip() for word in value.split(",") if word.strip()] or default


def megabytes(name: str, *, default: int) -> int:
    """Return a size given in MB as bytes; it must be a whole number above 0."""
    value = os.environ.get(name, "").strip() or str(default)
    if not value.isdecimal() or int(value) < 1:
        raise ValueError(f"{name} 须是大于 0 的整数（单位 MB）。")
    return int(value) * 1024 * 1024


@dataclass(frozen=True)
class Backup:
    """Backups that the product makes by itself: where to, at what time of day, how many stay, how often one is tried."""

    folder: Path | None
    at: time
    keep: int
    drill_days: int
    recipients: tuple[str, ...] = ()
    """Public keys (age1…) that backups are encrypted to; none: not encrypted, or to the key file's own."""
    key_file: Path | None = None
    """What opens encrypted backups, for drills and restores."""


def backup() -> Backup:
    """Return the KEDANG_BACKUP_* variables; without a folder nothing is backed up by itself."""
    folder = os.environ.get("KEDANG_BACKUP_DIR", "").strip()
    try:
        at = time.fromisoformat(os.environ.get("KEDANG_BACKUP_AT", "").strip() or "02:00")
    except ValueError:
        raise ValueError("KEDANG_BACKUP_AT 须是时刻，例如 02:00。") from None
    keep, days = whole("KEDANG_BACKUP_KEEP", default=14), whole("KEDANG_DRILL_DAYS", default=7)
    to = tuple(words("KEDANG_BACKUP_RECIPIENT", default=[]))
    if wrong := [one for one in to if not re.fullmatch("age1[0-9a-z]{58}", one)]:
        raise ValueError(f"KEDANG_BACKUP_RECIPIENT 须是 age1 开头的公钥，{wrong[0]} 不是。")
    key = os.environ.get("KEDANG_BACKUP_KEY_FILE", "").strip()
    return Backup(Path(folder).resolve() if folder else None, at, keep, days, to, Path(key).resolve() if key else None)


def mail_server() -> dict[str, Any]:
    """Return what Django's mail needs from KEDANG_SMTP_URL (smtp://user:password@host:587, smtps:// for TLS from the start,
    smtp://…?tls=no for none); without it no mail is sent."""
    parts = urlsplit(os.environ.get("KEDANG_SMTP_URL", "").strip())
    if parts.scheme not in ("", "smtp", "smtps") or (parts.scheme and not parts.hostname):
        raise ValueError("KEDANG_SMTP_URL 须写成 smtp://用户:密码@主机:端口 或 smtps://…。")
    ssl = parts.scheme == "smtps"
    plain = dict(parse_qsl(parts.query)).get("tls") == "no"
    return {
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": parts.port or (465 if ssl else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": ssl,
        "EMAIL_USE_TLS": not ssl and not plain,
        "EMAIL_TIMEOUT": 10,
        "DEFAULT_FROM_EMAIL": os.environ.get("KEDANG_MAIL_FROM", "").strip()
        or unquote(parts.username or "")
        or "kedang@localhost",
    }


def one_of(name: str, values: list[str]) -> str:
    """Return a variable that must be one of a few words; '' when it is not set."""
    value = os.environ.get(name, "").strip().lower()
    if value not in values:
        raise ValueError(f"{name} 须是 {'、'.join(filter(None, values))} 之一。")
    return value


SIGN_IN = {
    "openid_connect": ("KEDANG_OIDC_CLIENT_ID", "KEDANG_OIDC_SECRET"),
    "dingtalk": ("KEDANG_DINGTALK_CLIENT_ID", "KEDANG_DINGTALK_SECRET"),
    "feishu": ("KEDANG_FEISHU_CLIENT_ID", "KEDANG_FEISHU_SECRET"),
    "wecom": ("KEDANG_WECOM_CLIENT_ID", "KEDANG_WECOM_SECRET"),
}


def sign_in_providers() -> dict[str, Any]:
    """Return the ways to sign in besides the password, as allauth wants them: those whose client id is set."""
    found: dict[str, Any] = {}
    for kind, names in SIGN_IN.items():
        client, secret = (_text(name) for name in names)
        if not client:
            continue
        if not secret:
            raise ValueError(f"设了 {names[0]}，还要设 {names[1]}。")
        app: dict[str, Any] = {"client_id": client, "secret": secret}
        found[kind] = {"APPS": [app]}
        if kind == "openid_connect":
            if not (url := _text("KEDANG_OIDC_URL")):
                raise ValueError("设了 KEDANG_OIDC_CLIENT_ID，还要设 KEDANG_OIDC_URL（统一登录的网址）。")
            app |= {"provider_id": "oidc", "name": _text("KEDANG_OIDC_NAME") or "统一登录"}
            app["settings"] = {"server_url": url}
            found[kind]["OAUTH_PKCE_ENABLED"] = True
        if kind == "wecom":
            app["settings"] = {"agentid": _text("KEDANG_WECOM_AGENT_ID")}
    return found


def _text(name: str) -> str:
    return os.environ.get(name, "").strip()


def site_url() -> str:
    """Return KEDANG_URL, the address under which people open the product: links in messages begin with it."""
    url = os.environ.get("KEDANG_URL", "").strip().rstrip("/")
    if url and urlsplit(url).scheme not in ("http", "https"):
        raise ValueError("KEDANG_URL 须以 https:// 或 http:// 开头。")
    return url or "http://127.0.0.1:8000"


def whole(name: str, *, default: int) -> int:
    """Return a whole number above 0."""
    value = os.environ.get(name, "").strip() or str(default)
    if not value.isdecimal() or int(value) < 1:
        raise ValueError(f"{name} 须是大于 0 的整数。")
    return int(value)


def data_folder(base: Path) -> Path:
    """Return KEDANG_DATA (created, private to its owner); default ``var`` beside the code."""
    folder = Path(os.environ.get("KEDANG_DATA") or base / "var").resolve()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def secret_key(folder: Path) -> str:
    """Return KEDANG_SECRET_KEY, else the key kept in the data folder, made at first use."""
    if given := os.environ.get("KEDANG_SECRET_KEY"):
        return given
    path = folder / "secret_key"
    try:
        # O_EXCL: of two processes starting at once only one writes, the other reads what it wrote.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(key := secrets.token_urlsafe(48))
    return key


def database(folder: Path) -> dict[str, Any]:
    """Return the default database: KEDANG_DATABASE_URL (postgres://…), else SQLite in the data folder."""
    url = os.environ.get("KEDANG_DATABASE_URL", "")
    if not url:
        return _sqlite(folder / "kedang.sqlite3")
    if urlsplit(url).scheme not in {"postgres", "postgresql"}:
        raise ValueError("KEDANG_DATABASE_URL 须以 postgres:// 开头；不设则使用 SQLite。")
    return _postgres(url)


def _sqlite(path: Path) -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            # Django's DEFERRED fails with "database is locked" as soon as two writers meet.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                # FULL: in WAL mode NORMAL does not wait for the disk at a commit, and a power cut takes back what people
                # were told is done.
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;"
                "PRAGMA cache_size=-32000; PRAGMA mmap_size=134217728; PRAGMA temp_store=MEMORY;"
                # What is destroyed is overwritten, not only unlinked.
                "PRAGMA secure_delete=ON;"
            ),
        },
    }


FEW_ROWS = "-c max_parallel_workers_per_gather=0 -c jit=off"
"""Nearly all that is asked wants a page of rows, soon found by an index: starting two more processes or compiling the question
took five times as long as finding them. `?options=` of the address comes after it and wins."""


def _postgres(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    host = options.pop("host", None) or parts.hostname or ""
    options["options"] = f"{FEW_ROWS} {options.get('options', '')}".rstrip()
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or "kedang",
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(host),
        "PORT": str(parts.port or options.pop("port", "")),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 8, "timeout": 15}, **options},
    }
