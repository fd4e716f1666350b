"""`kedang run` keeps its processes together: started, restarted and ended as one."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from kedang.cli.supervisor import Child

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from kedang.cli import supervisor
supervisor.GRACE_SECONDS = 1.5
children = [supervisor.Child(name, [sys.executable, "-c", code], vital=name == "vital")
            for name, code in zip(sys.argv[1::2], sys.argv[2::2])]
sys.exit(supervisor.Supervisor(children).run())
"""


def write_pid(path: Path, then: str) -> str:
    """Return a program that notes its process id in a file and then does something."""
    return f"import os,sys,time,signal\nopen({str(path)!r}, 'a').write(f'{{os.getpid()}}\\n')\n{then}"


def supervise(**children: str) -> "subprocess.Popen[str]":
    words = [word for pair in children.items() for word in pair]
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def wait_until(condition: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_sigterm_ends_all_children_even_a_deaf_one(tmp_path: Path) -> None:
    meek, deaf = tmp_path / "meek", tmp_path / "deaf"
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    tree = supervise(
        vital=write_pid(meek, "time.sleep(60)"), other=ignore_first(write_pid(deaf, "time.sleep(60)"), ignore)
    )
    wait_until(lambda: bool(pids(meek) and pids(deaf)))
    asked = time.monotonic()
    tree.send_signal(signal.SIGTERM)
    tree.communicate(timeout=10)
    assert time.monotonic() - asked < 8
    assert tree.returncode == 0
    assert not alive(pids(meek)[0])
    assert not alive(pids(deaf)[0])


def ignore_first(program: str, ignore: str) -> str:
    """Return the program with its signal handling put before the pid is written."""
    head, rest = program.split("\n", 1)
    return f"{head}\n{ignore}{rest}"


def test_the_end_of_the_web_process_ends_the_rest_with_its_status(tmp_path: Path) -> None:
    note = tmp_path / "note"
    tree = supervise(vital="import time; time.sleep(1); raise SystemExit(3)", other=write_pid(note, "time.sleep(60)"))
    _, complaints = tree.communicate(timeout=15)
    assert tree.returncode == 3
    assert "系统停止" in complaints
    assert not alive(pids(note)[0])


def test_a_fallen_worker_is_started_again(tmp_path: Path) -> None:
    note = tmp_path / "note"
    tree = supervise(vital="import time; time.sleep(60)", other=write_pid(note, "raise SystemExit(1)"))
    try:
        wait_until(lambda: len(pids(note)) >= 2)
    finally:
        tree.send_signal(signal.SIGTERM)
        _, complaints = tree.communicate(timeout=10)
    assert "秒后重启" in complaints


@pytest.mark.parametrize(("failures", "pause"), [(0, 1.0), (1, 2.0), (3, 8.0), (9, 30.0)])
def test_pauses_between_restarts_grow_to_half_a_minute(failures: int, pause: float) -> None:
    child = Child("x", [], started=100.0, failures=failures)
    assert child.plan_restart(now=101.0) == pause


def test_a_healthy_run_forgets_earlier_failures() -> None:
    child = Child("x", [], started=100.0, failures=7)
    assert child.plan_restart(now=1000.0) == 1.0


def test_children_die_with_a_killed_supervisor(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("the kernel's parent-death signal exists on Linux only")
    note = tmp_path / "note"
    tree = supervise(vital=write_pid(note, "time.sleep(60)"))
    wait_until(lambda: bool(pids(note)))
    tree.kill()
    tree.communicate(timeout=10)
    wait_until(lambda: not alive(pids(note)[0]))
