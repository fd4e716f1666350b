"""Every attack on the ledger is noticed by the product and by the offline verifier, against a head kept elsewhere."""

from tests.soak.support import run


def test_each_kind_of_tampering_is_found() -> None:
    counts = run("tamperings", 110)
    assert counts["problems"] == []
    assert counts["found"] == counts["tried"] == 110
    assert {name for name, told in counts["kinds"].items() if told["tried"]} >= {
        "flip", "delete", "insert", "reorder", "truncate", "rewrite",
    }  # fmt: skip
