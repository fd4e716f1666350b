"""Loading, drafting and adopting regulations. Adoption is itself an action: draft → checked → effective → superseded."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from kedang.kernel import clock
from kedang.kernel.actions import adoption
from kedang.kernel.actions.deed import Deed
from kedang.kernel.actions.registry import action
from kedang.kernel.errors import Invalid
from kedang.kernel.fields import Field
from kedang.kernel.norms import store
from kedang.kernel.norms.check import check
from kedang.kernel.norms.compiled import compile_pack
from kedang.kernel.norms.loader import LoadedPack, load_pack, load_text
from kedang.kernel.norms.models import PackState, PackVersion
from kedang.kernel.norms.problems import PackError
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org.models import Person

FILES = ("pack.yaml", "clauses.yaml", "forms.yaml", "norms.yaml")


def sources_of(folder: Path) -> dict[str, str]:
    """The text of a pack's files."""
    return {name: (folder / name).read_text(encoding="utf-8") for name in FILES if (folder / name).exists()}


def load(folder: Path, *, by: Person | None = None, units: list[str] | None = None) -> PackVersion:
    """Check a pack and keep it as a checked version; a pack with an error is refused and the running one stays."""
    return store_version(load_pack(folder), sources_of(folder), by=by, units=units)


def store_version(
    loaded: LoadedPack, sources: dict[str, str], *, by: Person | None, units: list[str] | None = None, note: str = ""
) -> PackVersion:
    """Keep a loaded pack; PackError names every problem. The same version with other text is refused once in force."""
    problems = [p for p in check([loaded], vocabulary) if p.severity == "error"]
    if problems:
        raise PackError(problems)
    compile_pack(loaded, vocabulary, _others(loaded.pack.pack))
    found = PackVersion.objects.filter(pack=loaded.pack.pack, version=loaded.pack.version).first()
    if found is not None and found.state in (PackState.EFFECTIVE, PackState.SUPERSEDED):
        if found.digest != loaded.digest:
            raise Invalid(f"《{found.title}》第{found.version}版已经生效，不能改动；请把版本号加一后再载入。")
        return found
    row = found or PackVersion(pack=loaded.pack.pack, version=loaded.pack.version)
    row.title, row.sources, row.digest = loaded.pack.title, sources, loaded.digest
    row.state, row.effective_from = PackState.CHECKED, loaded.pack.effective
    row.loaded_by, row.loaded_at, row.note = by, clock.now(), note
    if units is not None:
        row.units = units
    row.save()
    return row


def _others(pack: str) -> dict[str, Any]:
    return {v.pack: v.regulation.pack for v in store.regulations().versions if v.pack != pack}


def put_in_force(row: PackVersion, since: date, by: Person | None) -> None:
    """Make a checked version effective from a day; the one before ends the day before."""
    if row.state not in (PackState.CHECKED, PackState.APPROVED, PackState.DRAFT):
        raise Invalid(f"《{row.title}》第{row.version}版的状态是“{row.get_state_display()}”，不能再生效。")
    loaded = load_text(row.sources)
    empty = [
        p.name or name for name, p in loaded.pack.parameters.items() if not p.values and name not in row.parameters
    ]
    if empty:
        raise Invalid(f"以下参数还没有填定，不能生效：{'、'.join(empty)}。")
    problems = [p for p in check([loaded], vocabulary) if p.severity == "error"]
    if problems:
        raise PackError(problems)
    running = PackVersion.objects.filter(pack=row.pack, state=PackState.EFFECTIVE, effective_until=None)
    for old in running.exclude(pk=row.pk):
        old.effective_until = max(since, old.effective_from)
        if since <= clock.today():
            old.state = PackState.SUPERSEDED
        old.save(update_fields=["effective_until", "state"])
        if not row.units:
            row.units = old.units
    row.state, row.effective_from = PackState.EFFECTIVE, since
    row.adopted_by, row.adopted_at = by, clock.now()
    row.save()
    store.touch()


@contextmanager
def _said_as_invalid(field: str) -> Iterator[None]:
    """A pack with an error is bad input of the deed, not a fault of the product."""
    try:
        yield
    except PackError as error:
        raise Invalid({field: str(error)}) from error


PACK = Field("pack", "制度", "text", required=True)


