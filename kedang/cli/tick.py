"""启动规则时钟(kedang run 已包含)"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The clock takes no arguments."""


def run(args: argparse.Namespace) -> int:
    """Tick until told to stop."""
    from kedang.kernel.tick import tick_forever

    tick_forever()
    return 0
