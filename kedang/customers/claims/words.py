"""Importing this registers the actions and facts of the register and its conflicts."""

from kedang.customers.claims import actions as actions
from kedang.customers.claims import facts as facts
