"""The four tables of an approval. Rules live in machine.py; rows are what it left behind."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from kedang.kernel import clock


class RequestStatus(models.TextChoices):
    """Where a request stands; the words of the approval screens."""

    PENDING = "pending", "审批中"
    RETURNED = "returned", "已退回"
    APPROVED = "approved", "已批准"
    REJECTED = "rejected", "已拒绝"
    WITHDRAWN = "withdrawn", "已撤回"
    EXECUTED = "executed", "已执行"
    FAILED = "failed", "批准未执行"
    VOID = "void", "已作废"


class StepStatus(models.TextChoices):
    """Where one step of the route stands."""

    WAITING = "waiting", "未开始"
    ACTIVE = "active", "审批中"
    PASSED = "passed", "已通过"
    REJECTED = "rejected", "已拒绝"
    RETURNED = "returned", "已退回"
    SKIPPED = "skipped", "无须再审"
    CLOSED = "closed", "已终止"


class StepMode(models.TextChoices):
    """How many of a step's seats must agree."""

    ANY = "any", "或签"
    ALL = "all", "会签"
    SEQUENCE = "sequence", "依次"
    RATIO = "ratio", "票签"


class BallotStatus(models.TextChoices):
    """What became of one person's ballot."""

    PENDING = "pending", "待审批"
    AGREED = "agreed", "同意"
    REJECTED = "rejected", "拒绝"
    RETURNED = "returned", "退回"
    TRANSFERRED = "transferred", "已转交"
    CANCELLED = "cancelled", "无须处理"
    CONSULTED = "consulted", "征询中"
    ADVISED = "advised", "已答复"


