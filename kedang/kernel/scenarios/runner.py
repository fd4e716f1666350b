"""Running scenarios: each in a transaction that is rolled back, its clock run through every tick up to each step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import transaction

from kedang.kernel import blobs, clock, tick
from kedang.kernel.actions import perform
from kedang.kernel.approvals import selectors as approvals
from kedang.kernel.blobs.store import elsewhere
from kedang.kernel.errors import AsksReason, Invalid, NeedsApproval, NotFound, Refused
from kedang.kernel.fields import Field
from kedang.kernel.ledger.models import Event
from kedang.kernel.models import Parked
from kedang.kernel.norms import store
from kedang.kernel.norms.models import Grant
from kedang.kernel.norms.vocabulary import vocabulary
from kedang.kernel.org.models import Person
from kedang.kernel.scenarios import assertions, stage
from kedang.kernel.scenarios.grammar import Result, Scenario, ScenarioError, Step, read

MAX_TICKS = 20_000
EXTRA = ("reason", "confirmed", "on_behalf_of", "key")


class Failed(Exception):
    """A step did not do or show what it says."""


class _Undo(Exception):
    """Raised to leave the transaction without keeping anything."""


def run_paths(paths: Iterable[Path]) -> list[Result]:
    """Run every scenario of these files or folders."""
    return [run(scenario) for path in paths for file in files_of(path) for scenario in read(file)]


def files_of(path: Path) -> list[Path]:
    """The scenario files a path means: itself, or those of a pack folder (or of a folder of packs)."""
    if path.is_file():
        return [path]
    found = (
        sorted(path.glob("scenarios/*.yaml")) or sorted(path.glob("*/scenarios/*.yaml")) or sorted(path.glob("*.yaml"))
    )
    return [each for each in found if each.name not in ("pack.yaml", "clauses.yaml", "forms.yaml", "norms.yaml")]


def run(scenario: Scenario) -> Result:
    """Play one scenario; never raises for a failing step."""
    result = Result("+".join(scenario.packs), scenario.name, list(scenario.clauses), file=scenario.file)
    store.forget()
    try:
        # What a scenario uploads is taken back with it: its own folder, never the company's store.
        with TemporaryDirectory(prefix="kedang-") as folder, elsewhere(Path(folder)), transaction.atomic():
            _play(scenario, result)
            raise _Undo
    except _Undo:
        pass
    except (Failed, ScenarioError) as error:
        result.passed, result.message = False, str(error)
    except Exception as error:
        result.passed, result.message = False, f"{type(error).__name__}: {error}"
    finally:
        store.forget()
    return result


def _play(scenario: Scenario, result: Result) -> None:
    if not scenario.steps:
        raise ScenarioError("场景没有步骤")
    first = scenario.steps[0].at
    with clock.frozen(first.replace(hour=0, minute=0, second=0)) as held:
        cast = stage.set_up(scenario)
        tick.tick()
        for step in scenario.steps:
            _run_clock(held, step.at)
            where = f"{Path(scenario.file).name}:{step.line}"
            try:
                with transaction.atomic():
                    _step(step, cast)
            except Failed as error:
                raise Failed(f"{where} {error}") from error
            except Exception as error:
                raise Failed(f"{where} {type(error).__name__}: {error}") from error
        parked = Parked.objects.first()
        if parked is not None:
            raise Failed(f"定时处理出错：{parked.step} {parked.row} {parked.error}")


def _run_clock(held: clock.Frozen, until: datetime) -> None:
    """Tick at every instant at which something falls due, then at the step's own."""
    for _ in range(MAX_TICKS):
        at = tick.next_wakeup(held.at, until)
        if at is None:
            break
        held.move_to(at)
        tick.tick()
    if held.at < until:
        held.move_to(until)
        tick.tick()


def _step(step: Step, cast: stage.Cast) -> None:
    raw = step.raw
    if "vote" in raw:
        _check(raw, _vote(raw, cast), cast)
    elif "do" in raw or "form" in raw:
        _check(raw, _outcome(raw, cast), cast)
    elif (found := step.assertion) is not None:
        kind, what = found
        person = cast.people.get(str(raw.get("as"))) if raw.get("as") else None
        problem = assertions.check(kind, what, cast, person)
        if step.negated and problem is None:
            raise Failed(f"不应成立，却成立了：{kind} {dict(what)}")
        if not step.negated and problem is not None:
            raise Failed(problem)
    else:
        raise Failed("步骤里没有动作，也没有断言")


def _actor(raw: Mapping[str, Any], cast: stage.Cast) -> Person:
    name = str(raw.get("as", ""))
    if name not in cast.people:
        raise Failed(f"没有人员“{name}”")
    return cast.people[name]


