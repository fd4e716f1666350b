"""A list of kernel `Field`s as a form on a page: what was typed, what is wrong with it, and how each is drawn.

Reading and checking is the kernel's (`fields.clean`, inside `perform`); nothing here judges a value, so page, API and
import cannot differ. What was typed is kept as typed, right or wrong.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.http import HttpRequest, QueryDict
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from kedang.kernel import clock
from kedang.kernel.blobs import service as blobs
from kedang.kernel.blobs.models import Blob
from kedang.kernel.blobs.store import megabytes
from kedang.kernel.fields import REFERENCES, Field
from kedang.web.naming import Names

# Up to so many choices are shown side by side: one tap instead of two.
PILLS = 6
PICKED = {"person", "unit", "customer"}
MANY = ("choices", "file")
INPUTS = {
    "number": ("text", "decimal"), "integer": ("text", "numeric"), "date": ("date", ""), "datetime": ("datetime-local", ""),
    "time": ("time", ""), "phone": ("tel", "tel"), "email": ("email", "email"),
}  # fmt: skip
HINTS = {
    "credit_code": "18 位统一社会信用代码", "duration": "如 5 工作日、3 天", "id_number": "18 位身份证号码",
}  # fmt: skip
WIDE = {"long_text", "address", "choices", "file"}


@dataclass(frozen=True)
class Bound:
    """One field as it stands on the page."""

    field: Field
    name: str
    raw: Any = None
    error: str = ""
    hint: str = ""
    off: str = ""
    """Why it cannot be changed here; '' when it can."""
    picks: tuple[tuple[str, str], ...] = ()
    """Value and text of what a picker shows before anybody searches."""
    required: bool = False

    @property
    def id(self) -> str:
        """The id attribute; error and hint hang on it."""
        return f"f-{self.name}"

    @property
    def control(self) -> str:
        """Which template draws it."""
        kind = self.field.type
        if kind in PICKED or kind == "contact":
            return "pick"
        if kind == "choice":
            return "pills" if 0 < len(self.field.choices) <= PILLS else "select"
        return kind if kind in ("long_text", "money", "bool", "choices", "file") else "input"

    @property
    def input_type(self) -> str:
        """HTML's type of a one-line input."""
        return INPUTS.get(self.field.type, ("text", ""))[0]

    @property
    def input_mode(self) -> str:
        """Which keyboard a phone shows."""
        return INPUTS.get(self.field.type, ("", ""))[1]

    @property
    def text(self) -> str:
        """What stands in the control."""
        return typed(self.field.type, self.raw)

    @property
    def texts(self) -> list[str]:
        """The ticked choices."""
        raw = self.raw or []
        return [str(one) for one in ([raw] if isinstance(raw, str) else raw)]

    @property
    def options(self) -> list[tuple[str, str, bool]]:
        """(value, label, chosen) of every choice."""
        chosen = set(self.texts) if self.field.type == "choices" else {self.text}
        return [(value, label, value in chosen) for value, label in self.field.choices.items()]

    @property
    def hint_text(self) -> str:
        """The hint, the field's own or its type's."""
        return self.hint or HINTS.get(self.field.type, "")

    @property
    def described_by(self) -> str:
        """Ids that a screen reader reads with the control."""
        return " ".join(
            part
            for part in (self.id + "-error" if self.error else "", self.id + "-hint" if self.hint_text else "")
            if part
        )

    def render(self, *, wide: bool = False) -> SafeString:
        """The whole field: label, control, hint, error."""
        context = {"b": self, "wide": wide or self.field.type in WIDE, "template": f"parts/field/{self.control}.html"}
        return render_to_string("parts/field.html", context)


def _ids(raw: Any) -> list[int]:
    many = raw if isinstance(raw, (list, tuple)) else [raw]
    return [int(one) for one in many if str(one).isdecimal()][:100]


def told(blob: Blob) -> str:
    """'证明.pdf（12 KB）'"""
    return f"{blob.name}（{megabytes(blob.size)}）"


