"""What is wrong with rows, and which customers they may be, before anything is done: the same checks as the deed's.

Nothing here decides anything: the import asks the deed itself. Rows come in chunks, and what they ask of the database is
asked set-wise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q

from kedang.customers import history, identity
from kedang.customers.importing.reading import Read, read
from kedang.customers.importing.targets import TERM, Company, Target, by_id
from kedang.customers.importing.withform import WITH, WithForm, chosen
from kedang.customers.models import VOID, Customer, FormerName, PhoneDigits
from kedang.kernel import fields, files
from kedang.kernel.actions import flows
from kedang.kernel.errors import Invalid
from kedang.kernel.names import normalize_name
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org import selectors as org
from kedang.kernel.org.models import Person

CONTACT_FIRST = "填了联系人职务或电话，须填联系人姓名"


@dataclass
class Plan:
    """How the rows of one import are read: columns, the company's names, defaults, and who imports."""

    columns: list[tuple[int, Target]]
    company: Company
    defaults: Mapping[str, Any]
    by: Person
    mark: int | None = None
    form: WithForm | None = None
    """What is filed along with each registration."""
    _units: dict[tuple[Any, Any], Any] = field(default_factory=dict)
    _homes: dict[int, int | None] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        layout: Mapping[str, Any],
        options: Mapping[str, Any],
        targets: Sequence[Target],
        company: Company,
        by: Person,
    ) -> Plan:
        """From what an import keeps; columns whose target is no longer in force are left out."""
        known = by_id(targets)
        columns = [(int(at), known[name]) for at, name in layout.get("columns", {}).items() if name in known]
        defaults = {key: options[key] for key in ("owner", "unit") if options.get(key)}
        form = chosen(options, regulations())
        return cls(sorted(columns, key=lambda pair: pair[0]), company, defaults, by, layout.get("mark"), form)

    def home(self, owner: int) -> int | None:
        """The unit of an owner's main post."""
        if owner not in self._homes:
            person = Person.objects.filter(pk=owner).first()
            self._homes[owner] = org.home_unit(person) if person else None
        return self._homes[owner]


@dataclass
class Checked:
    """One row: what it says, what is wrong with it by target, and which files it may be."""

    line: int
    read: Read
    errors: dict[str, str] = field(default_factory=dict)
    same: dict[str, identity.Match] = field(default_factory=dict)
    """field -> the file that has this name or code already; registering would be refused."""
    like: dict[int, list[str]] = field(default_factory=dict)
    """file -> in what it agrees, for files that only may be the same (phone, former name)."""
    twin: int | None = None
    """The earlier line of this list with the same name or code."""
    form: dict[str, Any] | None = None
    """What the form says that is filed along; None when none is."""

    @property
    def name(self) -> str:
        """The customer's name as typed."""
        return str(self.read.args.get("name", ""))


def check(rows: Iterable[tuple[int, Sequence[Any]]], plan: Plan) -> list[Checked]:
    """Read and check some rows, with the files they may be."""
    answers = plan.form.answers if plan.form else frozenset()
    found = [Checked(line, read(cells, plan.columns, plan.company, plan.defaults, answers)) for line, cells in rows]
    spec = vocabulary.actions["customer.register"]
    cleaned = {row.line: _judge(row, spec.args, plan) for row in found}
    _find_same(found, cleaned, plan)
    return found


def _judge(row: Checked, args: Any, plan: Plan) -> dict[str, Any]:
    """Errors of one row on its own; the cleaned values of what is right."""
    own = {arg.id for arg in args}
    given = {key: value for key, value in row.read.args.items() if key in own}
    row.errors.update(row.read.errors)
    try:
        cleaned = fields.clean(args, given)
    except Invalid as error:
        row.errors.update({key: text for key, text in error.errors.items() if key not in row.errors})
        cleaned = {}
    if not row.read.args.get("contact_name") and (
        row.read.args.get("contact_phone") or row.read.args.get("contact_post")
    ):
        row.errors.setdefault("contact_name", CONTACT_FIRST)
    view = _judge_classes(row, plan)
    _judge_form(row, plan, view)
    return cleaned


def _judge_form(row: Checked, plan: Plan, view: files.FileView | None) -> None:
    """The form that is filed along, checked before anything is written; a department under another regulation has none."""
    extra = row.read.args.pop(WITH, {})
    if plan.form is None or view is None:
        return
    if not plan.form.covers(view):
        row.read.notes.append(f"这份档案不适用{plan.form.name}，没有提交这张表")
        return
    for key, text in plan.form.errors(row.read.args, extra).items():
        row.errors.setdefault(key, text)
    row.form = plan.form.data(row.read.args, extra)


