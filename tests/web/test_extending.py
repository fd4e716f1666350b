"""The inbox offers an extension where the regulation allows one, and shows a clock that stands still."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from kedang.kernel.actions.duties import as_json
from tests.norms.language import pack, story

pytestmark = pytest.mark.django_db

TEXT = pack("""
  - id: prepare
    clause: "1"
    kind: duty
    name: 准备材料
    opens: {event: contact.recorded}
    done: {form: sheet, for: customer}
    due: {within: 2 days, extend: {times: 1, each: 3 days}, pause: customer.change_reported, resume: visit.recorded}
""")


def test_a_bearer_extends_on_the_page() -> None:
    with story(TEXT) as it:
        customer = it.register()
        it.do("contact.record", "小王", customer=customer, kind="电话")
        client = Client()
        client.force_login(it.company["小王"], backend="django.contrib.auth.backends.ModelBackend")
        url = reverse("duty_extend", args=[it.duty("prepare").pk])
        assert url in client.get(reverse("inbox")).text
        assert client.get(url).status_code == 200
        assert client.post(url, {"reason": ""}).status_code == 422
        assert client.post(url, {"reason": "客户出差"}).status_code in (204, 302)
        shown = as_json(it.duty("prepare"))
        assert (shown["due"][:10], shown["first_due"][:10], shown["extensions"]) == ("2026-03-07", "2026-03-04", 1)
        assert "已延期 1 次" in client.get(reverse("inbox")).text
        again = client.post(url, {"reason": "还要"})
        assert again.status_code == 422 and "最多延期 1 次" in again.text
        it.do(
            "customer.report_change", "小王", customer=customer, matter="停产", occurred_on="2026-03-02", side="客户方"
        )
        it.run_to("2026-03-20 10:00")
        assert "暂停计时" in client.get(reverse("inbox")).text
