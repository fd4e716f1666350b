"""The staff list: read from a sheet, compared with the organisation, merged into it."""

from kedang.kernel.org.roster.applying import apply, difference
from kedang.kernel.org.roster.planning import KINDS, Change, Plan, plan_of
from kedang.kernel.org.roster.reading import Entry, Fault, as_json, from_json, read
from kedang.kernel.org.roster.sheets import sheet_of, template

__all__ = [
    "KINDS",
    "Change",
    "Entry",
    "Fault",
    "Plan",
    "apply",
    "as_json",
    "difference",
    "from_json",
    "plan_of",
    "read",
    "sheet_of",
    "template",
]
