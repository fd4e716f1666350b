"""What norms leave in the database: packs, duties, grants, filed forms, proposals, classes and stages of files."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

PERSON = settings.AUTH_USER_MODEL


class PackState(models.TextChoices):
    """Adoption: draft → checked → approved → effective on a date → superseded."""

    DRAFT = "draft", "草稿"
    CHECKED = "checked", "已检查"
    APPROVED = "approved", "已批准"
    EFFECTIVE = "effective", "生效"
    SUPERSEDED = "superseded", "已被替代"


class PackVersion(models.Model):
    """One version of a regulation, with its source text; never edited once it has been in force."""

    pack = models.CharField("制度", max_length=80)
    version = models.PositiveIntegerField("版本")
    title = models.CharField("名称", max_length=200)
    state = models.CharField("状态", max_length=12, choices=PackState.choices, default=PackState.DRAFT)
    effective_from = models.DateField("生效日期")
    effective_until = models.DateField("失效日期（不含）", null=True, blank=True)
    sources = models.JSONField("原文件")
    parameters = models.JSONField("填定的参数", default=dict, blank=True)
    units = models.JSONField("适用部门", default=list, blank=True, help_text="部门名称；空则按制度原文")
    digest = models.CharField("摘要", max_length=64)
    note = models.TextField("起草说明", blank=True, default="")
    loaded_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    loaded_at = models.DateTimeField()
    adopted_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    adopted_at = models.DateTimeField(null=True, blank=True)
    notify = models.BooleanField("须告知签收", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "制度版本"
        constraints = [models.UniqueConstraint(fields=["pack", "version"], name="pack_version_once")]

    def __str__(self) -> str:
        """Title and version."""
        return f"{self.title} 第{self.version}版"

    @property
    def interval(self) -> str:
        """From when until when it is in force, in words; '' before it is."""
        if self.state not in (PackState.EFFECTIVE, PackState.SUPERSEDED):
            return ""
        until = f"至 {self.effective_until - timedelta(days=1):%Y-%m-%d}" if self.effective_until else "起"
        return f"{self.effective_from:%Y-%m-%d} {until}"


class Acknowledgement(models.Model):
    """制度告知: somebody in scope was asked to sign that he has read a version, and whether he has."""

    pack = models.CharField("制度", max_length=80)
    version = models.PositiveIntegerField("版本")
    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="acknowledgements")
    asked_at = models.DateTimeField("告知时间")
    due_at = models.DateTimeField("签收期限")
    signed_at = models.DateTimeField("签收时间", null=True, blank=True)
    event = models.BigIntegerField("签收记录", null=True, blank=True)
    duty = models.BigIntegerField("待办", null=True, blank=True)
    ended_at = models.DateTimeField("不再须签", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "制度告知"
        constraints = [models.UniqueConstraint(fields=["pack", "version", "person"], name="acknowledgement_once")]
        indexes = [models.Index(fields=["person", "pack", "signed_at"], name="acknowledgement_by_person")]

    def __str__(self) -> str:
        """Who, and of which version."""
        return f"{self.person_id} {self.pack} 第{self.version}版"


class PackStamp(models.Model):
    """One row, raised with every change of what is in force, so that processes know when to load anew."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    stamp = models.PositiveIntegerField(default=0)


class DutyState(models.TextChoices):
    """`breached_at` is a mark beside the state: a breached duty stays open until done."""

    OPEN = "open", "未办"
    DONE = "done", "按时办结"
    LATE = "late", "逾期办结"
    LATE_EXCUSED = "late_excused", "宽限内办结"
    WAIVED = "waived", "已豁免"
    VOID = "void", "作废"


