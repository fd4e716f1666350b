"""Backups taken while people write are restored and compared; what was destroyed since does not come back."""

from tests.soak.support import run


def test_copies_made_under_load_are_whole_deeds_and_destroyed_files_stay_destroyed_in_them() -> None:
    counts = run("restores", 3)
    assert counts.get("problems", []) == []
    assert (counts["runs"], counts["differing"], counts["came_back"], counts["destroyed"]) == (3, 0, 0, 1)
    assert counts["written_meanwhile"] > 10, "too little was written to show anything"