def _judge_classes(row: Checked, plan: Plan) -> files.FileView | None:
    """The classes by the regulations over the department that the file would lie in; where that is."""
    owner = row.read.args.get("owner") or plan.by.pk
    unit = row.read.args.get("unit") or plan.home(owner)
    if unit is None:
        row.errors.setdefault("owner", "负责人没有任职部门，不能作为负责人")
        return None
    key = (owner, unit)
    if key not in plan._units:
        plan._units[key] = files.FileView(0, "", "", owner, unit)
    _, wrong = _classes(plan, plan._units[key], row.read.args.get("terms") or {})
    for name, text in wrong.items():
        row.errors.setdefault(TERM + name, text)
    return plan._units[key]


def _classes(plan: Plan, view: files.FileView, given: Mapping[str, str]) -> Any:
    key = (view.unit, tuple(sorted(given.items())))
    if key not in plan._units:
        plan._units[key] = flows.choose_classes(view, given, regulations())
    return plan._units[key]


# ---- which files it may be ---------------------------------------------------------------------------------------


def _find_same(found: Sequence[Checked], cleaned: Mapping[int, dict[str, Any]], plan: Plan) -> None:
    """Files with the row's name or code, as `identity.blocking` finds them; and files that share a phone or former name."""
    names = {row.line: normalize_name(row.name) for row in found if row.name}
    codes = {row.line: _code(row, cleaned) for row in found}
    held = _held(set(names.values()), {code for code in codes.values() if code})
    for row in found:
        if names.get(row.line) in held or codes[row.line] in held:
            row.same = same_as(row.read.args, codes[row.line])
    _find_alike(found, cleaned, names)


def _code(row: Checked, cleaned: Mapping[int, dict[str, Any]]) -> str:
    """The code as it would be stored, also when another cell of the row is wrong."""
    known = cleaned[row.line].get("credit_code")
    if known:
        return str(known)
    raw = str(row.read.args.get("credit_code", ""))
    return "" if "credit_code" in row.errors else raw.strip().upper()


def _held(names: set[str], codes: set[str]) -> set[str]:
    rows = Customer.objects.filter(Q(normalized_name__in=names) | Q(credit_code__in=codes)).exclude(
        status=VOID, credit_code=None
    )
    return {text for pair in rows.values_list("normalized_name", "credit_code") for text in pair if text}


def same_as(args: Mapping[str, Any], code: str) -> dict[str, identity.Match]:
    """What stops the registration of a row: the product's own check."""
    return identity.blocking(
        name=str(args.get("name", "")),
        kind=str(args.get("kind") or "组织"),
        credit_code=code or None,
        phone=_phone(args),
    )


def _phone(args: Mapping[str, Any]) -> str | None:
    return str(args["phone"]) if args.get("phone") else None


def _find_alike(found: Sequence[Checked], cleaned: Mapping[int, dict[str, Any]], names: Mapping[int, str]) -> None:
    digits: dict[str, list[Checked]] = defaultdict(list)
    former: dict[str, list[Checked]] = defaultdict(list)
    for row in found:
        if row.same:
            continue
        for key in ("phone", "contact_phone"):
            if number := history.main_digits(str(cleaned[row.line].get(key) or "")):
                digits[number].append(row)
        if row.line in names:
            former[names[row.line]].append(row)
    phones = PhoneDigits.objects.filter(digits__in=digits).exclude(customer__status=VOID)
    for file, number in phones.values_list("customer_id", "digits"):
        _note(digits[number], file, "电话")
    once = FormerName.objects.filter(normalized_name__in=former).exclude(customer__status=VOID)
    for file, name in once.values_list("customer_id", "normalized_name"):
        _note(former[name], file, "曾用名")


def _note(rows: Sequence[Checked], file: int, what: str) -> None:
    for row in rows:
        agrees = row.like.setdefault(file, [])
        if what not in agrees:
            agrees.append(what)


class Twins:
    """Lines of one list that name the same customer: the later one would find the earlier one registered."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}

    def look(self, rows: Sequence[Checked]) -> None:
        """Mark rows whose name or code an earlier row has; rows must come in order."""
        for row in rows:
            keys = [f"name:{normalize_name(row.name)}"] if row.name else []
            if row.read.args.get("kind") == "个人" and row.read.args.get("phone"):
                keys = [f"{key}:{history.main_digits(str(row.read.args['phone']))}" for key in keys]
            code = str(row.read.args.get("credit_code") or "").strip().upper()
            keys += [f"code:{code}"] if code else []
            row.twin = next((self._seen[key] for key in keys if key in self._seen), None)
            for key in keys:
                self._seen.setdefault(key, row.line)
