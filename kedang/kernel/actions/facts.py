"""The kernel's facts: what conditions may ask of people, duties, events, forms, classes and stages. All load set-wise."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, OuterRef, Subquery, Value
from django.db.models.functions import Coalesce

from kedang.kernel import clock, fields, files, ledger
from kedang.kernel.actions import forms, telling
from kedang.kernel.actions.access import READ
from kedang.kernel.ledger.models import Event
from kedang.kernel.norms import filings
from kedang.kernel.norms.classes import classes_of
from kedang.kernel.norms.models import Duty, DutyState, FileStage, FileTerm, FormRecord, Grant
from kedang.kernel.norms.people import role_held
from kedang.kernel.norms.store import Regulations, regulations
from kedang.kernel.norms.vocabulary import World, fact
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

Subjects = Sequence[tuple[Any, ...]]
DAY = timedelta(days=1)
Found = Mapping[tuple[Any, ...], Any]


def regs_of(world: World) -> Regulations:
    """The regulations a fact may consult."""
    return world.regulations or regulations()


# ---- people ------------------------------------------------------------------------------------------------------


@fact("person.units", "所在部门", ("person",), "set[unit]")
def person_units(subjects: Subjects, world: World) -> Found:
    """Units of a person today."""
    units = org.units_of_many({person for (person,) in subjects if person is not None})
    return {(person,): frozenset(units.get(person, set())) for (person,) in subjects}


@fact("person.posts", "岗位", ("person",), "set[text]")
def person_posts(subjects: Subjects, world: World) -> Found:
    """Post keys of a person today."""
    posts = org.posts_of_many({person for (person,) in subjects if person is not None})
    return {(person,): frozenset(posts.get(person, set())) for (person,) in subjects}


@fact("superior", "直接上级", ("person",), "person", total=False)
def superior(subjects: Subjects, world: World) -> Found:
    """The person's superior today."""
    found = {}
    for (person,) in subjects:
        above = org.superior(person) if person is not None else None
        found[(person,)] = above.pk if above else None
    return found


@fact("person.unit", "部门", ("person",), "unit", total=False)
def person_unit(subjects: Subjects, world: World) -> Found:
    """The unit of a person's primary appointment."""
    found = {}
    for (person,) in subjects:
        found[(person,)] = org.home_unit(person) if person is not None else None
    return found


@fact("person.is_admin", "系统管理员", ("person",), "bool")
def person_is_admin(subjects: Subjects, world: World) -> Found:
    """Whether the person administers the system for the company."""
    admins = set(
        Person.objects.filter(is_admin=True, pk__in={p for (p,) in subjects if p}).values_list("pk", flat=True)
    )
    return {(person,): person in admins for (person,) in subjects}


@fact("leaving", "正在离职", ("person",), "bool")
def leaving(subjects: Subjects, world: World) -> Found:
    """Whether a person's leaving is on record, from the day it was recorded."""
    rows = Person.objects.filter(left_on__isnull=False, pk__in={p for (p,) in subjects if p})
    gone = set(rows.values_list("pk", flat=True))
    return {(person,): person in gone for (person,) in subjects}


@fact("shares_unit", "同一部门", ("person", "customer"), "bool", told=telling.same_unit)
def shares_unit(subjects: Subjects, world: World) -> Found:
    """Whether the person belongs to the file's unit."""
    units = org.units_of_many({person for person, _ in subjects if person is not None})
    views = files.views({file for _, file in subjects if file is not None})
    return {(person, file): file in views and views[file].unit in units.get(person, set()) for person, file in subjects}


@fact("in_unit", "属于部门", ("person", "unit_name"), "bool", told=telling.belongs)
def in_unit(subjects: Subjects, world: World) -> Found:
    """Whether the person belongs to the named unit or one below it."""
    from kedang.kernel.norms.store import scope_units

    units = org.units_of_many({person for person, _ in subjects if person is not None})
    wanted = {name: scope_units([name]) or frozenset() for name in {name for _, name in subjects}}
    return {(person, name): bool(units.get(person, set()) & wanted[name]) for person, name in subjects}


