"""Importing this module registers the words of importing: events first, then actions and jobs."""

from kedang.customers.importing import events

events.register()

from kedang.customers.importing import actions, loading, undoing  # noqa: E402, F401
from kedang.customers.importing.spooling import sweep  # noqa: E402
from kedang.kernel import nightly  # noqa: E402

nightly.register("imports", sweep)