class Request(models.Model):
    """A frozen command that waits for its route; the row every move locks first."""

    action = models.CharField("动作", max_length=80)
    args = models.JSONField("冻结的命令", default=dict)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="approval_requests", verbose_name="申请人"
    )
    on_behalf_of = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name="代谁申请",
    )
    # A plain number, like Event.file: the kernel knows no customer.
    file = models.BigIntegerField("客户档案", null=True, blank=True, db_index=True)
    title = models.CharField("标题", max_length=200)
    status = models.CharField("状态", max_length=12, choices=RequestStatus.choices, default=RequestStatus.PENDING)
    norms = models.JSONField("依据", default=list, help_text="[{pack, norm, clause, text}]")
    then = models.CharField("批准后", max_length=8, choices=[("run", "执行一次"), ("grant", "授权一段时间")])
    grant = models.JSONField("授权内容", null=True, blank=True)
    reason = models.TextField("事由", blank=True, default="")
    digest = models.CharField("摘要", max_length=64, blank=True, default="")
    cause = models.TextField("未执行原因", blank=True, default="")
    route = models.JSONField("冻结的路线", default=list)
    command = models.UUIDField("提出申请的命令", null=True, blank=True)
    key = models.CharField("幂等键", max_length=120, blank=True, default="")
    asked_at = models.DateTimeField("提交时间")
    decided_at = models.DateTimeField("办结时间", null=True, blank=True)
    # A resubmission starts a new round with new steps; the old ones stay as they ended.
    round = models.PositiveSmallIntegerField("轮次", default=1)
    # Step index a 退回 with 直达 comes straight back to.
    resume = models.PositiveSmallIntegerField("直达步骤", null=True, blank=True)
    version = models.PositiveIntegerField("版本", default=1)

    # What stood there when it was asked, for the fields that the command changes: {argument: JSON value}.
    present = models.JSONField("提交时的内容", default=dict, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "审批申请"
        indexes = [
            models.Index(fields=["requester", "-asked_at"], name="request_by_requester"),
            models.Index(fields=["status", "asked_at"], name="request_by_status"),
            models.Index(fields=["action", "digest", "status"], name="request_by_digest"),
        ]

    def __str__(self) -> str:
        """The title, as lists show it."""
        return self.title

    @property
    def number(self) -> str:
        """How people quote it, on the page and on paper."""
        return f"SP-{clock.local(self.asked_at):%Y}-{self.pk:05d}"

    @property
    def is_open(self) -> bool:
        """True while somebody still has to act on it: an approver, or the requester after a 退回."""
        return self.status in (RequestStatus.PENDING, RequestStatus.RETURNED)


class Step(models.Model):
    """One step of one round of the route."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="steps", verbose_name="申请")
    round = models.PositiveSmallIntegerField("轮次", default=1)
    index = models.PositiveSmallIntegerField("顺序")
    mode = models.CharField("方式", max_length=10, choices=StepMode.choices)
    role = models.CharField("角色", max_length=120, blank=True, default="")
    role_name = models.CharField("角色名称", max_length=120, blank=True, default="")
    pack = models.CharField("制度", max_length=80, blank=True, default="")
    clause = models.CharField("条款", max_length=40, blank=True, default="")
    status = models.CharField("状态", max_length=10, choices=StepStatus.choices, default=StepStatus.WAITING)
    opened_at = models.DateTimeField("开始时间", null=True, blank=True)
    closed_at = models.DateTimeField("结束时间", null=True, blank=True)
    # machine.StepSpec.to_json() with the seats as they are now, and what was carried over from earlier steps.
    spec = models.JSONField("定义", default=dict)
    # A step reopened after a 退回 counts only the ballots of its new run.
    run = models.PositiveSmallIntegerField("第几次", default=1)
    # The last instant of the step's time limit while it is active; None without one, or when it has done what it does.
    due_at = models.DateTimeField("期限", null=True, blank=True)
    overdue_since = models.DateTimeField("超过期限", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "审批步骤"
        ordering = ["request", "round", "index"]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(status="active", due_at__isnull=False), name="step_due"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["request", "round", "index"], name="step_once_an_index"),
            models.UniqueConstraint(fields=["request"], condition=Q(status="active"), name="step_one_active"),
        ]

    def __str__(self) -> str:
        """Role and state."""
        return f"{self.role_name} {self.get_status_display()}"


class Ballot(models.Model):
    """One person's vote in one step. Never rewritten once closed: the history is the ballots themselves."""

    step = models.ForeignKey(Step, on_delete=models.PROTECT, related_name="ballots", verbose_name="步骤")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="ballots", verbose_name="审批人"
    )
    acting_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True, verbose_name="代谁"
    )
    order = models.PositiveSmallIntegerField("次序", default=0)
    run = models.PositiveSmallIntegerField("第几次", default=1)
    status = models.CharField("状态", max_length=12, choices=BallotStatus.choices, default=BallotStatus.PENDING)
    opinion = models.TextField("意见", blank=True, default="")
    form = models.JSONField("表单", null=True, blank=True)
    opened_at = models.DateTimeField("收到时间")
    seen_at = models.DateTimeField("首次阅读", null=True, blank=True)
    closed_at = models.DateTimeField("处理时间", null=True, blank=True)
    # 征询: who asks, and what; such a ballot is no vote.
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name="征询人",
    )
    question = models.TextField("征询内容", blank=True, default="")
    # 附条件同意: given, and counted once the step's condition holds.
    promised_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name="附条件同意",
    )
    promised_at = models.DateTimeField("附条件同意时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "审批票"
        ordering = ["step", "order"]
        constraints = [
            # The database's own word against a double vote or a double asking.
            models.UniqueConstraint(
                fields=["step", "person"], condition=Q(status="pending"), name="ballot_one_open_a_person"
            ),
            models.UniqueConstraint(
                fields=["step", "person"], condition=Q(status="consulted"), name="ballot_one_consulted_a_person"
            ),
        ]
        indexes = [
            models.Index(
                fields=["person", "opened_at"],
                condition=Q(status__in=["pending", "consulted"]),
                name="ballot_waiting_by_person",
            ),
            models.Index(
                fields=["step"], condition=Q(status="pending", promised_by__isnull=False), name="ballot_promised"
            ),
            models.Index(fields=["person", "-closed_at"], name="ballot_by_person"),
        ]

    def __str__(self) -> str:
        """Person and vote."""
        return f"{self.person} {self.get_status_display()}"


class Watcher(models.Model):
    """Somebody who was sent a copy (抄送): may read, cannot vote."""

    request = models.ForeignKey(Request, on_delete=models.PROTECT, related_name="watchers", verbose_name="申请")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="watched_requests", verbose_name="抄送人"
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        verbose_name="谁抄送的",
    )
    added_at = models.DateTimeField("抄送时间", null=True, blank=True)
    seen_at = models.DateTimeField("首次阅读", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "抄送"
        indexes = [models.Index(fields=["person"], condition=Q(seen_at=None), name="watcher_unread")]
        constraints = [models.UniqueConstraint(fields=["request", "person"], name="watcher_once")]

    def __str__(self) -> str:
        """The person."""
        return str(self.person)
