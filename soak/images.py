"""A disk of one's own: an ext4 image, mounted on a loop device, that can be copied as it is at an instant.

What the file system has not written to its device by then is lost in the copy, as at a power cut; commit=60 keeps the journal's
own timer from saving what nobody had asked to be saved. What has reached the device is taken to be on the disk.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

from soak.report import Unavailable

MEGABYTES = 400
IMAGE = "KEDANG_SOAK_IMAGE"


@contextlib.contextmanager
def mounted(folder: Path) -> Iterator[None]:
    """An empty ext4 on the folder; Unavailable where this machine does not allow that."""
    home = Path(tempfile.mkdtemp(prefix="kedang-soak-image-"))
    image = home / "disk.img"
    try:
        make(image)
        mount(image, folder)
        os.environ[IMAGE] = str(image)
        try:
            yield
        finally:
            os.environ.pop(IMAGE)
            unmount(folder)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def make(image: Path) -> None:
    """An empty file system in a sparse file."""
    tool = shutil.which("mkfs.ext4", path=f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin")
    if os.geteuid() != 0 or tool is None:
        raise Unavailable("mounting an image needs root and mkfs.ext4")
    with image.open("wb") as file:
        file.truncate(MEGABYTES * 2**20)
    _run(tool, "-q", "-F", str(image))


def mount(image: Path, folder: Path) -> None:
    """Mount the image there."""
    _run("mount", "-o", "loop,commit=60", str(image), str(folder))
    folder.chmod(0o755)


def unmount(folder: Path) -> None:
    """Take it off again; whoever still holds a file open there loses it later."""
    done = subprocess.run(["umount", str(folder)], capture_output=True, check=False)
    if done.returncode:
        subprocess.run(["umount", "-l", str(folder)], capture_output=True, check=False)


def cut(folder: Path, kill: object) -> None:
    """What the disk held at this instant takes the place of what the system thought it held. Everything that writes there
    must stand still; `kill` ends it once the copy is made."""
    image = Path(os.environ[IMAGE])
    copy = image.with_suffix(".cut")
    _run("cp", "--sparse=always", str(image), str(copy))
    kill()  # type: ignore[operator]
    unmount(folder)
    copy.replace(image)
    mount(image, folder)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Unavailable(f"{Path(command[0]).name} is not allowed here: {done.stderr.strip().splitlines()[-1:]}")
