"""The one way out: only public https addresses, the address that was looked at, one time limit, nothing followed."""

import socket
import time
from typing import Any

import pytest

from kedang.kernel import outbound, vault
from tests.support.outside import target


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/x", "https://127.0.0.1/x", "https://127.1/", "https://0x7f000001/", "https://2130706433/", "https://10.0.0.8/", "https://169.254.169.254/latest",
        "https://[::1]/", "https://[::ffff:192.168.1.1]/", "https://[64:ff9b::a00:1]/", "https://[fd00::1]/", "https://0.0.0.0/", "https://100.64.0.1/", "https://224.0.0.1/",
        "ftp://example.com/", "https://user:pass@example.com/", "https:///x", "https://exa mple.com/", "https://example.com:99999/", "file:///etc/passwd", "",
    ],
)  # fmt: skip
def test_addresses_that_may_never_be_posted_to(url: str) -> None:
    with pytest.raises(outbound.Forbidden):
        outbound.post(url, b"{}")


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.1.2.3", "::1", "fe80::1"])
def test_a_name_that_stands_for_an_inner_address_is_not_spoken_to(inside: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def both(host: str, port: int, **more: Any) -> Any:
        return [(socket.AF_INET, 0, 0, "", ("93.184.216.34", port)), (socket.AF_INET, 0, 0, "", (inside, port))]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    monkeypatch.setattr(socket, "create_connection", lambda *a, **k: pytest.fail("it was spoken to"))
    with pytest.raises(outbound.Forbidden, match="内网"):
        outbound.post("https://robot.example.com/x", b"{}")


def test_the_name_is_looked_up_once_and_that_address_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, dialled = [], []

    def look(host: str, port: int, **more: Any) -> Any:
        asked.append(host)
        return [(socket.AF_INET, 0, 0, "", ("93.184.216.34" if len(asked) == 1 else "127.0.0.1", port))]

    def dial(address: tuple[str, int], **more: Any) -> Any:
        dialled.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", look)
    monkeypatch.setattr(socket, "create_connection", dial)
    with pytest.raises(outbound.Unreachable, match="对方拒绝连接"):
        outbound.post("https://rebind.example.com/x", b"{}")
    assert asked == ["rebind.example.com"]
    assert dialled == [("93.184.216.34", 443)]


def test_what_the_operator_names_is_let_through_and_redirects_are_not_followed(settings: Any) -> None:
    with target() as outside, target() as elsewhere:
        host = outside.url.removeprefix("http://")
        settings.OUTBOUND_ALLOW = [host]
        outside.status, outside.headers = 302, {"Location": f"{elsewhere.url}/inner"}
        answer = outbound.post(f"{outside.url}/hook?key=1", b'{"a": 1}', {"Content-Type": "application/json"})
        assert answer.status == 302
        assert elsewhere.got == []
        assert outside.got[0]["query"] == {"key": "1"}
        assert outside.got[0]["body"] == b'{"a": 1}'
        assert outside.got[0]["headers"]["Host"] == host
        with pytest.raises(outbound.Forbidden):
            outbound.post(elsewhere.url, b"{}")


def test_a_network_may_be_named(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    with target() as outside:
        assert outbound.post(outside.url, b"{}").status == 200
    with pytest.raises(outbound.Forbidden):
        outbound.post("https://10.0.0.1/", b"{}")


@pytest.mark.parametrize("how", ["hang", "drip"])
def test_a_target_that_hangs_or_drips_is_cut_off_in_time(how: str, settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with target() as outside:
        outside.hang = 5 if how == "hang" else 0
        outside.drip, outside.answer = how == "drip", {"errcode": 0, "errmsg": "x" * 200}
        before = time.monotonic()
        with pytest.raises(outbound.Unreachable):
            outbound.post(outside.url, b"{}", timeout=0.6)
        assert time.monotonic() - before < 2


def test_a_certificate_that_nobody_vouches_for_is_refused(settings: Any) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1"]
    with target() as outside, pytest.raises(outbound.Unreachable):
        outbound.post(outside.url.replace("http://", "https://"), b"{}", timeout=2)


def test_sealed_secrets_need_the_installations_key(settings: Any) -> None:
    sealed = vault.seal("SEC密钥")
    assert "SEC" not in sealed
    assert vault.unseal(sealed) == "SEC密钥"
    assert vault.unseal(vault.seal("")) == ""
    settings.SECRET_KEY = "another"
    with pytest.raises(vault.Lost):
        vault.unseal(sealed)
