"""Importing this registers the desk's actions and facts."""

from kedang.engagement.desk import actions as actions
from kedang.engagement.desk import facts as facts
from kedang.engagement.desk import roster as roster
