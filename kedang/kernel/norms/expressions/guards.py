"""What `known(x)` guards: where it surely holds, x needs no default."""

from __future__ import annotations

import ast


def _is_known(tree: ast.expr) -> bool:
    return (
        isinstance(tree, ast.Call)
        and isinstance(tree.func, ast.Name)
        and tree.func.id == "known"
        and len(tree.args) == 1
    )


def guards(tree: ast.expr) -> frozenset[str]:
    """What is surely known where `tree` holds."""
    if _is_known(tree):
        assert isinstance(tree, ast.Call)
        return frozenset({ast.dump(tree.args[0])})
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.And):
        return frozenset().union(*(guards(each) for each in tree.values))
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        return guards_if_not(tree.operand)
    return frozenset()


def guards_if_not(tree: ast.expr) -> frozenset[str]:
    """What is surely known where `tree` does not hold."""
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.op, ast.Not):
        return guards(tree.operand)
    if isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.Or):
        return frozenset().union(*(guards_if_not(each) for each in tree.values))
    return frozenset()
