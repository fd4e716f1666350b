"""Reading and copying what was filed on a form, and telling somebody outside what a file or a form says. Each leaves an
event that names the grant by which it was done."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kedang.kernel import clock
from kedang.kernel.actions import access, grants, reading
from kedang.kernel.actions.access import GROUPS
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.permits import DAYS
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field
from kedang.kernel.ledger import ValueDraft
from kedang.kernel.norms.models import FormRecord, Grant
from kedang.kernel.norms.store import regulations
from kedang.kernel.norms.vocabulary import vocabulary

LIMIT = 20_000
"""Records of one workbook."""
FORM = Field("form", "表单", "text", required=True)
NUMBER = Field("authorisation", "授权编号", "text", max=40)
PURPOSE = Field("purpose", "用途", "text", required=True, min=2, max=200)
WAYS = {"mail": "邮件", "link": "外链", "phone": "电话", "paper": "纸质", "face": "当面", "other": "其他"}
TO = [
    Field("recipient", "接收人", "text", required=True, min=2, max=120),
    Field("way", "方式", "choice", values=WAYS, default="other"),
    Field("summary", "内容摘要", "text", max=200, personal=True, purpose="对外提供的登记"),
]


# ---- reading -----------------------------------------------------------------------------------------------------------


def _file_of(filed: int | None) -> int | None:
    """A form about a customer lies in his file."""
    return FormRecord.objects.filter(pk=filed).values_list("file", flat=True).first() if filed else None


@action(
    "form.open",
    "查阅表单",
    args=[
        Field("form", "表单", "text"),
        Field("filed", "已交的一份", "integer"),
        Field("since", "自", "date"),
        Field("through", "至", "date"),
        Field("of", "填报人", "person"),
        Field("purpose", "用途", "text"),
    ],
    about="",
    needs="none",
    reads=True,
    public=False,
    events=("form.opened",),
    file_of=lambda args: _file_of(args.get("filed")),
)
def open_forms(*, deed: Deed, purpose: str | None = None, **asked: Any) -> dict[str, int]:
    """Read one filed form, or those of some days; how many there are."""
    wanted = reading.reading_of("form.open", asked, regulations())
    assert wanted is not None
    number = None
    if deed.person is not None:
        who = access.standing(deed.person.pk)
        if not reading.own_right(who, wanted, regulations()):
            grant = reading.granting(who, wanted)
            number = grant.number if grant else None
    rows = FormRecord.objects.filter(wanted.within()).count()
    deed.record(
        "form.opened",
        file=wanted.filed.file if wanted.filed else None,
        subject=f"form:{wanted.filed.pk}" if wanted.filed else "",
        data={**_about(wanted), "rows": rows, "purpose": purpose or None, "number": number},
    )
    return {"rows": rows}


def _about(wanted: reading.Reading) -> dict[str, Any]:
    return {
        "form": wanted.qid,
        "name": wanted.words,
        "record": wanted.filed.pk if wanted.filed else None,
        "since": wanted.since,
        "through": wanted.through,
    }


# ---- copying -----------------------------------------------------------------------------------------------------------


def _number_locks(args: Mapping[str, Any]) -> Iterable[str]:
    """A copy by a grant waits for the grant's taking back, and the other way round."""
    number = str(args.get("authorisation") or "").strip().upper()
    row = Grant.objects.filter(number=number).exclude(number="").values_list("pk", flat=True).first()
    return [f"grant:{row}"] if row else []


@action(
    "form.export",
    "导出表单登记",
    args=[FORM, *DAYS, NUMBER, Field("recipient", "收件人", "text", max=120), PURPOSE],
    about="",
    needs="none",
    public=False,
    copies=True,
    locks=_number_locks,
    events=("form.exported",),
)
def export_forms(
    *, deed: Deed, purpose: str, authorisation: str | None = None, recipient: str | None = None, **asked: Any
) -> dict[str, Any]:
    """Take what was filed on some days out of the system; code, number, rows and digest of what may be written."""
    if deed.by is None or deed.on_behalf_of is not None:
        raise Invalid("导出的是本人能看到的内容，不能代他人办理。")
    wanted = reading.reading_of("form.export", asked, regulations())
    assert wanted is not None
    ids = record_ids(wanted)
    if not ids:
        raise Invalid("这个范围里没有已交的表，没有可导出的内容。")
    if len(ids) > LIMIT:
        raise Invalid({"through": f"一次最多导出 {LIMIT:,} 份，请缩小日期范围"})
    code = f"DC{clock.local(deed.now):%Y%m%d}-{deed.command.hex[:8].upper()}"
    data = {
        **_about(wanted), "rows": len(ids), "purpose": purpose, "code": code, "digest": digest_of_records(ids),
        "number": number_of(authorisation), "recipient": recipient or None,
    }  # fmt: skip
    del data["record"]
    deed.record("form.exported", subject=f"export:{code}", data=data)
    return {
        "code": code, "rows": len(ids), "digest": data["digest"], "at": deed.now.isoformat(), "number": data["number"] or "",
        "columns": [], "recipient": recipient or "",
    }  # fmt: skip


