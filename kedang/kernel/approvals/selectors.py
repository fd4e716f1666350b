"""Reading approvals: the four lists, who may see a request, and which moves a person has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from kedang.kernel.approvals import rows
from kedang.kernel.approvals.machine import apply
from kedang.kernel.approvals.models import Ballot, Request, RequestStatus, Watcher
from kedang.kernel.approvals.values import OPEN_REQUEST, Move, MoveRefused, State, StepState
from kedang.kernel.errors import NotFound
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person
from kedang.kernel.picking import exists

VOTED = ("agreed", "rejected", "returned", "transferred", "advised")
Moves = list[tuple[str, str, str]]
COPY = ("copy", "抄送", "对方可以看到这份申请和审批过程，不能审批。")


def pending_for(person: Person) -> QuerySet[Request]:
    """待我审批: requests with an open ballot of this person or of somebody he stands in for, the oldest first."""
    open_ballots = Ballot.objects.filter(_waits_for(person))
    mine = Request.objects.filter(pk__in=open_ballots.values("step__request_id"), status=RequestStatus.PENDING)
    return _listed(mine.exclude(Q(requester=person) | Q(on_behalf_of=person))).order_by("asked_at", "id")


def pending_count(person: Person) -> int:
    """The badge beside 待我审批; the same rows as `pending_for`."""
    return pending_for(person).count() if _some_wait(person) else 0


def pending_ballots(person: Person) -> QuerySet[Ballot]:
    """The open ballots behind `pending_for`, for lists that show since when each waits."""
    if not _some_wait(person):
        return Ballot.objects.none()
    mine = Ballot.objects.filter(_waits_for(person))
    own = Q(step__request__requester=person) | Q(step__request__on_behalf_of=person)
    return mine.exclude(own).select_related("step__request__requester", "person").order_by("opened_at", "id")


def decided_by(person: Person) -> QuerySet[Request]:
    """我已审批: requests this person voted on, returned or passed on, newest first."""
    cast = Q(person=person, status__in=VOTED) | Q(promised_by=person)
    voted = Ballot.objects.filter(cast, step__request=OuterRef("pk"))
    return _listed(Request.objects.filter(Exists(voted))).order_by("-asked_at", "-id")


def asked_by(person: Person) -> QuerySet[Request]:
    """我发起的: requests this person made or had made for him, newest first."""
    mine = Request.objects.filter(Q(requester=person) | Q(on_behalf_of=person))
    return _listed(mine).order_by("-asked_at", "-id")


def watching(person: Person) -> QuerySet[Request]:
    """抄送我的, newest first; `unread` on each."""
    new = Watcher.objects.filter(request=OuterRef("pk"), person=person, seen_at=None)
    mine = Request.objects.filter(watchers__person=person).annotate(unread=Exists(new))
    return _listed(mine).order_by("-asked_at", "-id")


def unread_copies(person: Person) -> int:
    """How many of 抄送我的 this person has not opened."""
    return Watcher.objects.filter(person=person, seen_at=None).count()


def sent_back(person: Person) -> int:
    """How many of his own requests wait for this person to send them again."""
    mine = Q(requester=person) | Q(on_behalf_of=person)
    return Request.objects.filter(mine, status=RequestStatus.RETURNED).count()


def may_copy(person: Person, request: Request) -> bool:
    """Who asked, and who decides or decided."""
    if person.pk in (request.requester_id, request.on_behalf_of_id):
        return True
    ballots = Ballot.objects.filter(step__request=request, asked_by=None)
    return ballots.filter(Q(person=person) | Q(acting_for=person) | _lent(person)).exists()


def watchers_of(request: Request) -> list[Watcher]:
    """Who was sent a copy, by whom, and whether he has read it."""
    return list(Watcher.objects.filter(request=request).select_related("person", "added_by").order_by("id"))


def visible_requests(person: Person) -> QuerySet[Request]:
    """Every request this person may see; the lists' and the pages' one rule."""
    ballots = Ballot.objects.filter(step__request=OuterRef("pk")).filter(
        Q(person=person) | Q(acting_for=person) | _lent(person)
    )
    copies = Watcher.objects.filter(request=OuterRef("pk"), person=person)
    involved = Q(requester=person) | Q(on_behalf_of=person) | Exists(ballots) | Exists(copies)
    return Request.objects.filter(involved)


def can_see(person: Person, request: Request) -> bool:
    """True for who asked, was asked, stands in for somebody asked, or was sent a copy."""
    if person.pk in (request.requester_id, request.on_behalf_of_id):
        return True
    return visible_requests(person).filter(pk=request.pk).exists()


def get_request(person: Person, request_id: int) -> Request:
    """The one way from user input to a request; NotFound when there is none this person may see."""
    found = visible_requests(person).filter(pk=request_id).select_related("requester", "on_behalf_of").first()
    if found is None:
        raise NotFound
    return found


def open_with_digest(action: str, digest: str, requester: Person) -> Request | None:
    """The requester's open request for the very same thing, so that asking twice does not ask twice."""
    same = Request.objects.filter(action=action, digest=digest, requester=requester, status__in=OPEN_REQUEST)
    return same.order_by("id").first()


def open_for_file(file: int) -> QuerySet[Request]:
    """Requests about one customer file that still wait."""
    return _listed(Request.objects.filter(file=file, status__in=OPEN_REQUEST)).order_by("asked_at", "id")


