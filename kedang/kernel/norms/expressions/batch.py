"""Loads the facts of an expression for many environments before it is evaluated: one load a fact and depth.

Facts stand inside one another (`shares_unit(actor, file.owner)`), so inner ones are loaded first. What short-circuiting
would have skipped is loaded too: one wide query is cheaper than many narrow ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from kedang.kernel.norms.expressions import evaluate
from kedang.kernel.norms.expressions.calls import is_row_value
from kedang.kernel.norms.expressions.evaluate import Fn, Run
from kedang.kernel.norms.expressions.nodes import FactCall, Node
from kedang.kernel.norms.expressions.values import UNKNOWN, Env, FactStore, as_key


def prefetch(node: Node, envs: Sequence[Env]) -> None:
    """Fill the fact stores of these environments with what the expression will ask."""
    for calls in _by_depth(node):
        prepared = [(call, [evaluate.getter(arg) for arg in call.args], is_row_value(call)) for call in calls]
        wanted: dict[tuple[int, str], list[tuple[Any, ...]]] = defaultdict(list)
        stores: dict[int, FactStore] = {}
        for env in envs:
            stores[id(env.facts)] = env.facts
            for call, args, in_row in prepared:
                for run in _runs(env, in_row):
                    given = _arguments(args, run)
                    if given is not None:
                        wanted[id(env.facts), call.fact.name].append(given)
        for (store, name), subjects in wanted.items():
            stores[store].prefetch(name, subjects)


def _runs(env: Env, in_row: bool) -> Iterator[Run]:
    if not in_row:
        yield Run(env.vars, env.facts)
        return
    for row in env.vars.get("rows") or ():
        yield Run({**env.vars, **row}, env.facts)


def _arguments(args: Sequence[Fn], run: Run) -> tuple[Any, ...] | None:
    given = [arg(run) for arg in args]
    return None if any(each is UNKNOWN or each is None for each in given) else as_key(given)


def _by_depth(node: Node) -> list[list[FactCall]]:
    depths: dict[int, list[FactCall]] = defaultdict(list)
    _measure(node, depths)
    return [depths[level] for level in sorted(depths)]


def _measure(node: Node, depths: dict[int, list[FactCall]]) -> int:
    inner = max((_measure(kid, depths) for kid in node.kids), default=0)
    if not isinstance(node, FactCall):
        return inner
    depths[inner + 1].append(node)
    return inner + 1