class Duty(models.Model):
    """Somebody must do something by a time, because a clause says so."""

    pack = models.CharField("制度", max_length=80)
    version = models.PositiveIntegerField("版本")
    norm = models.CharField("规则", max_length=120)
    clause = models.CharField("条款", max_length=40)
    title = models.CharField("事项", max_length=200)
    file = models.BigIntegerField("客户档案", null=True, blank=True)
    subject = models.CharField("对象", max_length=80, blank=True, default="")
    period = models.CharField("周期", max_length=20, blank=True, default="")
    bearer = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="duties")
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, null=True, blank=True, related_name="duties")
    role = models.CharField("角色", max_length=120, blank=True, default="")
    taken_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    follows_owner = models.BooleanField(default=False)
    opened_by = models.BigIntegerField("起因事件", null=True, blank=True)
    opened_at = models.DateTimeField()
    counted_from = models.DateTimeField("起算时间")
    due_at = models.DateTimeField("期限", null=True, blank=True)
    grace_until = models.DateTimeField("最后宽限", null=True, blank=True)
    excuse = models.TextField("宽限理由", blank=True, default="")
    next_remind_at = models.DateTimeField(null=True, blank=True)
    breach_check_at = models.DateTimeField("逾期检查时间", null=True, blank=True)
    state = models.CharField("状态", max_length=12, choices=DutyState.choices, default=DutyState.OPEN)
    breached_at = models.DateTimeField("逾期标记时间", null=True, blank=True)
    done_by = models.BigIntegerField("办结事件", null=True, blank=True)
    done_at = models.DateTimeField("办结时间", null=True, blank=True)
    asked_request = models.BigIntegerField("报批中的申请", null=True, blank=True)
    not_before = models.DateTimeField("最早办理时间", null=True, blank=True)
    extensions = models.PositiveSmallIntegerField("延期次数", default=0)
    first_due_at = models.DateTimeField("原期限", null=True, blank=True)
    paused_at = models.DateTimeField("暂停计时", null=True, blank=True)
    outside = models.CharField("外部当事人", max_length=40, blank=True, default="")
    awaits_form = models.CharField("待起草的表单", max_length=120, blank=True, default="")
    closing_note = models.TextField(blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = "义务"
        constraints = [
            models.UniqueConstraint(
                fields=["norm", "subject", "period"], condition=~Q(period=""), name="duty_once_a_period"
            )
        ]
        indexes = [
            models.Index(fields=["bearer", "due_at"], condition=Q(state="open"), name="duty_open_by_bearer"),
            models.Index(fields=["taken_by", "due_at"], condition=Q(state="open"), name="duty_open_by_taker"),
            models.Index(fields=["unit", "due_at"], condition=Q(state="open"), name="duty_open_by_unit"),
            models.Index(fields=["role", "due_at"], condition=Q(state="open"), name="duty_open_by_role"),
            models.Index(fields=["file", "norm"], name="duty_by_file"),
            models.Index(fields=["norm", "subject", "state"], name="duty_by_norm_subject"),
            models.Index(fields=["breach_check_at"], condition=Q(state="open"), name="duty_breach_check"),
            models.Index(fields=["next_remind_at"], condition=Q(state="open"), name="duty_remind"),
            # State and norm stand in it so that counting a month of a clause reads no rows.
            models.Index(fields=["pack", "clause", "opened_at", "state", "norm"], name="duty_by_clause"),
            # What the register counts of every clause at once: closed in a month, and open past its time.
            models.Index(
                fields=["pack", "done_at", "state", "clause", "norm"],
                condition=Q(done_at__isnull=False),
                name="duty_done_by_pack",
            ),
            models.Index(
                fields=["pack", "clause", "due_at", "norm", "state", "paused_at"],
                condition=Q(state="open", paused_at=None),
                name="duty_overdue",
            ),
            models.Index(
                fields=["pack", "due_at"], condition=Q(state="open", paused_at=None), name="duty_late_by_pack"
            ),
            # What fell due in some days, open and closed alike: by regulation, by who bears it, by who has taken it.
            models.Index(fields=["pack", "due_at", "state", "clause"], name="duty_due_by_pack"),
            models.Index(fields=["bearer", "due_at", "state"], name="duty_due_by_bearer"),
            models.Index(fields=["taken_by", "due_at"], condition=Q(taken_by__isnull=False), name="duty_due_by_taker"),
        ]

    def __str__(self) -> str:
        """The title, as lists show it."""
        return self.title


class Clock(models.Model):
    """A running absence clock or ladder step: what happens at `due_at` unless something restarts or stops it."""

    norm = models.CharField(max_length=120)
    version = models.PositiveIntegerField()
    file = models.BigIntegerField(null=True, blank=True)
    subject = models.CharField(max_length=80)
    step = models.PositiveSmallIntegerField(default=0)
    anchor = models.DateTimeField()
    due_at = models.DateTimeField()
    warned_at = models.DateTimeField(null=True, blank=True)
    warn_at = models.DateTimeField(null=True, blank=True)
    fired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["norm", "subject", "step", "anchor"], name="clock_once")]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(fired_at=None), name="clock_due"),
            models.Index(fields=["file", "norm"], name="clock_by_file"),
        ]


