"""/kit: every part of the pages in every state, for whoever builds a page (development only)."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace as Sample

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kedang.kernel import clock
from kedang.kernel.fields import Field
from kedang.web.forms.bound import Form
from kedang.web.outcomes import Outcome

CLAUSE = Sample(
    pack="", title="客户备案管理办法", number="1.8.1", message="", text="未按规定备案的客户，其业务费用不予报销。"
)
FACTS = ("备案任务逾期＝是（期限 11月18日）", "档案部门＝业务一部，您的部门＝业务一部")


def kit(request: HttpRequest) -> HttpResponse:
    """The page of parts."""
    now = clock.now()
    return render(
        request,
        "kit/kit.html",
        {
            "late": now - timedelta(days=3), "hours": now - timedelta(hours=2), "today": now + timedelta(minutes=1),
            "soon": now + timedelta(days=1), "later": now + timedelta(days=20),
            "outcomes": _outcomes(), "form": _form(), "bad": _bad(), "now": now, "names": ["晨光精密机械厂", "恒远物流有限公司"],
        },
    )  # fmt: skip


def _outcomes() -> list[Outcome]:
    def one(kind: str, what: str, **more: object) -> Outcome:
        return Outcome(kind, what, (CLAUSE,), FACTS, ("补办备案后再提交",), ("周经理",), **more)

    rows = (("联系电话", "010-62345678", "010-62345679", "13800138000"),)
    return [
        one("refuse", "提交费用“晨光厂”"), one("reason", "补记上周的拜访"), one("confirm", "放弃客户“晨光厂”"),
        one("needs", "查阅“晨光厂”"), Outcome("conflict", "保存", rows=rows),
        Outcome("refuse", "打开“晨光厂”", (Sample(pack="", title="数据权限", number="", message="只能知道名称、负责人和部门。", text=""),),
                (), ("由负责人添加您为协作人",), ("小王",)),
    ]  # fmt: skip


FIELDS = [
    Field("name", "客户名称", required=True), Field("kind", "客户性质", "choice", values=["组织", "个人"], default="组织"),
    Field("source", "来源", "choice", values=["促销", "搜索引擎", "广告", "转介绍", "线上注册", "线上咨询", "陌拜"]),
    Field("amount", "金额", "money"), Field("on", "签订日期", "date"), Field("at", "时间", "datetime"),
    Field("phone", "联系电话", "phone", clause="2.1"), Field("count", "人数", "integer"), Field("agree", "是否同意", "bool"),
    Field("needs", "需求", "choices", values=["价格", "质量", "交期"]), Field("owner", "负责人", "person"),
    Field("note", "说明", "long_text"), Field("code", "统一社会信用代码", "credit_code"), Field("address", "地址", "address"),
]  # fmt: skip


def _form() -> Form:
    return Form(FIELDS, hints={"name": "营业执照上的全称"}, off={"code": "按制度第2.3条，备案后由市场部修改"})


def _bad() -> Form:
    raw = {"name": "", "phone": "1380013", "amount": "三百"}
    errors = {"name": "此项必填", "phone": "电话号码不对", "amount": "“三百”不是金额"}
    return Form(FIELDS[:1] + FIELDS[6:7] + FIELDS[3:4], raw=raw, errors={**errors, "": "同名客户已有档案"}, posted=True)