def typed(kind: str, value: Any) -> str:
    """A value as its input wants it; text is what somebody typed and stays."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{clock.local(value):%Y-%m-%dT%H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


@dataclass
class Form:
    """Fields of one action or pack form, with what was typed and what came of it."""

    fields: Sequence[Field]
    initial: Mapping[str, Any] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    prefix: str = ""
    posted: bool = False
    reason: str = ""
    confirmed: bool = False
    exception: bool = False
    outcome: Any = None
    """What the kernel answered instead of doing it (see outcomes.py)."""
    picks: Mapping[str, Sequence[tuple[Any, str]]] = field(default_factory=dict)
    hints: Mapping[str, str] = field(default_factory=dict)
    off: Mapping[str, str] = field(default_factory=dict)
    must: frozenset[str] = frozenset()
    """Fields required here beyond what they say themselves."""
    drawn: frozenset[str] = frozenset()
    """What the page draws by hand besides the fields, with its error beside it."""
    copies: Sequence[tuple[int, str]] = ()
    """Who is to be sent a copy of the approval, as chosen."""
    sent_key: str = ""
    key: str = field(default_factory=lambda: uuid.uuid4().hex)

    @classmethod
    def of(cls, request: HttpRequest, fields: Iterable[Field], **more: Any) -> Form:
        """The form as the request brings it: blank on GET, as typed on POST."""
        form = cls(list(fields), **more)
        if request.method == "POST":
            form.take(request.POST)
        form.picks = {**form._named(), **form._uploads(request), **form.picks}
        return form

    def _uploads(self, request: HttpRequest) -> dict[str, list[tuple[Any, str]]]:
        """Names of the person's own uploads that stand in the form: an upload outlives an error in another field."""
        given = {one.id: _ids(self.bound(one).raw) for one in self.fields if one.type == "file"}
        wanted = {pk for ids in given.values() for pk in ids}
        known = blobs.usable(wanted, request.user.pk, None) if wanted else {}
        return {key: [(pk, told(known[pk])) for pk in ids if pk in known] for key, ids in given.items()}

    def _named(self) -> dict[str, list[tuple[Any, str]]]:
        """What pickers show already: the names behind the ids that stand in the form."""
        pairs = [(one, self.bound(one).raw) for one in self.fields if one.type in REFERENCES]
        names = Names(pairs)
        return {
            one.id: [(value, text)]
            for one, value in pairs
            if str(value or "").isdigit() and (text := names(one.type, int(value)))
        }

    def take(self, post: QueryDict) -> None:
        """Read what was typed; keys of fields that this form does not show are not looked at."""
        self.posted = True
        self.raw = {
            one.id: self._read(post, one) for one in self.fields if one.id not in self.off and self._sent(post, one)
        }
        self.reason = post.get("reason", "").strip()
        self.confirmed = post.get("confirmed") == "yes"
        self.exception = post.get("exception") == "yes"
        self.sent_key = post.get("key", "")[:64]

    def _name(self, one: Field) -> str:
        return f"{self.prefix}{one.id}"

    def _sent(self, post: QueryDict, one: Field) -> bool:
        # An unticked box sends nothing, and nothing is what was chosen.
        return self._name(one) in post or one.type in MANY

    def _read(self, post: QueryDict, one: Field) -> Any:
        return post.getlist(self._name(one)) if one.type in MANY else post.get(self._name(one), "")

    @property
    def general(self) -> str:
        """What is wrong with the form as a whole, and errors of fields that it does not show."""
        shown = {one.id for one in self.fields} | self.drawn
        return "；".join(text for key, text in self.errors.items() if key not in shown and not key.startswith("rows"))

    def bound(self, one: Field) -> Bound:
        """One field as it stands."""
        value = (
            self.raw.get(one.id) if self.posted and one.id not in self.off else self.initial.get(one.id, one.default)
        )
        return Bound(
            one,
            self._name(one),
            value,
            self.errors.get(one.id, ""),
            self.hints.get(one.id, ""),
            self.off.get(one.id, ""),
            tuple((str(key), text) for key, text in self.picks.get(one.id, ())),
            one.required or one.id in self.must,
        )

    def __iter__(self) -> Iterator[Bound]:
        return (self.bound(one) for one in self.fields)

    @property
    def at(self) -> dict[str, Bound]:
        """The fields by id, for templates that place each one."""
        return {one.id: self.bound(one) for one in self.fields}

    def without(self, *names: str) -> list[Bound]:
        """All fields but these."""
        return [self.bound(one) for one in self.fields if one.id not in names]

    def only(self, *names: str) -> Form:
        """The form cut down to these fields."""
        return replace(self, fields=[one for one in self.fields if one.id in names])
