"""How much of a file is read at all. Pure; the child imports it before anything else."""

from __future__ import annotations

MIB = 1024 * 1024
MAX_BYTES = 40 * MIB
"""Of an uploaded file. 100,000 rows of 20 columns are 8 MiB."""
MAX_ROWS = 300_000
MAX_COLUMNS = 256
MAX_CELL = 5_000
"""Characters of a cell that are kept; the longest field of a customer is far shorter."""
MAX_CELLS = 12_000_000
MAX_ENTRIES = 3_000
MAX_PART = 500 * MIB
MAX_UNPACKED = 800 * MIB
MAX_RATIO = 300
"""Unpacked to packed, for parts above RATIO_FROM. Sheets of one repeated value stay below 150; a bomb has about 1,000."""
RATIO_FROM = 20 * MIB

CHILD_MEMORY = 1_600 * MIB
CHILD_CPU = 40
CHILD_WALL = 60
CHILD_OUTPUT = 600 * MIB
AT_ONCE = 2
"""Children of one server process at a time; the others wait."""
