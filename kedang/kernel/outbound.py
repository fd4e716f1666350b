"""Posting to addresses that people have typed in: robots of chat programs, webhooks. The one door out of the server.

Whoever may type an address must not be able to have the server speak to the inside of the company. So: https only, no
name or password in the address, every address that the name stands for must be a public one, the connection goes to the
very address that was looked at (a second look-up could answer differently), and nothing is redirected. What the operator
names in KEDANG_OUTBOUND_ALLOW (host, host:port or a network such as 10.8.0.0/16) is let through, http included.

The whole exchange has one time limit, looking up the name included; a target that drips its answer out byte by byte is cut
off like one that says nothing. Call it from the worker, never while somebody waits, and never inside a transaction.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from django.conf import settings

TIMEOUT = 8.0
MOST = 64 * 1024
"""Bytes of an answer that are read."""
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Unreachable(Exception):
    """Nothing was heard from the target, or not in time; trying again later may help."""


class Forbidden(Exception):
    """The address may not be spoken to, now or later."""


@dataclass(frozen=True)
class Answer:
    """What the target said."""

    status: int
    body: bytes
    retry_after: str = ""


def check(url: str) -> SplitResult:
    """The address taken apart; Forbidden, with the reason in Chinese, when it could never be posted to.

    Only its form and what is written in it are judged here, so that a typed address can be checked without waiting for the
    network; `post` looks at what the name stands for.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Forbidden("网址写法不对。") from None
    if any(ord(char) < 33 or ord(char) > 126 for char in url):
        raise Forbidden("网址里不能有空格、中文或控制字符。")
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise Forbidden("网址须以 https:// 开头。")
    if parts.username or parts.password:
        raise Forbidden("网址里不能带用户名和密码。")
    if _allowed_host(parts.hostname, port or _default_port(parts)):
        return parts
    literal = _literal(parts.hostname)
    if literal is not None and _allowed_network(literal):
        return parts
    if parts.scheme != "https" and not _networks():
        raise Forbidden("网址须以 https:// 开头。")
    if literal is not None and not _public(literal):
        raise Forbidden("不能发往内网地址。")
    return parts


def post(url: str, body: bytes, headers: Mapping[str, str] | None = None, *, timeout: float = TIMEOUT) -> Answer:
    """Post once. Raises Forbidden or Unreachable; any status is an answer, redirects included (they are not followed)."""
    parts = check(url)
    limit = time.monotonic() + timeout
    found = _resolve(parts, timeout)
    last: Exception | None = None
    for address in found[:3]:
        try:
            return _exchange(parts, address, body, dict(headers or {}), limit)
        except (OSError, http.client.HTTPException) as error:
            last = error
        if time.monotonic() >= limit:
            break
    late = time.monotonic() >= limit
    raise Unreachable(f"{timeout:.0f} 秒内没有答复" if late else f"连接不上（{_said(last)}）") from last


def _said(error: Exception | None) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"证书不可信：{error.verify_message}"
    if isinstance(error, ConnectionRefusedError):
        return "对方拒绝连接"
    return type(error).__name__


# ---- which addresses ---------------------------------------------------------------------------------------------


def _resolve(parts: SplitResult, timeout: float) -> list[Address]:
    """Every address the name stands for now; Forbidden as soon as one of them is none of the public ones."""
    assert parts.hostname is not None
    port = parts.port or _default_port(parts)
    found = _look_up(parts.hostname, port, timeout)
    if _allowed_host(parts.hostname, port):
        return found
    for address in found:
        if _allowed_network(address):
            continue
        if not _public(address):
            raise Forbidden(f"{parts.hostname} 指向内网地址，不能发送。")
        if parts.scheme != "https":
            raise Forbidden("网址须以 https:// 开头。")
    return found


