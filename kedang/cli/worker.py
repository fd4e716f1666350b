"""启动后台任务(kedang run 已包含)"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The worker takes no arguments."""


def run(args: argparse.Namespace) -> int:
    """Work jobs off until told to stop."""
    from kedang.kernel.jobs.worker import Worker

    Worker().run()
    return 0