@fact("holds", "担任", ("person", "role"), "bool", told=telling.held)
def holds(subjects: Subjects, world: World) -> Found:
    """Whether the person holds a role of a pack by post."""
    regs = regs_of(world)
    found: dict[tuple[Any, ...], bool] = {}
    posts: dict[int, list[tuple[str, int]]] = {}
    for person, qid in subjects:
        if person is not None and person not in posts:
            posts[person] = [(each.post, each.unit) for each in org.held_by(person)]
        pack, _, role_id = qid.partition(".")
        version = regs.version(pack)
        role = version.regulation.pack.roles.get(role_id) if version else None
        found[(person, qid)] = bool(version and role and person is not None and role_held(role, posts[person], version))
    return found


@fact("granted", "已获授权查阅", ("person", "customer", "text"), "bool", optional=1)
def granted(subjects: Subjects, world: World) -> Found:
    """Whether a running grant lets the person read the file ('copy': take it along)."""
    now = clock.now()
    rows = Grant.objects.filter(
        ended_at=None, valid_until__gt=now, valid_from__lte=now, person__in={each[0] for each in subjects if each[0]}
    )
    have = {
        (person, file, verb)
        for person, file, verbs in rows.exclude(file=None).values_list("person", "file", "verbs")
        for verb in verbs
    }
    return {each: (*each[:2], each[2] if len(each) > 2 else READ) in have for each in subjects}


@fact("form_granted", "已获授权的表单", ("person", "text", "text", "date", "date"), "bool", optional=3)
def form_granted(subjects: Subjects, world: World) -> Found:
    """Whether one running grant lets the person read ('copy': take along) what was filed of a form on these days."""
    now = clock.now()
    rows = Grant.objects.filter(
        ended_at=None, valid_until__gt=now, valid_from__lte=now, person__in={each[0] for each in subjects if each[0]}
    )
    held = list(rows.exclude(form=""))
    return {each: any(_covers_days(grant, *each) for grant in held) for each in subjects}


def _covers_days(
    grant: Grant, person: int, form: str, verb: str = READ, since: date | None = None, through: date | None = None
) -> bool:
    return (
        grant.person_id == person
        and form in (grant.form, grant.form.partition(".")[2])
        and verb in grant.verbs
        and grant.of_person_id is None
        and (grant.first_day is None or (since is not None and grant.first_day <= since))
        and (grant.last_day is None or (through is not None and through <= grant.last_day))
    )


# ---- entries ------------------------------------------------------------------------------------------------------