def _look_up(host: str, port: int, timeout: float) -> list[Address]:
    """Addresses of a name. The system's resolver knows no time limit, so it is asked in a thread that may be left behind."""
    literal = _literal(host)
    if literal is not None:
        return [literal]
    answer: list[Address] = []
    failed: list[Exception] = []

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.extend(dict.fromkeys(ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows))
        except (OSError, UnicodeError, ValueError) as error:
            failed.append(error)

    thread = threading.Thread(target=ask, name="resolver", daemon=True)
    thread.start()
    thread.join(timeout)
    if failed or not answer:
        raise Unreachable(f"找不到主机 {host}" if failed else f"查询主机 {host} 超时")
    return answer


def _literal(host: str) -> Address | None:
    """An address written in numbers, in any of the ways that the system's resolver would take for one (127.1, 0x7f000001)."""
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        pass
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host))
    except OSError:
        return None


def _public(address: Address) -> bool:
    """Whether it lies in the internet at large; addresses that wrap another one are judged by what they wrap."""
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None)
    if inner is not None:
        return _public(inner)
    if address.version == 6 and address in ipaddress.ip_network("64:ff9b::/96"):
        return _public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address.is_global and not address.is_multicast


def _default_port(parts: SplitResult) -> int:
    return 443 if parts.scheme == "https" else 80


def named(parts: SplitResult) -> bool:
    """Whether the operator has named this host or its network in KEDANG_OUTBOUND_ALLOW."""
    assert parts.hostname is not None
    literal = _literal(parts.hostname)
    return _allowed_host(parts.hostname, parts.port or _default_port(parts)) or (
        literal is not None and _allowed_network(literal)
    )


def _allow() -> list[str]:
    return list(getattr(settings, "OUTBOUND_ALLOW", ()))


def _allowed_host(host: str, port: int) -> bool:
    return bool({host.lower(), f"{host.lower()}:{port}"} & {each.lower() for each in _allow()})


def _networks() -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    found = []
    for each in _allow():
        if "/" in each:
            try:
                found.append(ipaddress.ip_network(each, strict=False))
            except ValueError:
                continue
    return found


def _allowed_network(address: Address) -> bool:
    return any(address.version == network.version and address in network for network in _networks())


# ---- the exchange ------------------------------------------------------------------------------------------------


def _exchange(parts: SplitResult, address: Address, body: bytes, headers: dict[str, str], limit: float) -> Answer:
    """One post to one address, ended at the limit whatever the other side does."""
    assert parts.hostname is not None
    left = limit - time.monotonic()
    if left <= 0:
        raise TimeoutError
    port = parts.port or _default_port(parts)
    plain = socket.create_connection((str(address), port), timeout=left)
    watch = threading.Timer(max(0.05, limit - time.monotonic()), _cut, [plain])
    watch.daemon = True
    watch.start()
    line: socket.socket = plain
    try:
        if parts.scheme == "https":
            line = _context().wrap_socket(plain, server_hostname=parts.hostname)
            watch.cancel()
            watch = threading.Timer(max(0.05, limit - time.monotonic()), _cut, [line])
            watch.daemon = True
            watch.start()
        answer = _talk(parts, port, line, body, headers)
        if time.monotonic() >= limit:
            raise TimeoutError  # cut off in the middle: what came so far is no answer
        return answer
    finally:
        watch.cancel()
        line.close()


def _context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _cut(line: socket.socket) -> None:
    try:
        line.shutdown(socket.SHUT_RDWR)
    except OSError:
        line.close()


def _talk(parts: SplitResult, port: int, line: socket.socket, body: bytes, headers: dict[str, str]) -> Answer:
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, port)
    connection.sock = line
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    shown = host if port == _default_port(parts) else f"{host}:{port}"
    connection.putrequest("POST", path, skip_host=True, skip_accept_encoding=True)
    for key, value in {"Host": shown, "User-Agent": "Kedang", "Content-Length": str(len(body)), **headers}.items():
        connection.putheader(key, value)
    connection.putheader("Connection", "close")
    connection.endheaders(body)
    answer = connection.getresponse()
    return Answer(answer.status, answer.read(MOST), answer.headers.get("Retry-After", ""))
