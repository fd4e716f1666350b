"""Behaviours of the product that enforce a clause without a rule; packs name them, and each says what shows it."""

from __future__ import annotations

from kedang.kernel.norms.vocabulary import Builtin, register

BUILTINS = (
    Builtin("numbering.unique", "每个客户一个编号，永不重用", "packs/customer-registry/scenarios/files.yaml"),
    Builtin("identity.unique", "同一信用代码或名称只能开一个户头", "packs/customer-registry/scenarios/files.yaml"),
    Builtin("form.uniform", "同一表单的栏目、次序和格式对所有客户一致", "packs/customer-registry/scenarios/files.yaml"),
    Builtin(
        "timeline.one_per_file", "一切记录归入客户的同一条时间线", "packs/customer-registry/scenarios/relations.yaml"
    ),
    Builtin("version.in_force", "只对生效期内发生的事起作用", "packs/customer-registry/scenarios/effective.yaml"),
    Builtin(
        "property.company", "档案归公司所有，没有转为个人的办法，导出也写明", "packs/sales-files/scenarios/keeping.yaml"
    ),
    Builtin("export.watermark", "导出的工作簿带公司所有的水印和可查的编号", "tests/reports/test_export.py"),
    Builtin("administration.admin_only", "组织和日历只由系统管理员维护", "packs/baseline/scenarios/permissions.yaml"),
    Builtin(
        "reception.first_question",
        "接待登记首先问是否联系过其他招商经理，没有回答的不能提交",
        "packs/leasing-customer-info/scenarios/desk.yaml",
    ),
    Builtin(
        "forms.library",
        "制度的附表一一列出，停用的写明哪些条款失效，并不能再填报",
        "packs/leasing-customer-info/scenarios/company.yaml",
    ),
    Builtin("ledger.append_only", "发生过的事不能改、不能删", "tests/kernel/ledger"),
)


def register_builtins() -> None:
    """Called once when the app is ready."""
    for each in BUILTINS:
        register(each)