def _outcome(raw: Mapping[str, Any], cast: stage.Cast) -> Any:
    """Do the deed; its result, or the answer that it raised."""
    given = dict(raw.get("with") or {})
    extra: dict[str, Any] = {k: given.pop(k) for k in list(given) if k in EXTRA and not _declares(raw, k)}
    if raw.get("reason"):
        extra["reason"] = raw["reason"]
    if raw.get("exception"):
        extra["ask_exception"] = True
    if isinstance(extra.get("on_behalf_of"), str):
        extra["on_behalf_of"] = cast.people[extra["on_behalf_of"]]
    cast.acting = _actor(raw, cast)
    name, args = _command(raw, given, cast)
    try:
        result = perform(name, by=cast.acting, **extra, **args)
    except (Refused, NeedsApproval, AsksReason, Invalid, NotFound) as answer:
        return answer
    cast.last[name.partition(".")[0]] = result.value
    named = Event.objects.filter(pk__in=result.events, kind__in=vocabulary.actions[name].events)
    if entry := named.order_by("pk").values_list("pk", flat=True).first():
        cast.last["entry"] = entry
    if name == "customer.register" and given.get("name"):
        cast.customers[str(given["name"])] = (
            result.value["customer"] if isinstance(result.value, dict) else result.value
        )
    return result


def _declares(raw: Mapping[str, Any], key: str) -> bool:
    """Whether the action itself has an argument of that name."""
    spec = vocabulary.actions.get(str(raw.get("do", "")))
    return spec is not None and any(f.id == key for f in spec.args)


def _command(raw: Mapping[str, Any], given: dict[str, Any], cast: stage.Cast) -> tuple[str, dict[str, Any]]:
    """(action, arguments) with names resolved to ids; a form's own fields go into `data`."""
    if "form" in raw:
        return "form.file", _form_args(str(raw["form"]), given, cast)
    name = str(raw["do"])
    if name not in vocabulary.actions:
        raise Failed(f"没有动作“{name}”")
    spec = vocabulary.actions[name]
    known = {f.id: f for f in spec.args}
    return name, {key: _argument(known.get(key), key, value, cast) for key, value in given.items()}


def _form_args(form: str, given: dict[str, Any], cast: stage.Cast) -> dict[str, Any]:
    found = store.regulations().form(form)
    if found is None:
        raise Failed(f"没有表单“{form}”")
    _, spec = found
    own = {f.id: f for f in spec.fields}
    args: dict[str, Any] = {"form": form, "data": {}}
    for key, value in given.items():
        if key in own:
            args["data"][key] = _value(own[key].type, value, cast)
        elif key in ("customer", "person", "unit"):
            args[key] = _value(key, value, cast)
        elif key == "occurred_at":
            args[key] = value
        elif key == "rows" and spec.rows is not None:
            types = {f.id: f.type for f in spec.rows.fields}
            args["data"]["rows"] = [{k: _value(types.get(k, "text"), v, cast) for k, v in row.items()} for row in value]
        else:
            args["data"][key] = value
    return args


def _argument(known: Field | None, key: str, value: Any, cast: stage.Cast) -> Any:
    if value == "last":
        if key not in cast.last and (newest := _newest(key)) is not None:
            return newest
        if key not in cast.last:
            raise Failed(f"前面没有产生过 {key}")
        found = cast.last[key]
        return found.get("id", found) if isinstance(found, dict) else found
    if key in stage.NUMBERED and isinstance(value, int):
        return _numbered(key, value)
    if known is None:
        return _attached(key, value, cast) if isinstance(value, Mapping) else _plain(value)
    if known.type == "json" and isinstance(value, list):
        return [cast.customer(str(each)) or _plain(each) for each in value]
    return _value(known.type, value, cast)


def _attached(form: str, given: Mapping[str, Any], cast: stage.Cast) -> dict[str, Any]:
    """A form given with the action it is attached to; names of files become files there too."""
    found = store.regulations().form(form)
    types = {f.id: f.type for f in found[1].fields} if found else {}
    return {k: _uploaded(v, cast) if types.get(k) == "file" else _plain(v) for k, v in given.items()}


def _uploaded(value: Any, cast: stage.Cast) -> Any:
    """File names as tiny real files of whoever acts; ids stay."""
    if isinstance(value, str) and cast.acting is not None:
        return [blobs.sample(str(value), cast.acting).pk]
    if isinstance(value, (list, tuple)):
        return [pk for each in value for pk in _uploaded(each, cast)]
    return [int(value)] if isinstance(value, int) else value


def _newest(key: str) -> Any:
    """The newest row of its kind, for what no deed of the scenario answers with; a grant's number by its own name."""
    if key == "authorisation":
        return Grant.objects.order_by("-pk").values_list("number", flat=True).first()
    model = stage.NUMBERED.get(key)
    return model._default_manager.order_by("-pk").values_list("pk", flat=True).first() if model else None


def _numbered(key: str, number: int) -> int:
    """The n-th row of its kind in this scenario: ids themselves differ from engine to engine and from run to run."""
    rows = stage.NUMBERED[key]._default_manager.order_by("pk").values_list("pk", flat=True)
    return next(iter(rows[number - 1 : number]), number) if number > 0 else number