def record_ids(wanted: reading.Reading) -> list[int]:
    """The records that a copy takes along, by day; one more than may be, so that too many are seen."""
    rows = FormRecord.objects.filter(wanted.within()).order_by("on_day", "id")
    return list(rows.values_list("pk", flat=True)[: LIMIT + 1])


def number_of(typed: str | None) -> str | None:
    """A number as it was given out."""
    return (typed or "").strip().upper() or None


def digest_of_records(ids: Sequence[int]) -> str:
    """16 hex digits over what was filed in these records."""
    made = hashlib.sha256()
    for row in FormRecord.objects.filter(pk__in=ids).order_by("pk").values_list("pk", "data", "rows").iterator():
        made.update(json.dumps(row, ensure_ascii=False, sort_keys=True).encode())
    return made.hexdigest()[:16]


# ---- telling somebody outside --------------------------------------------------------------------------------------------


def _file_locks(args: Mapping[str, Any]) -> Iterable[str]:
    return [f"file:{args.get('customer')}", *_number_locks(args)]


@action(
    "file.disclose",
    "对外提供资料",
    args=[
        Field("customer", "客户", "customer", required=True),
        Field("fields", "提供哪些栏目", "choices"),
        *TO,
        NUMBER,
        PURPOSE,
    ],
    needs="list",
    copies=True,
    locks=_file_locks,
    events=("access.disclosed",),
)
def disclose_file(*, deed: Deed, customer: int, fields: Sequence[str] = (), **said: Any) -> int:
    """Write down that somebody outside was given what a file says: who, how, when, what; the event's id."""
    digest = digest_of_fields(customer, fields)
    return _disclosed(deed, customer, {"what": grants.field_words(fields), "digest": digest}, said)


@action(
    "form.disclose",
    "对外提供表单",
    args=[FORM, *DAYS, *TO, NUMBER, PURPOSE],
    about="",
    needs="none",
    public=False,
    copies=True,
    locks=_number_locks,
    events=("access.disclosed",),
)
def disclose_forms(*, deed: Deed, recipient: str, purpose: str, **asked: Any) -> int:
    """The same of what was filed on a form on some days."""
    said = {key: asked.pop(key, None) for key in ("way", "summary", "authorisation")}
    wanted = reading.reading_of("form.disclose", asked, regulations())
    assert wanted is not None
    ids = record_ids(wanted)
    if not ids:
        raise Invalid("这个范围里没有已交的表，没有可提供的内容。")
    data = {"what": f"{wanted.words}，{len(ids)} 份", "digest": digest_of_records(ids), "form": wanted.qid}
    return _disclosed(deed, None, data, {**said, "recipient": recipient, "purpose": purpose})


def _disclosed(deed: Deed, file: int | None, what: dict[str, Any], said: Mapping[str, Any]) -> int:
    typed = str(said.get("summary") or "")
    event = deed.record(
        "access.disclosed",
        file=file,
        data={
            **what,
            "recipient": said["recipient"],
            "way": WAYS[said.get("way") or "other"],
            "purpose": said["purpose"],
            "number": number_of(said.get("authorisation")),
        },
        values=[ValueDraft("summary", new=typed)] if typed else [],
    )
    return event.pk


def digest_of_fields(file: int, names: Sequence[str]) -> str:
    """16 hex digits over the values that were told; all of them for none named."""
    known = vocabulary.bindings
    chosen = [one for one in known.values() if not names or one.name in names or (one.group or "base") in names]
    text = "\n".join(f"{one.name}={one.read(file) or ''}" for one in sorted(chosen, key=lambda one: one.name))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def check_fields(names: Sequence[str]) -> None:
    """Invalid for a column that does not exist."""
    unknown = [each for each in names if each not in GROUPS and each not in vocabulary.bindings]
    if unknown:
        raise Invalid({"fields": f"没有“{unknown[0]}”这个栏目"})


def covers_file(grant: Grant, file: int, names: Sequence[str]) -> bool:
    """Whether a copy grant covers these columns of a file."""
    if grant.file != file:
        return False
    if not grant.fields:
        return True
    bindings = vocabulary.bindings
    return bool(names) and all(
        each in grant.fields or (each in bindings and bindings[each].group in grant.fields) for each in names
    )
