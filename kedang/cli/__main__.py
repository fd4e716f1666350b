"""``python -m kedang.cli`` is the same as ``kedang``."""

import sys

from kedang.cli import main

sys.exit(main())