@fact("entry_days", "记录距今天数", ("number",), "number")
def entry_days(subjects: Subjects, world: World) -> Found:
    """Whole days since an entry of the ledger was recorded."""
    rows = dict(Event.objects.filter(pk__in=_numbers(subjects)).values_list("pk", "recorded_at"))
    return {each: (world.now - rows[pk]) // DAY if (pk := int(each[0] or 0)) in rows else 0 for each in subjects}


@fact("entry_person", "记录的经办人", ("number",), "person", total=False)
def entry_person(subjects: Subjects, world: World) -> Found:
    """Whose deed an entry is."""
    rows = Event.objects.filter(pk__in=_numbers(subjects)).values_list("pk", "on_behalf_of", "actor")
    found = {pk: behalf or actor for pk, behalf, actor in rows}
    return {each: found.get(int(each[0] or 0)) for each in subjects}


def _numbers(subjects: Subjects) -> set[int]:
    return {int(each[0]) for each in subjects if each[0] is not None}


# ---- duties ------------------------------------------------------------------------------------------------------


def _duties(subjects: Subjects, world: World, about: str) -> dict[tuple[Any, ...], list[Duty]]:
    """Duties of (norm, subject) pairs, by file or by bearer."""
    norms = {norm for norm, *_ in subjects}
    ids = {subject for _, subject, *_ in subjects if subject is not None}
    rows = Duty.objects.filter(norm__in=norms, **{f"{about}__in": ids})
    found: dict[tuple[Any, ...], list[Duty]] = defaultdict(list)
    for duty in rows:
        found[(duty.norm, duty.file if about == "file" else duty.bearer_id)].append(duty)
    return found


def _is_overdue(duty: Duty, now: datetime) -> bool:
    """Guards compare due times with the clock and never rely on the mark."""
    limit = duty.grace_until or duty.due_at
    return duty.state == DutyState.OPEN and duty.paused_at is None and limit is not None and now > limit


@fact("overdue", "逾期未办", ("norm", "customer"), "bool", told=telling.late)
def overdue(subjects: Subjects, world: World) -> Found:
    """Whether the duty of a norm about a file is past due and not done."""
    rows = _duties(subjects, world, "file")
    return {pair: any(_is_overdue(d, world.now) for d in rows.get(pair, ())) for pair in subjects}


@fact("person_overdue", "本人逾期未办", ("norm", "person"), "bool")
def person_overdue(subjects: Subjects, world: World) -> Found:
    """Whether a person has a duty of a norm that is past due and not done."""
    rows = _duties(subjects, world, "bearer")
    return {pair: any(_is_overdue(d, world.now) for d in rows.get(pair, ())) for pair in subjects}


@fact("done", "已办", ("norm", "customer"), "bool", told=telling.duty_state("已办"))
def done(subjects: Subjects, world: World) -> Found:
    """Whether the newest duty of a norm about a file has been done, on time or late."""
    rows = _duties(subjects, world, "file")
    closed = (DutyState.DONE, DutyState.LATE, DutyState.LATE_EXCUSED)
    return {pair: bool(rows.get(pair)) and max(rows[pair], key=lambda d: d.pk).state in closed for pair in subjects}


@fact("pending", "尚未办理", ("norm", "customer"), "bool", told=telling.duty_state("尚未办理"))
def pending(subjects: Subjects, world: World) -> Found:
    """Whether a duty of a norm about a file is open, overdue or not."""
    rows = _duties(subjects, world, "file")
    return {pair: any(d.state == DutyState.OPEN for d in rows.get(pair, ())) for pair in subjects}


# ---- events and forms --------------------------------------------------------------------------------------------


def _event_counts(subjects: Subjects) -> dict[tuple[Any, ...], int]:
    """{(kind, file[, since]): number}; one query for all pairs without `since`, one each with it."""
    plain = [args for args in subjects if len(args) == 2 or args[2] is None]
    found: dict[tuple[Any, ...], int] = {}
    if plain:
        rows = (
            ledger.counted()
            .filter(kind__in={a[0] for a in plain}, file__in={a[1] for a in plain if a[1] is not None})
            .values("kind", "file")
            .annotate(n=Count("id"))
        )
        counts = {(row["kind"], row["file"]): row["n"] for row in rows}
        found = {args: counts.get((args[0], args[1]), 0) for args in plain}
    for args in subjects:
        if args not in found:
            found[args] = ledger.counted().filter(kind=args[0], file=args[1], occurred_at__gte=args[2]).count()
    return found


@fact("has_event", "有记录", ("event_kind", "customer", "datetime"), "bool", optional=1, told=telling.recorded)
def has_event(subjects: Subjects, world: World) -> Found:
    """Whether an event of a kind is on record for a file (since an instant)."""
    return {args: n > 0 for args, n in _event_counts(subjects).items()}


@fact("count_events", "记录次数", ("event_kind", "customer", "datetime"), "number", optional=1, told=telling.recorded)
def count_events(subjects: Subjects, world: World) -> Found:
    """How many events of a kind are on record for a file (since an instant)."""
    return _event_counts(subjects)


def _form_counts(subjects: Subjects) -> dict[tuple[Any, ...], int]:
    rows = (
        FormRecord.objects.filter(
            form__in={a[0] for a in subjects}, file__in={a[1] for a in subjects if a[1] is not None}
        )
        .values("form", "file")
        .annotate(n=Count("id"))
    )
    counts = {(row["form"], row["file"]): row["n"] for row in rows}
    found = {}
    for args in subjects:
        if len(args) > 2 and args[2] is not None:
            found[args] = FormRecord.objects.filter(form=args[0], file=args[1], filed_at__gte=args[2]).count()
        else:
            found[args] = counts.get((args[0], args[1]), 0)
    return found


@fact("has_form", "已交表单", ("form", "customer", "datetime"), "bool", optional=1, told=telling.filed)
def has_form(subjects: Subjects, world: World) -> Found:
    """Whether a form about a file has been filed (since an instant)."""
    return {args: n > 0 for args, n in _form_counts(subjects).items()}


@fact("form_count", "表单份数", ("form", "customer", "datetime"), "number", optional=1, told=telling.filed)
def form_count(subjects: Subjects, world: World) -> Found:
    """How many of a form about a file have been filed (since an instant)."""
    return _form_counts(subjects)


@fact("form_value", "表单内容", ("form", "text", "text", "text"), "text", total=False)
def form_value(subjects: Subjects, world: World) -> Found:
    """form_value('plan', 'frequency', 'category', x): a field of the newest filed form whose key field equals x."""
    found: dict[tuple[Any, ...], Any] = {}
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for form, key in {(a[0], a[2]) for a in subjects}:
        rows: dict[str, Any] = {}
        for _, data in filings.data_of(form):
            rows[str(data.get(key))] = data
        newest[(form, key)] = rows
    for args in subjects:
        form, name, key, value = args
        found[args] = newest[(form, key)].get(str(value), {}).get(name)
    return found


# ---- classes, stages, completeness -------------------------------------------------------------------------------


def _term_column(term: str) -> Subquery:
    return Subquery(FileTerm.objects.filter(file=OuterRef("pk"), term=term).values("value")[:1])


def _stage_column(flow: str) -> Coalesce:
    moved = FileStage.objects.filter(file=OuterRef("pk"), flow=flow).values("stage")[:1]
    return Coalesce(Subquery(moved), Value(_first_stage(regulations(), flow)))


@fact("term", "类别", ("customer", "term"), "text", total=False, column=_term_column)
def term(subjects: Subjects, world: World) -> Found:
    """The class of a file under a term; the term's default when it has none."""
    classes = classes_of({f for f, _ in subjects if f})
    regs = regs_of(world)
    return {pair: classes.get(pair[0], {}).get(pair[1]) or _default(regs, pair[1]) for pair in subjects}


def _default(regs: Regulations, qid: str) -> str | None:
    found = regs.term(qid)
    return found[2].default if found else None


@fact("stage", "状态", ("customer", "flow"), "text", column=_stage_column)
def stage(subjects: Subjects, world: World) -> Found:
    """Where a file stands in a flow; the first stage when it has not moved."""
    rows = FileStage.objects.filter(file__in={f for f, _ in subjects if f}, flow__in={f for _, f in subjects})
    values = {(file, name): value for file, name, value in rows.values_list("file", "flow", "stage")}
    regs = regs_of(world)
    return {pair: values.get(pair) or _first_stage(regs, pair[1]) for pair in subjects}


def _first_stage(regs: Regulations, qid: str) -> str:
    found = regs.flow(qid)
    return found[2].stages[0].id if found else ""


@fact("completeness", "档案完整度", ("customer", "form"), "number", told=telling.filled)
def completeness(subjects: Subjects, world: World) -> Found:
    """Per cent of a form's bound required fields that the file fills."""
    found = {}
    for file, form in subjects:
        filled, total, _ = complete(file, form, regs_of(world))
        found[(file, form)] = 100 if not total else round(filled * 100 / total)
    return found


@fact("missing_count", "缺项数", ("customer", "form"), "number")
def missing_count(subjects: Subjects, world: World) -> Found:
    """How many of a form's bound required fields the file leaves empty."""
    found = {}
    for file, form in subjects:
        filled, total, _ = complete(file, form, regs_of(world))
        found[(file, form)] = total - filled
    return found


def complete(file: int, form_qid: str, regs: Regulations) -> tuple[int, int, list[str]]:
    """(filled, total, names of the missing) of a form's required fields about a file.

    A bound field is asked of the file; an unbound one of the newest filed form.
    """
    found = regs.form(form_qid)
    if found is None:
        return 0, 0, []
    version, form = found
    bare = form_qid.partition(".")[2] or form_qid
    wanted = [spec for spec in form.fields if spec.required]
    record = None
    if any(not spec.binds for spec in wanted):
        record = FormRecord.objects.filter(form=f"{version.pack}.{bare}", file=file).order_by("-id").first()
    have = forms.prefill(version, form, file)
    missing = [s.name for s in wanted if not _filled(s.id, s.binds, have, record)]
    return len(wanted) - len(missing), len(wanted), missing


def _filled(name: str, binds: str | None, have: Mapping[str, Any], record: FormRecord | None) -> bool:
    if binds:
        return not fields.is_blank(have.get(name))
    return record is not None and not fields.is_blank(record.data.get(name))