@action(
    "pack.draft",
    "起草制度",
    args=[
        PACK,
        Field("clause", "条款", "text"),
        Field("text", "补充说明", "long_text", required=True),
        Field("changes", "改动", "json", shape="object"),
    ],
    about="",
    needs="none",
    events=("pack.drafted",),
)
def draft_pack(*, deed: Deed, pack: str, text: str, clause: str | None = None, changes: Any = None) -> int:
    """Draft the next version of a regulation: a clause's wording and parameters; the version number drafted."""
    version = store.regulations().version(pack)
    if version is None:
        raise Invalid({"pack": f"没有制度“{pack}”。"})
    if clause and clause not in version.regulation.pack.clauses:
        raise Invalid({"clause": f"《{version.title}》没有第{clause}条。"})
    number = _next_number(pack, version.number)
    sources = _amended(version, number, clause, text, _new_values(changes))
    title = version.title
    if sources is not None:
        with _said_as_invalid("changes"):
            row = store_version(load_text(sources), sources, by=deed.by, note=text)
        row.state = PackState.DRAFT
        row.save(update_fields=["state"])
    deed.record(
        "pack.drafted",
        subject=f"pack:{pack}",
        data={"pack": pack, "title": title, "version": number, "clause": clause or None, "text": text},
        pack=pack,
        clause=clause or "",
    )
    return number


def _new_values(changes: Any) -> dict[str, Any]:
    """{parameter: its new value} of what was sent as `changes`."""
    asked = {} if changes is None else changes
    values = asked.get("parameters", {}) if isinstance(asked, dict) else None
    if not isinstance(values, dict) or any(isinstance(value, (dict, list)) for value in values.values()):
        raise Invalid({"changes": "应写为 {parameters: {参数: 新值}}。"})
    return values


def _next_number(pack: str, running: int) -> int:
    """The draft's number: one above the newest that is not itself an unadopted draft."""
    newest = PackVersion.objects.filter(pack=pack).exclude(state=PackState.DRAFT).order_by("-version").first()
    return max(running, newest.version if newest else 0) + 1


def _amended(
    version: store.Version, number: int, clause: str | None, text: str, values: dict[str, Any]
) -> dict[str, str]:
    """The running version's text with the amendment in it: parameters get a dated line, clauses their new wording."""
    row = PackVersion.objects.filter(pk=version.row).first()
    assert row is not None
    sources = dict(row.sources)
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.representer.ignore_aliases = lambda data: True
    head = yaml.load(sources["pack.yaml"])
    head["version"] = number
    since = max(clock.today() + timedelta(days=1), version.since)
    head["effective"] = since
    for name, value in values.items():
        if name not in head.get("parameters", {}):
            raise Invalid({"changes": f"没有参数“{name}”。"})
        head["parameters"][name].setdefault("values", {})[since] = value
    sources["pack.yaml"] = _dump(yaml, head)
    if clause and "clauses.yaml" in sources:
        clauses = yaml.load(sources["clauses.yaml"])
        table = clauses.get("clauses", clauses)
        table[clause]["reading"] = text
        sources["clauses.yaml"] = _dump(yaml, clauses)
    return sources


def _dump(yaml: YAML, data: Any) -> str:
    out = io.StringIO()
    yaml.dump(data, out)
    return out.getvalue()


@action(
    "pack.adopt",
    "颁行制度",
    args=[
        PACK,
        Field("version", "版本", "integer", required=True),
        Field("since", "生效日期", "date"),
        Field("notify", "须告知签收", "bool", default=True),
    ],
    about="",
    needs="none",
    events=("pack.adopted",),
)
def adopt_pack(*, deed: Deed, pack: str, version: int, since: date | None = None, notify: bool = True) -> int:
    """Put a checked version in force from a day (today by default); all it binds are asked to sign it that day."""
    row = PackVersion.objects.filter(pack=pack, version=version).first()
    if row is None:
        raise Invalid({"version": f"没有第{version}版。"})
    with _said_as_invalid("version"):
        put_in_force(row, since or clock.today(), deed.by)
    if notify:
        PackVersion.objects.filter(pk=row.pk).update(notify=True)
        adoption.ask_all()
    deed.record(
        "pack.adopted",
        subject=f"pack:{pack}",
        data={"pack": pack, "title": row.title, "version": row.version, "since": row.effective_from},
        pack=pack,
    )
    return row.pk
