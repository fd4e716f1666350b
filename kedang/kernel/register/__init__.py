"""The enforcement register: every clause of a regulation, what enforces it, and what that did in a month.

Reads only. A figure and the cases behind it come from one filter (`figures`), so they cannot differ. The number of queries
is the same for ten clauses and for a hundred. A norm that names several clauses counts under each of them.
"""

from kedang.kernel.register.cases import PAGE, UNSEEN, Case, Cases, cases
from kedang.kernel.register.figures import FIGURES, Figure, Month, Sight, clause_figures, sight
from kedang.kernel.register.library import Sheet as Sheet
from kedang.kernel.register.library import forms_of as forms_of
from kedang.kernel.register.views import (
    ClauseView,
    Counted,
    Keeping,
    RegulationView,
    keeping,
    regulation_view,
    version_for,
)

__all__ = [
    "FIGURES",
    "PAGE",
    "UNSEEN",
    "Case",
    "Cases",
    "ClauseView",
    "Counted",
    "Figure",
    "Keeping",
    "Month",
    "RegulationView",
    "Sight",
    "cases",
    "clause_figures",
    "keeping",
    "regulation_view",
    "sight",
    "version_for",
]
