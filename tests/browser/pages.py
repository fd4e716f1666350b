"""Every page of the product in one place: who looks, and where. A route without its page, or its reason, fails the suite."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from kedang.customers.claims.models import Conflict
from kedang.kernel import clock
from kedang.kernel.blobs import samples, service
from kedang.kernel.errors import NeedsApproval
from kedang.kernel.norms.models import Duty, FormRecord, Grant
from kedang.web import handbook
from tests.browser.conftest import Site

FILE_TABS = ("timeline", "data", "contacts", "forms", "items", "deals", "keeping", "changes", "owners", "log")
ADMIN_TABS = ("people", "units", "posts", "calendar", "packs", "gaps", "sending", "health", "backups", "sessions")
LEASING, REGISTER = "leasing-customer-info", "leasing-customer-info.info_register"

# Routes that show no page of their own, and why.
NO_PAGE = {
    "a part of another page, drawn into it": """customer_acts customer_rail customer_counts customer_check customer_duties customer_picked
        customer_recheck customer_columns customer_move customer_star customer_compose desk_check pick badges job_progress home_card home_overdue_picked
        home_rows""",
    "only posted to": """logout sessions_end sessions_end_others notices_read approval_batch rules_urge rules_adopt job_cancel uploads
        handover_do manage_end_sign_in customer_view_mark import_drop webhook_do delivery_resend token_revoke robot_end robot_test
        sending_resend feed_renew feed_end home_freeze manage_backup deputy_end""",
    "a file, not a page": """item_content item_picture form_content approval_print job_result import_errors import_file import_template
        manage_staff_template home_report_print calendar_feed""",
    "leads on to a page": "start to_notice to_duty to_approval",
    "seen by its own test, which makes what it shows first": """claim import import_columns import_check import_confirm import_undo
        customer_bulk customer_bulk_result customer_view_edit rules_version rules_draft proposal proposal_settle proposal_hear
        export_record register_export register_disclose register_ask duty_extend duty_excuse duty_take duty_finish manage_staff_draft
        manage_check manage_link manage_links manage_load manage_do_about home_overdue_do home_report home_settings webhook
        approval_move grant_revoke customer_export customer_export_file""",
    "for developers": "kit",
    "for machines": "health",
}
LIBRARIES = (
    "api_",
    "api-",
    "openapi",
    "account_",
    "mfa_",
    "identity_",
    "openid_connect_",
    "dingtalk_",
    "feishu_",
    "wecom_",
)
"""Beginnings of names that belong to the API and to the libraries of signing in, which have tests of their own."""


def pages(site: Site) -> Iterator[tuple[str, str, str]]:
    """(who, route, address) of every page, in an office where something stands on each."""
    made = _made(site)
    file, other = made["file"], made["other"]
    mine: list[tuple[str, list[Any], str]] = [
        ("inbox", [], ""), ("home", [], ""), ("handbook", [], ""), ("customers", [], "scope=all"), ("customers", [], "q=没有"),
        ("customers", [], "scope=all&show=board"), ("customer_filter", [], ""), ("customer_view_new", [], ""),
        ("customer_new", [], ""), ("customer", [other], ""), ("customer_ask", [other], ""), ("customer_edit", [file], ""),
        ("form_file", ["customer-registry.customer_basic"], f"customer={file}"), ("form_record", [made["record"]], ""), ("form_correct", [made["record"]], ""),
        ("deed", [file, "expense.submit"], ""), ("deed", [file, "record.attach"], ""), ("deed_alone", ["event.correct"], f"entry={made['entry']}"),
        ("search", [], "q=晨光"), ("catalogue", [file], ""), ("item", [file, made["item"]], ""), ("approvals", [], "tab=asked"),
        ("expenses", [], ""), ("rules", [], ""), ("rules_pack", ["customer-registry"], ""), ("rules_pack", ["customer-registry"], "tab=parameters"),
        ("rules_pack", ["customer-registry"], "tab=forms"), ("rules_pack", ["customer-registry"], "tab=versions"),
        ("rules_cases", ["customer-registry", "1.4.1", "met"], ""), ("proposals", [], ""), ("grants", [], ""), ("jobs", [], ""),
        ("sessions", [], ""), ("password", [], ""), ("reaching", [], ""), ("deputies", [], ""), ("mfa_index", [], ""), ("mfa_activate_totp", [], ""), ("mfa_add_webauthn", [], ""), ("list_export", ["approvals"], "tab=asked"),
        *(("customer", [file], f"tab={tab}") for tab in FILE_TABS), *(("handbook_page", [page], "") for page in handbook.PAGES),
    ]  # fmt: skip
    yield from (("wang", route, address(route, args, query)) for route, args, query in mine)
    yield from (("zhou", route, address(route, args, query)) for route, args, query in [
        ("approvals", [], ""), ("approval", [made["request"]], ""), ("grant", [made["grant"]], ""), ("imports", [], ""),
        ("home", [], ""), ("home_overdue", [], ""), ("home_reports", [], "")])  # fmt: skip
    yield from (("luo", route, address(route, args, query)) for route, args, query in [
        ("desk", [], ""), ("conflicts", [], ""), ("conflict", [made["conflict"]], ""), ("registers", [], ""),
        ("rules_sign", [LEASING], ""), ("rules_signatures", [LEASING], "")])  # fmt: skip
    yield "qin", "desk", reverse("desk")
    yield "guo", "form_file", reverse("form_file", args=[REGISTER])
    yield "hexin", "register", reverse("register", args=[REGISTER])
    yield "sun", "handover", reverse("handover", args=[site.company["lv"].pk])
    admin = [
        ("manage_person", [site.company["wang"].pk], ""), ("manage_staff", [], ""), ("manage_do", ["org.add_person"], ""), ("handbook", [], ""),
        ("tokens", [], ""), ("token_new", [], ""), ("webhooks", [], ""), ("webhook_new", [], ""), ("robot_new", [], ""),
        *(("manage", [], f"tab={tab}") for tab in ADMIN_TABS),
    ]  # fmt: skip
    yield from (("admin", route, address(route, args, query)) for route, args, query in admin)


def address(route: str, args: list[Any], query: str) -> str:
    """Where a route leads."""
    return reverse(route, args=args) + (f"?{query}" if query else "")


def routes() -> set[str]:
    """The names of all addresses that people open in a browser."""
    return set(_named(get_resolver().url_patterns))


def _named(patterns: list[Any]) -> Iterator[str]:
    for one in patterns:
        if isinstance(one, URLResolver) and one.namespace is None:
            yield from _named(one.url_patterns)
        elif isinstance(one, URLPattern) and one.name:
            yield one.name


def without_page() -> set[str]:
    """The routes of NO_PAGE."""
    return {name for names in NO_PAGE.values() for name in names.split()}


# ---- what stands on them ---------------------------------------------------------------------------------------------


def _made(site: Site) -> dict[str, int]:
    file, other = site.customer(phone="0311-86001234", contact_name="张建国"), site.customer("恒远物流公司", by="chen")
    site.do("contact.record", "wang", customer=file, kind="电话", content="谈了交期")
    report = {"contacted_on": clock.today(), "content": "有意向"}
    site.do("form.file", "wang", form="customer-registry.contact_report", customer=file, data=report)
    blob = service.received([samples.content("营业执照.png")], "营业执照.png", site.company["wang"])
    item = site.do("record.attach", "wang", customer=file, files=[blob.pk], title="营业执照", issued_on=clock.today())
    request = _asked(site, other, "接手项目")
    third = site.customer("大禹机械厂", by="chen")
    site.do("approval.move", "zhou", request=_asked(site, third, "联合投标"), move="agree")
    for login in ("tan", "guo"):
        site.do("customer.claim", login, name="星河餐饮", source="来电", business_type="lease")
    site.customer("金泽汽车零部件厂", by="lv")
    site.do("org.leave", "admin", person=site.company["lv"].pk, on=clock.today() - timedelta(days=1), reason="辞职")
    entry = Duty.objects.filter(file=file).order_by("pk").values_list("opened_by", flat=True).first()
    return {
        "file": file, "other": other, "item": item["item"], "request": request, "entry": entry or 0,
        "record": FormRecord.objects.get(file=file).pk, "grant": Grant.objects.get(file=third).pk,
        "conflict": Conflict.objects.get().pk,
    }  # fmt: skip


def _asked(site: Site, file: int, purpose: str) -> int:
    try:
        site.do("file.open", "wang", customer=file, purpose=purpose)
    except NeedsApproval as asked:
        return int(asked.request.pk)
    raise AssertionError("a colleague's file was to be asked for")
