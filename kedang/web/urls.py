"""Addresses of the pages. Names are what templates and tests use."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import path

from kedang.web import health, home_urls, list_urls, machine_urls, permit_urls, reach_urls, record_urls, signin_urls
from kedang.web.views import (
    accounts,
    administering,
    approval_moves,
    approvals,
    backups,
    customers,
    deeds,
    desk,
    drafting,
    editing,
    expenses,
    exporting,
    file,
    filing,
    fixing,
    help,
    importing,
    inbox,
    jobs,
    leaving,
    manage,
    picking,
    proposals,
    registering,
    rules,
    signing,
    staffing,
)

urlpatterns = [
    path("login/", login_not_required(accounts.SignIn.as_view()), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/claim/<str:secret>/", login_not_required(staffing.claim), name="claim"),
    path("account/password/", accounts.Password.as_view(), name="password"),
    path("account/sessions/", accounts.sign_ins, name="sessions"),
    path("account/sessions/<int:pk>/end/", accounts.end_sign_in, name="sessions_end"),
    path("account/sessions/end-others/", accounts.end_other_sign_ins, name="sessions_end_others"),
    # 首页
    *home_urls.urlpatterns,
    # 我的待办
    path("", inbox.inbox_page, name="inbox"),
    path("badges/", inbox.badges, name="badges"),
    path("notices/read/", inbox.read_notices, name="notices_read"),
    path("duties/<int:pk>/finish/", deeds.duty, {"kind": "finish"}, name="duty_finish"),
    path("duties/<int:pk>/take/", deeds.duty, {"kind": "take"}, name="duty_take"),
    path("duties/<int:pk>/excuse/", deeds.duty, {"kind": "excuse"}, name="duty_excuse"),
    path("duties/<int:pk>/extend/", deeds.duty, {"kind": "extend"}, name="duty_extend"),
    # 客户
    path("customers/", customers.index, name="customers"),
    path("customers/counts/", customers.counts, name="customer_counts"),
    path("customers/columns/", customers.columns, name="customer_columns"),
    *list_urls.urlpatterns,
    *permit_urls.urlpatterns,
    *reach_urls.urlpatterns,
    *signin_urls.urlpatterns,
    path("customers/export/", exporting.export_list, name="customer_export"),
    path("customers/new/", registering.new, name="customer_new"),
    path("customers/check/", registering.check, name="customer_check"),
    path("customers/<int:pk>/", file.page, name="customer"),
    path("customers/<int:pk>/acts/", file.acts, name="customer_acts"),
    path("customers/<int:pk>/rail/", file.rail, name="customer_rail"),
    path("customers/<int:pk>/export/", exporting.export_file, name="customer_export_file"),
    path("customers/<int:pk>/edit/", editing.edit, name="customer_edit"),
    path("customers/<int:pk>/compose/", editing.compose, name="customer_compose"),
    path("customers/<int:pk>/do/<str:action>/", deeds.about_file, name="deed"),
    # 导入
    path("customers/import/", importing.index, name="imports"),
    path("customers/import/template/", importing.template, name="import_template"),
    path("customers/import/<int:pk>/", importing.one, name="import"),
    path("customers/import/<int:pk>/columns/", importing.columns, name="import_columns"),
    path("customers/import/<int:pk>/check/", importing.check, name="import_check"),
    path("customers/import/<int:pk>/confirm/", importing.confirm, name="import_confirm"),
    path("customers/import/<int:pk>/drop/", importing.drop, name="import_drop"),
    path("customers/import/<int:pk>/errors/", importing.errors, name="import_errors"),
    path("customers/import/<int:pk>/file/", importing.original, name="import_file"),
    path("customers/import/<int:pk>/undo/", importing.undo, name="import_undo"),
    path("exports/<str:code>/", exporting.record, name="export_record"),
    path("do/<str:action>/", deeds.alone, name="deed_alone"),
    *record_urls.urlpatterns,
    path("search/", customers.search, name="search"),
    path("pick/<str:kind>/", picking.pick, name="pick"),
    path("forms/record/<int:pk>/", filing.record, name="form_record"),
    path("forms/record/<int:pk>/correct/", fixing.correct, name="form_correct"),
    path("forms/<str:form>/", filing.file_form, name="form_file"),
    # 审批
    path("approvals/", approvals.index, name="approvals"),
    path("approvals/batch/", approvals.batch, name="approval_batch"),
    path("approvals/<int:pk>/", approvals.detail, name="approval"),
    path("approvals/<int:pk>/print/", approvals.paper, name="approval_print"),
    path("approvals/<int:pk>/<str:kind>/", approval_moves.move, name="approval_move"),
    # 接待、撞单
    path("desk/", desk.reception, name="desk"),
    path("desk/check/", desk.check, name="desk_check"),
    path("conflicts/", desk.conflicts, name="conflicts"),
    path("conflicts/<int:pk>/", desk.conflict, name="conflict"),
    # 费用
    path("expenses/", expenses.index, name="expenses"),
    # 制度
    path("rules/", rules.index, name="rules"),
    path("rules/<str:pack>/", rules.regulation, name="rules_pack"),
    path("rules/<str:pack>/sign/", signing.sign, name="rules_sign"),
    path("rules/<str:pack>/signatures/", signing.register, name="rules_signatures"),
    path("rules/<str:pack>/signatures/urge/", signing.urge, name="rules_urge"),
    path("rules/<str:pack>/draft/", drafting.draft, name="rules_draft"),
    path("rules/<str:pack>/versions/<int:number>/", drafting.one_version, name="rules_version"),
    path("rules/<str:pack>/versions/<int:number>/adopt/", drafting.adopt, name="rules_adopt"),
    path("rules/<str:pack>/<str:clause>/<str:figure>/", rules.cases, name="rules_cases"),
    # 使用手册
    path("handbook/", help.page, name="handbook"),
    path("handbook/<str:page>/", help.page, name="handbook_page"),
    # 后台任务
    path("jobs/", jobs.index, name="jobs"),
    path("jobs/<int:pk>/", jobs.progress, name="job_progress"),
    path("jobs/<int:pk>/cancel/", jobs.cancel, name="job_cancel"),
    path("jobs/<int:pk>/result/", jobs.result, name="job_result"),
    # 建议与裁定
    path("proposals/", proposals.index, name="proposals"),
    path("proposals/<int:pk>/", proposals.detail, name="proposal"),
    path("proposals/<int:pk>/settle/", proposals.settle, name="proposal_settle"),
    path("proposals/<int:pk>/hear/", proposals.hear, name="proposal_hear"),
    # 管理
    *machine_urls.urlpatterns,
    path("manage/", manage.index, name="manage"),
    path("manage/backups/<str:what>/", backups.ask, name="manage_backup"),
    path("healthz", login_not_required(health.answer), name="health"),
    path("manage/people/<int:pk>/", manage.person, name="manage_person"),
    path("manage/people/<int:pk>/devices/<int:device>/end/", administering.end_sign_in, name="manage_end_sign_in"),
    path("manage/people/<int:pk>/link/", staffing.link, name="manage_link"),
    path("manage/links/", staffing.all_links, name="manage_links"),
    path("manage/staff/", staffing.upload, name="manage_staff"),
    path("manage/staff/template/", staffing.template, name="manage_staff_template"),
    path("manage/staff/<int:pk>/", staffing.draft, name="manage_staff_draft"),
    path("handovers/<int:pk>/", leaving.page, name="handover"),
    path("handovers/<int:pk>/<str:what>/", leaving.do, name="handover_do"),
    path("manage/do/<str:action>/", administering.do, name="manage_do"),
    path("manage/do/<str:action>/<int:pk>/", administering.do, name="manage_do_about"),
    path("manage/packs/load/", administering.load, name="manage_load"),
    path("manage/packs/<str:pack>/<int:number>/check/", administering.checked, name="manage_check"),
]

if settings.DEBUG:
    from kedang.web.views import kit

    urlpatterns.append(path("kit/", kit.kit, name="kit"))