class Grant(models.Model):
    """A time-limited right given by an approval (or by a keeper): verbs on one file or one register, until an instant.

    `fields` narrows a file to groups and attributes; `first_day`, `last_day` and `of_person` narrow a register of forms.
    What is empty does not narrow.
    """

    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="grants")
    number = models.CharField("授权编号", max_length=40, blank=True, default="")
    file = models.BigIntegerField(null=True, blank=True, db_index=True)
    form = models.CharField("表单", max_length=160, blank=True, default="")
    first_day = models.DateField("自", null=True, blank=True)
    last_day = models.DateField("至", null=True, blank=True)
    of_person = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    fields = models.JSONField("栏目", default=list, blank=True)
    verbs = models.JSONField(default=list)
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField()
    request = models.BigIntegerField("审批单", null=True, blank=True)
    granted_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, related_name="+")
    norms = models.JSONField(default=list)
    purpose = models.TextField(blank=True, default="")
    ended_at = models.DateTimeField("收回时间", null=True, blank=True)
    ended_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    end_reason = models.CharField("收回事由", max_length=200, blank=True, default="")

    class Meta:
        verbose_name = verbose_name_plural = "授权"
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="grant_number_once"),
            models.CheckConstraint(condition=Q(file__isnull=False) | ~Q(form=""), name="grant_is_about_something"),
        ]
        indexes = [
            models.Index(fields=["person", "file", "valid_until"], name="grant_by_person"),
            models.Index(fields=["form", "person"], condition=~Q(form=""), name="grant_by_form"),
            models.Index(fields=["granted_by", "-id"], name="grant_by_giver"),
            models.Index(fields=["request"], condition=Q(request__isnull=False), name="grant_by_request"),
            models.Index(fields=["valid_until"], condition=Q(ended_at=None), name="grant_expiry"),
        ]


class FormRecord(models.Model):
    """One filed form, in the version of the pack that was in force; only corrected, with old and new on record
    (actions/formfixes.py)."""

    pack = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    form = models.CharField(max_length=120)
    name = models.CharField(max_length=120)
    number = models.CharField("编号", max_length=60, blank=True, default="")
    file = models.BigIntegerField(null=True, blank=True)
    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    data = models.JSONField(default=dict)
    rows = models.JSONField(default=list)
    filed_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, related_name="forms_filed")
    on_behalf_of = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    filed_at = models.DateTimeField()
    occurred_at = models.DateTimeField()
    # The day that it is about: what registers are ordered and grants are narrowed by.
    on_day = models.DateField("所属日期")
    event = models.BigIntegerField(null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "已交表单"
        indexes = [
            models.Index(fields=["form", "file", "-filed_at"], name="form_by_file"),
            models.Index(fields=["file", "-filed_at"], name="form_all_by_file"),
            models.Index(fields=["form", "-filed_at"], name="form_by_kind"),
            models.Index(fields=["form", "-on_day", "-id"], name="form_register"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["form", "number"], condition=~Q(number=""), name="form_number_once")
        ]


class ProposalState(models.TextChoices):
    """A proposal changes nothing until the person the regulation names decides."""

    OPEN = "open", "待裁定"
    ADOPTED = "adopted", "已采纳"
    REJECTED = "rejected", "未采纳"


class Proposal(models.Model):
    """建议: points, an amount or a measure, with its evidence, waiting for a person's decision."""

    pack = models.CharField(max_length=80)
    norm = models.CharField(max_length=120)
    clause = models.CharField(max_length=40)
    kind = models.CharField("种类", max_length=40)
    title = models.CharField("建议", max_length=200)
    person = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="proposals")
    unit = models.ForeignKey("org.Unit", on_delete=models.PROTECT, null=True, blank=True, related_name="proposals")
    file = models.BigIntegerField(null=True, blank=True)
    subject = models.CharField(max_length=80)
    period = models.CharField(max_length=20, blank=True, default="")
    points = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    amount_fen = models.BigIntegerField(null=True, blank=True)
    evidence = models.JSONField(default=list)
    decider_role = models.CharField(max_length=120, blank=True, default="")
    state = models.CharField(max_length=10, choices=ProposalState.choices, default=ProposalState.OPEN)
    heard = models.TextField("当事人陈述", blank=True, default="")
    heard_at = models.DateTimeField(null=True, blank=True)
    reason = models.TextField("裁定理由", blank=True, default="")
    decided_by = models.ForeignKey(PERSON, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "建议与裁定"
        constraints = [models.UniqueConstraint(fields=["norm", "subject", "period"], name="proposal_once")]
        indexes = [models.Index(fields=["state", "decider_role"], name="proposal_open")]


class FileTerm(models.Model):
    """The class of a file under a term of a pack (pack.term), indexed for lists and schedules."""

    file = models.BigIntegerField()
    term = models.CharField(max_length=120)
    value = models.CharField(max_length=60)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "term"], name="file_term_once")]
        indexes = [models.Index(fields=["term", "value", "file"], name="file_term_value")]


class FileStage(models.Model):
    """Where a file stands in a flow of a pack (pack.flow); no row means the first stage."""

    file = models.BigIntegerField()
    flow = models.CharField(max_length=120)
    stage = models.CharField(max_length=60)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "flow"], name="file_stage_once")]
        indexes = [models.Index(fields=["flow", "stage", "file"], name="file_stage_value")]


from kedang.kernel.norms.library_models import Interpretation, RetiredForm  # noqa: E402, F401  (tables of the same app)
from kedang.kernel.norms.tally_models import DutyChange, Tally, TallyHead  # noqa: E402, F401
