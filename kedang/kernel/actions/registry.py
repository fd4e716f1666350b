"""The @action decorator: a typed, keyword-only function becomes a named command of the vocabulary."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from kedang.kernel.actions.deed import Deed, Task
from kedang.kernel.errors import KedangError
from kedang.kernel.fields import Field
from kedang.kernel.norms.vocabulary import Action, register

Run = TypeVar("Run", bound=Callable[..., Any])


def no_locks(args: Mapping[str, Any]) -> Iterable[str]:
    """A deed that shares nothing with another needs no lock beyond its key."""
    return ()


def action(
    name: str,
    label: str,
    *,
    args: Sequence[Field] = (),
    about: str = "customer",
    place: Literal["inside", "outside"] = "inside",
    needs: Literal["open", "list", "none"] = "open",
    reads: bool = False,
    events: Sequence[str] = (),
    locks: Callable[[Mapping[str, Any]], Iterable[str]] = no_locks,
    system: bool = False,
    public: bool = True,
    file_of: Callable[[Mapping[str, Any]], int | None] | None = None,
    copies: bool = False,
    tells: bool = False,
    many: Callable[[Sequence[Task]], list[Any]] | None = None,
) -> Callable[[Run], Run]:
    """Register `run(*, deed, **args)` under `name`; `about` names the argument holding the customer file, if any.

    `many` is the function behind `run` where it does many commands at once (`one_of` makes the `run` of it).
    """

    def keep(run: Run) -> Run:
        about_arg = about if any(f.id == about for f in args) else ""
        register(
            Action(
                name=name,
                label=label,
                args=tuple(args),
                run=run,
                about=about_arg,
                place=place,
                reads=reads,
                locks=locks,
                events=tuple(events),
                needs=needs,
                system=system,
                public=public,
                file_of=file_of,
                copies=copies,
                tells=tells,
                run_many=many,
            )
        )
        return run

    return keep


def one_of(many: Callable[[Sequence[Task]], list[Any]]) -> Callable[..., Any]:
    """The same for one command: its value, or raises what was wrong with it."""

    def run(*, deed: Deed, **args: Any) -> Any:
        [answer] = many([Task(deed, args)])
        if isinstance(answer, KedangError):
            raise answer
        return answer

    return run
