"""A mail: plain text, and the same with links to tap."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend
from django.utils.html import escape

from kedang.kernel.delivery.wording import Said

FOOT = "这封邮件由客档按公司制度自动发出，请勿直接回复。接收方式和免打扰时间在“通知设置”里改。"


def letter(
    to: str, name: str, subject: str, lines: Sequence[Said], summary: str = "", *, connection: BaseEmailBackend
) -> EmailMultiAlternatives:
    """The letter, ready to send."""
    plain, rich = [f"{name}，您好：", ""], [f"<p>{escape(name)}，您好：</p>"]
    if summary:
        plain += [summary, ""]
        rich.append(f"<p><b>{escape(summary)}</b></p>")
    before = ""
    for line in lines:
        if line.heading and line.heading != before:
            plain += [f"【{line.heading}】"]
            rich.append(f"<h3>{escape(line.heading)}</h3>")
        before = line.heading
        plain += [line.text, f"{line.label}：{line.url}", ""]
        rich.append(f'<p>{escape(line.text)}<br><a href="{escape(line.url)}">{escape(line.label)}</a></p>')
    plain.append(FOOT)
    rich.append(f"<p><small>{escape(FOOT)}</small></p>")
    made = EmailMultiAlternatives(" ".join(subject.split())[:120], "\n".join(plain), to=[to], connection=connection)
    made.attach_alternative("".join(rich), "text/html")
    made.extra_headers["Auto-Submitted"] = "auto-generated"
    return made
