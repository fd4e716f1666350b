"""Photograph every screen of a running demo server, at desk and phone width, into docs/screenshots/.

make run                                    # in one terminal
.venv/bin/python scripts/screenshots.py     # in another; --only file to take some again
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Error, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from scripts.acts import (
    Act,
    ask_reading,
    attached,
    behalf,
    busiest_cases,
    closed,
    corrected,
    destroyed,
    duplicate,
    first_customer,
    first_row,
    handover,
    import_alike,
    import_checked,
    import_columns,
    import_confirm,
    import_result,
    lent,
    one_approval,
    one_item,
    peeked,
    press,
    refused,
    searched,
    staff_preview,
    tab,
    ticked,
    user_menu,
    with_view,
    wrong_form,
)

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "docs" / "screenshots"
SIZES = {1440: 900, 390: 844}


@dataclass(frozen=True)
class Shot:
    """One screen: who looks, where, and what is done before the picture is taken."""

    name: str
    who: str
    path: str
    act: Act = lambda page: None


SHOTS = [
    Shot("01-sign-in", "", "/login/"),
    Shot("02-tasks", "wang", "/"),
    Shot("03-customers", "wang", "/customers/?scope=mine"),
    Shot("04-file", "wang", "/customers/?scope=mine", first_customer),
    Shot("05-file-closed", "wang", "/customers/", closed),
    Shot("06-new-customer", "wang", "/customers/new/", duplicate),
    Shot("07-refused", "wang", "/customers/", refused),
    Shot("08-form-errors", "wang", "/customers/", wrong_form),
    Shot("09-search", "wang", "/search/?q=医药"),
    Shot("10-approvals", "zhou", "/approvals/"),
    Shot("11-approval", "zhou", "/approvals/", first_row),
    Shot("12-regulations", "han", "/rules/"),
    Shot("13-regulation", "han", "/rules/customer-registry/"),
    Shot("14-cases", "han", "/rules/customer-registry/", busiest_cases),
    Shot("15-proposals", "zheng", "/proposals/"),
    Shot("16-proposal", "zheng", "/proposals/", first_row),
    Shot("17-people", "admin", "/manage/?tab=people"),
    Shot("18-units", "admin", "/manage/?tab=units"),
    Shot("19-calendar", "admin", "/manage/?tab=calendar"),
    Shot("20-packs", "admin", "/manage/?tab=packs"),
    Shot("21-my-sessions", "wang", "/account/sessions/"),
    Shot("22-approvals-batch", "luo", "/approvals/", ticked),
    Shot("23-approval-vote", "zheng", "/approvals/", one_approval),
    Shot("24-ask-reading", "wang", "/customers/", ask_reading),
    Shot("25-grants", "wang", "/grants/"),
    Shot("26-registers", "luo", "/registers/"),
    Shot("27-register", "hexin", "/registers/leasing-customer-info.info_register/"),
    Shot("28-file-reading-log", "wang", "/customers/?scope=mine", tab("?tab=log")),
    Shot("29-file-items", "wang", "/customers/?scope=mine", attached),
    Shot("30-item", "wang", "/customers/?scope=mine", one_item),
    Shot("31-catalogue", "wang", "/customers/?scope=mine", tab("catalogue/")),
    Shot("32-attach", "wang", "/customers/?scope=mine", tab("do/record.attach/")),
    Shot("33-import", "zhou", "/customers/import/"),
    Shot("34-import-columns", "zhou", "/customers/import/", import_columns),
    Shot("35-import-check", "zhou", "/customers/import/", import_checked),
    Shot("36-import-alike", "zhou", "/customers/import/", import_alike),
    Shot("37-import-confirm", "zhou", "/customers/import/", import_confirm),
    Shot("38-import-result", "zhou", "/customers/import/", import_result),
    Shot("39-import-history", "zhou", "/customers/import/"),
    Shot("40-list-views", "wang", "/customers/?scope=mine", with_view),
    Shot("41-list-filter", "wang", "/customers/?scope=mine", press("筛选", "高级筛选")),
    Shot("42-list-drawer", "wang", "/customers/?scope=mine", peeked),
    Shot("43-list-board", "wang", "/customers/?scope=mine&show=board"),
    Shot("44-jobs", "zhou", "/jobs/"),
    Shot("45-desk", "qin", "/desk/"),
    Shot("46-daily-register", "yiming", "/forms/leasing-customer-info.info_register/"),
    Shot("47-conflicts", "luo", "/conflicts/"),
    Shot("48-conflict", "luo", "/conflicts/", first_row),
    Shot("49-sign-regulation", "tan", "/rules/leasing-customer-info/sign/"),
    Shot("50-signatures", "luo", "/rules/leasing-customer-info/signatures/"),
    Shot("51-corrected", "wang", "/customers/?scope=mine", corrected),
    Shot("52-staff-import", "admin", "/manage/staff/", staff_preview),
    Shot("53-person", "admin", "/manage/?tab=people", press("王晓芸")),
    Shot("54-leasing-tasks", "luo", "/"),
    Shot("55-leasing-archive", "hexin", "/customers/", searched("金穗种业", "?tab=keeping")),
    Shot("60-archive-lent", "hexin", "/", lent),
    Shot("61-destroyed", "hexin", "/", destroyed),
    Shot("62-handover", "sun", "/", handover),
    Shot("64-typed-for-another", "xu", "/customers/?scope=unit", behalf),
    Shot("65-leasing-items", "hexin", "/customers/", searched("云栖儿童", "?tab=items")),
    Shot("66-handbook", "wang", "/handbook/"),
    Shot("68-home-manager", "zheng", "/home/"),
    Shot("69-home-own", "wang", "/home/"),
    Shot("70-overdue-people", "zhou", "/home/overdue/"),
    Shot("71-frozen-reports", "zheng", "/home/reports/"),
    Shot("72-notice-settings", "wang", "/account/reaching/"),
    Shot("73-sending", "admin", "/manage/?tab=sending"),
    Shot("74-backups", "admin", "/manage/?tab=backups"),
    Shot("75-api-tokens", "admin", "/account/tokens/"),
    Shot("76-webhooks", "admin", "/account/webhooks/"),
    Shot("77-sign-in-protection", "wang", "/account/security/"),
    Shot("78-api-of-company", "admin", "/manage/?tab=api"),
    Shot("79-clock", "admin", "/manage/?tab=health"),
    Shot("80-deputies", "zhou", "/account/deputies/"),
    Shot("67-user-menu", "wang", "/", user_menu),
]


def sign_in(page: Page, base: str, login: str, password: str) -> None:
    """Through the sign-in page, like anyone."""
    page.goto(base + "/login/")
    page.get_by_label("登录名").fill(login)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(re.compile(r"^(?!.*/login/)"))


def take(browser: Browser, base: str, password: str, shots: list[Shot], sizes: dict[int, int]) -> None:
    """Every shot at every width; one sign-in a person and width."""
    for width, height in sizes.items():
        pages: dict[str, Page] = {}
        for shot in shots:
            page = pages.get(shot.who)
            if page is None:
                context = browser.new_context(
                    viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai"
                )
                page = pages[shot.who] = context.new_page()
                page.set_default_timeout(15_000)
                page.on(
                    "console", lambda said, who=shot.who: said.type == "error" and print("  console:", who, said.text)
                )
                if shot.who:
                    sign_in(page, base, shot.who, password)
            page.goto(base + shot.path)
            try:
                shot.act(page)
            except Error as error:  # the picture of where it stuck says more than the message
                print(f"  stuck: {str(error).splitlines()[0]}")
            page.wait_for_load_state("networkidle")
            page.screenshot(path=OUT / f"{shot.name}-{width}.png")
            print(f"{shot.name}-{width} {page.url.removeprefix(base)}", flush=True)
        for page in pages.values():
            page.context.close()


def main() -> None:
    """Read the arguments and take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", default="http://127.0.0.1:8000")
    parser.add_argument("--password", default=os.environ.get("KEDANG_DEMO_PASSWORD", ""))
    parser.add_argument("--only", default="", help="a part of the names of the shots to take")
    parser.add_argument("--width", type=int, choices=list(SIZES), help="only this width")
    parser.add_argument("--since", default="", help="the first shot to take, by its number")
    args = parser.parse_args()
    folder = Path(os.environ.get("KEDANG_DATA") or ROOT / "var")
    password = args.password or (folder / "demo-password.txt").read_text(encoding="utf-8").strip()
    OUT.mkdir(parents=True, exist_ok=True)
    chromium = os.environ.get("KEDANG_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        # Date fields are drawn in the browser's own language.
        browser = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-dev-shm-usage", "--lang=zh-CN"],
            env={**os.environ, "LANG": "zh_CN.UTF-8", "LANGUAGE": "zh_CN"},
        )
        shots = [shot for shot in SHOTS if args.only in shot.name and shot.name >= args.since]
        take(browser, args.base, password, shots, {args.width: SIZES[args.width]} if args.width else SIZES)
        browser.close()


if __name__ == "__main__":
    main()