def allowed_moves(person: Person, request: Request) -> Moves:
    """(move, label, what it will do) for each button this person has now; the consequence stands in the confirm box."""
    state = rows.state_of(request)
    if person.pk in state.barred:
        return [*_requester_moves(state), COPY]
    moves: Moves = []
    held: list[Any] = []
    index = state.active
    if any(ballot.person == person.pk for step in state.steps for ballot in step.consulted):
        moves.append(("advise", "答复征询", "您的意见会显示在审批链里，不算投票。"))
    if state.status == "pending" and index is not None:
        principals = {principal.pk for principal in org.principals_of(person)}
        held = [b for b in state.steps[index].pending if b.person == person.pk or b.person in principals]
        if held:
            moves += _voter_moves(state, index)
        if any(seat.added_by == person.pk for step in _unfinished(state) for seat in step.spec.seats):
            moves.append(("remove_signer", "减签", "减去的人不再参与审批。"))
        if _can_take_back(state, person.pk):
            moves.append(("take_back", "拿回", "拿回后，您的同意意见作废，须重新审批。"))
    return [*moves, COPY] if held or _took_part(state, person.pk) else moves


def return_targets(request: Request) -> list[tuple[int | None, str]]:
    """Where a 退回 may go: the requester (None), or an earlier step that passed."""
    state = rows.state_of(request)
    targets: list[tuple[int | None, str]] = [(None, "退回提交人")]
    for index, step in enumerate(state.steps[: state.active or 0]):
        if step.status == "passed":
            targets.append((index, f"退回第 {index + 1} 步 {step.spec.role_name}"))
    return targets


# --- parts ------------------------------------------------------------------


def _requester_moves(state: State) -> Moves:
    moves: Moves = []
    if state.status == "returned":
        straight = state.resume is not None
        after = "内容未改时直接回到退回的那一步，改过则从头审批。" if straight else "提交后从第一步重新审批。"
        moves.append(("resubmit", "再次提交", after))
    if state.status == "pending":
        moves.append(("remind", "催办", "将再次提醒当前审批人，一小时内只能催办一次。"))
    if state.status in OPEN_REQUEST:
        moves.append(("withdraw", "撤回", "撤回后审批流将终止，需要时须重新提交。"))
    if state.status == "failed":
        moves.append(("retry", "再次执行", "按批准的内容再办一次；制度的其他条件仍会检查。"))
    if state.status in ("approved", "failed"):
        moves.append(("void", "作废", "作废后不再执行，需要时须重新提交。"))
    return moves


def _voter_moves(state: State, index: int) -> Moves:
    step = state.steps[index]
    ends = step.spec.negative == "ends" and step.spec.mode != "ratio"
    rejected = "拒绝后审批流将终止，申请不予执行。" if ends else "拒绝后本步继续；票数已不可能通过时审批流终止。"
    if step.spec.negative == "holds":
        rejected = "记为不通过，本步停留，之后可以重新表决。"
    return [
        ("agree", "同意", _after_agree(state, index)),
        ("reject", "拒绝", rejected),
        ("return", "退回", "退回后由提交人修改或由前面的步骤重审；须写明意见。"),
        ("consult", "征询", "问对方的意见；您不必等答复也可以审批。"),
        ("transfer", "转交", "转交后由对方审批，您不再处理。"),
        ("delegate", "委托", "由对方代您表态，意见记在您名下。"),
        ("add_before", "前加签", "先由加签的人审批，然后再回到您这里。"),
        ("add_after", "后加签", "您同意之后，再由加签的人审批。"),
        ("add_beside", "并加签", "加签的人与您同时审批，须全部同意。"),
    ]


def _after_agree(state: State, index: int) -> str:
    step = state.steps[index]
    if step.spec.agree_if:
        return f"同意后，须“{step.spec.first}”，这一步才通过；还没有办的，系统会给提交人开出待办。"
    if len(step.pending) > 1 and step.spec.mode in ("all", "ratio"):
        return "同意后继续等待本步其他人的意见。"
    later = [later for later in state.steps[index + 1 :] if later.status == "waiting"]
    return f"同意后转入下一步：{later[0].spec.role_name}。" if later else "同意后审批完成，申请随即执行。"


def _unfinished(state: State) -> Iterable[StepState]:
    return (step for step in state.steps if step.status in ("active", "waiting"))


def _took_part(state: State, person: int) -> bool:
    """Whether he decides or decided here; being asked for an opinion is not deciding."""
    ballots = (ballot for step in state.steps for ballot in step.ballots if ballot.asked_by is None)
    return any(person in (ballot.person, ballot.acting_for) for ballot in ballots)


def _can_take_back(state: State, person: int) -> bool:
    """The machine's own answer, asked without writing anything."""
    try:
        apply(state, Move("take_back", person))
    except MoveRefused:
        return False
    return True


def _some_wait(person: Person) -> bool:
    """Whether the longer question need be asked: every page shows the badge, and for most people nothing waits."""
    return exists(Ballot, person_id=[person.pk, *org.principal_ids(person)], status=["pending", "consulted"])


def _waits_for(person: Person) -> Q:
    """Ballots on which this person has something to do: vote, or answer what he is asked. A promise waits for others."""
    vote = Q(status="pending", promised_by=None) & (Q(person=person) | _lent(person))
    return vote | Q(status="consulted", person=person)


def _lent(person: Person) -> Q:
    """Open ballots of people this person stands in for today."""
    principals = org.principal_ids(person)
    return Q(status="pending", person_id__in=principals) if principals else Q(pk__in=())


def _listed(requests: QuerySet[Request]) -> QuerySet[Request]:
    return requests.select_related("requester", "on_behalf_of")