def _value(kind: str, value: Any, cast: stage.Cast) -> Any:
    """A name as an id, for types that point at something; plain values stay."""
    if kind == "customer":
        found = cast.customer(str(value))
        if found is None:
            raise Failed(f"没有客户“{value}”")
        return found
    if kind == "person":
        if value not in cast.people:
            raise Failed(f"没有人员“{value}”")
        return cast.people[value].pk
    if kind == "file":
        return _uploaded(value, cast)
    if kind == "unit":
        if value not in cast.units:
            raise Failed(f"没有部门“{value}”")
        return cast.units[value].pk
    return _plain(value)


def _plain(value: Any) -> Any:
    """YAML's own scalars as plain Python values."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str(value)
    return value


OWN = ("withdraw", "remind", "resubmit", "void", "retry", "copy")


def _movable(move: str, person: Person) -> Any:
    """Requests that the move could be about: the requester's own, those voted on, or those that wait."""
    if move in OWN and (own := approvals.asked_by(person)).exists():
        return own
    return approvals.decided_by(person) if move in ("take_back", "copy") else approvals.pending_for(person)


def _vote(raw: Mapping[str, Any], cast: stage.Cast) -> Any:
    """Vote on the newest request that waits for this person; the requester's moves are about his own newest."""
    person = _actor(raw, cast)
    move = str(raw["vote"])
    rows = _movable(move, person)
    request = max(rows, key=lambda row: row.pk, default=None)
    if request is None:
        return NotFound("没有等他审批的申请")
    args: dict[str, Any] = {"request": request.pk, "move": move}
    opinion = raw.get("opinion") or ("不同意" if move in ("reject", "return") else "")
    if opinion:
        args["opinion"] = opinion
    if raw.get("with"):
        args["form"] = {str(key): _plain(value) for key, value in dict(raw["with"]).items()}
    if raw.get("to"):
        args["to"] = cast.people[str(raw["to"])].pk
    try:
        return perform("approval.move", by=person, **args)
    except (Refused, Invalid, NotFound) as answer:
        return answer


# ---- what was expected -------------------------------------------------------------------------------------------


def _check(raw: Mapping[str, Any], answer: Any, cast: stage.Cast) -> None:
    words = str(raw.get("expect") or "ok").split()
    kind, rest = words[0], words[1:]
    got = _describe(answer)
    if kind not in EXPECTATIONS:
        raise Failed(f"不认识的 expect：{kind}")
    if not EXPECTATIONS[kind](answer, rest):
        raise Failed(f"期望 {' '.join(words)}，实际 {got}")


def _describe(answer: Any) -> str:
    if isinstance(answer, Refused):
        why = "；".join(f.message for f in answer.decision.refusals)
        return f"refused {' '.join(answer.decision.clauses)}（{why}）"
    if isinstance(answer, NeedsApproval):
        clauses = " ".join(each["clause"] for each in answer.request.norms)
        return f"needs {clauses} {' '.join(_roles(answer))}"
    if isinstance(answer, AsksReason):
        return f"asks_reason {' '.join(answer.decision.clauses)}"
    if isinstance(answer, Invalid):
        return f"invalid {answer.errors}"
    if isinstance(answer, NotFound):
        return "not_found"
    warned = [finding.clause for finding in answer.warnings]
    return f"ok（提示 {' '.join(warned)}）" if warned else "ok"


def _roles(answer: NeedsApproval) -> list[str]:
    return [seat["role"] for step in answer.request.route for seat in step["seats"]]


def _covers(clauses: Iterable[str], wanted: list[str]) -> bool:
    have = set(clauses)
    return all(each in have for each in wanted)


def _clauses_of(findings: Iterable[Any]) -> set[str]:
    found: set[str] = set()
    for finding in findings:
        found.add(finding.clause)
        if finding.norm is not None:
            found.update(finding.norm.clauses)
    return found


def _expect_needs(answer: Any, rest: list[str]) -> bool:
    if not isinstance(answer, NeedsApproval) or not rest:
        return isinstance(answer, NeedsApproval)
    norms = {c for each in answer.request.norms for c in assertions.clauses_of_norm(each["norm"], each["clause"])}
    return rest[0] in norms and _covers(_roles(answer), rest[1:])


def _expect_invalid(answer: Any, rest: list[str]) -> bool:
    if not isinstance(answer, Invalid):
        return False
    keys = set(answer.errors)
    return all(any(key == name or key.endswith(f".{name}") for key in keys) for name in rest)


EXPECTATIONS: dict[str, Callable[[Any, list[str]], bool]] = {
    "ok": lambda answer, rest: not isinstance(answer, Exception),
    "refused": lambda answer, rest: (
        isinstance(answer, Refused) and _covers(_clauses_of(answer.decision.refusals), rest)
    ),
    "needs": _expect_needs,
    "invalid": _expect_invalid,
    "warned": lambda answer, rest: not isinstance(answer, Exception) and _covers(_clauses_of(answer.warnings), rest),
    "asks_reason": lambda answer, rest: (
        isinstance(answer, AsksReason) and _covers(_clauses_of(answer.decision.findings), rest)
    ),
    "not_found": lambda answer, rest: isinstance(answer, NotFound),
}
