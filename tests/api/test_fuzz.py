"""A few hundred cases of the fuzzing that `make soak` does twenty thousand of."""

from __future__ import annotations

import pytest

from kedang.kernel import clock
from soak import fuzz
from tests.access.world import FRIDAY, made


@pytest.mark.django_db
def test_no_operation_answers_with_a_server_error_or_out_of_its_schema(settings: pytest.FixtureRequest) -> None:
    with clock.frozen(FRIDAY) as held:
        found = fuzz.fuzz(made(held), 7, 450)
    assert found.cases >= 450
    assert found.server_errors == 0, "\n".join(found.problems)
    assert found.off_schema == 0, "\n".join(found.problems)
    assert {200, 201, 403, 404, 422} <= set(found.statuses), found.statuses
