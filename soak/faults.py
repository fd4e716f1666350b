"""Failing disks: one deed with an attachment, again and again; each time another of its calls to the machine is refused.

On SQLite the calls are every write, fsync, rename, truncation and mkdir on the product's files (shim/faults.c, compiled here and
loaded before libc); on PostgreSQL they are the store's too, and every message to and from the database server. After a refusal
the answer must be a clean 5xx, nothing may have changed, and the same post must then succeed, once.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import os
import shutil
import struct
import subprocess
import tempfile
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connections

from kedang.customers.models import Customer
from kedang.kernel.blobs import samples
from kedang.kernel.models import CommandKey
from kedang.kernel.norms.models import FormRecord
from soak import checking, company
from soak.clients import BROKEN, UPLOADED, Browser
from soak.report import Unavailable
from soak.rig import Rig

FILES, SEND, RECV = 1, 2, 4
ROUNDS = ((errno.ENOSPC, True), (errno.EIO, False), (errno.EDQUOT, True))
"""(error, whether everything after it is refused too): a full disk stays full, a bad sector is one."""
LOST = errno.ECONNRESET
MOST = 1000
SAID = 10


class Control:
    """The file that the shim maps; the driver arms it around one request."""

    FORMAT = "7i"

    def __init__(self) -> None:
        self.path = Path(tempfile.mkstemp(prefix="kedang-soak-control-")[1])
        self.path.write_bytes(bytes(4096))
        with self.path.open("r+b") as file:
            self.map = mmap.mmap(file.fileno(), 4096)

    @contextlib.contextmanager
    def armed(self, kinds: int, fail_at: int, error: int, *, sticky: bool) -> Any:
        """Refuse the n-th call while inside."""
        struct.pack_into(self.FORMAT, self.map, 0, 0, kinds, 0, fail_at, error, int(sticky), 0)
        struct.pack_into("i", self.map, 0, 1)
        try:
            yield
        finally:
            struct.pack_into("i", self.map, 0, 0)

    @property
    def hits(self) -> int:
        """How many calls were refused."""
        return int(struct.unpack_from(self.FORMAT, self.map, 0)[6])


@dataclass
class Tally:
    """What the faults came to."""

    tried: int = 0
    clean: int = 0
    """Answered 5xx with nothing changed."""
    unharmed: int = 0
    """Refused, and the deed was done all the same: a checkpoint, a temporary file."""
    unknown: int = 0
    """The answer of the database to the commit was lost; the deed stands whole, and was not done twice."""
    problems: list[str] = field(default_factory=list)


def run(seed: int, amount: int, engine: str) -> dict[str, Any]:
    """So many rounds over every call of the deed."""
    library = compiled()
    password = company.make()
    control = Control()
    os.environ |= {
        "LD_PRELOAD": str(library), "KEDANG_FAULT_CONTROL": str(control.path), "KEDANG_FAULT_ROOT": str(settings.DATA_DIR)
    }  # fmt: skip
    connections.close_all()
    rig = Rig()
    tally = Tally()
    try:
        rig.start()
        trial = Trial(rig, control, tally, password)
        for number in range(amount):
            error, sticky = ROUNDS[(seed + number) % len(ROUNDS)]
            trial.every_call(FILES, error, sticky=sticky)
            if engine == "postgres":
                trial.every_call(SEND if number % 2 == 0 else RECV, LOST, sticky=False)
        rig.kill()
        tally.problems += checking.whole()
    finally:
        rig.close()
        control.path.unlink()
        shutil.rmtree(library.parent)
    counts: dict[str, Any] = {
        "tried": tally.tried, "clean": tally.clean, "unharmed": tally.unharmed, "unknown": tally.unknown,
        "wrong": len(tally.problems),
    }  # fmt: skip
    return counts | ({"problems": tally.problems[:SAID]} if tally.problems else {})


def compiled() -> Path:
    """The shim, compiled here; Unavailable where there is no compiler."""
    if shutil.which("gcc") is None:
        raise Unavailable("no C compiler to build the fault shim")
    made = Path(tempfile.mkdtemp(prefix="kedang-soak-shim-")) / "faults.so"
    source = Path(__file__).parent / "shim" / "faults.c"
    subprocess.run(["gcc", "-shared", "-fPIC", "-O2", "-o", str(made), str(source), "-ldl"], check=True)
    return made


class Trial:
    """One person filing a form with an attachment about one customer, with one call refused."""

    def __init__(self, rig: Rig, control: Control, tally: Tally, password: str) -> None:
        self.rig, self.control, self.tally = rig, control, tally
        self.browser = Browser(rig.port)
        self.browser.sign_in("first", password)
        self.file = Customer.objects.get().pk

    def every_call(self, kinds: int, error: int, *, sticky: bool) -> None:
        """n = 1, 2, 3 … until the deed has no n-th call: first over the upload, then over the form that names it."""
        for step in (self._upload, self._form):
            for number in range(1, MOST):
                if not step(kinds, number, error, sticky):
                    break

    def _upload(self, kinds: int, number: int, error: int, sticky: bool) -> bool:
        content, name = self._content()
        before = state()
        with self.control.armed(kinds, number, error, sticky=sticky):
            status, _, text = self._asked(lambda: self.browser.upload(name, content))
        if not self.control.hits:
            return False
        self._judge(
            f"upload, call {number}, {errno.errorcode[error]}",
            status,
            text,
            before,
            UPLOADED.search(text) is not None,
            lost_answer=kinds == RECV,
        )
        return True

    def _form(self, kinds: int, number: int, error: int, sticky: bool) -> bool:
        content, name = self._content()
        found = UPLOADED.search(self._asked(lambda: self.browser.upload(name, content))[2])
        label = f"form, call {number}, {errno.errorcode[error]}"
        if found is None:
            self.tally.problems.append(f"{label}: the upload before it was not taken")
            return False
        matter = f"第{uuid.uuid4().hex}件"
        data = {"key": uuid.uuid4().hex, "matter": matter, "proof": found[1]}
        path = f"/forms/soak.proof/?customer={self.file}"
        before = state()
        with self.control.armed(kinds, number, error, sticky=sticky):
            status, _, text = self._asked(lambda: self.browser.post(path, data))
        hit = self.control.hits
        if hit:
            self._judge(label, status, text, before, status == 302, lost_answer=kinds == RECV)
        # The next request works: the same post again, under the same key, is done, and once.
        status, _, text = self._asked(lambda: self.browser.post(path, data))
        rows = FormRecord.objects.filter(form="soak.proof", data__matter=matter).count()
        if status != 302 or rows != 1 or not CommandKey.objects.filter(key=data["key"], outcome="done").exists():
            self.tally.problems.append(f"{label}: sent again it answered {status} and stands {rows} times")
        connections.close_all()
        return bool(hit)

    def _judge(
        self, label: str, status: int, text: str, before: dict[str, str], done: bool, *, lost_answer: bool = False
    ) -> None:
        self.tally.tried += 1
        after = state()
        changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
        if done:
            self.tally.unharmed += 1
        elif status in (500, 503, 507) and ("磁盘" in text or "存储" in text or "数据库" in text):
            if not changed:
                self.tally.clean += 1
            elif lost_answer:
                self.tally.unknown += 1
            else:
                self.tally.problems.append(f"{label}: answered {status}, yet changed {', '.join(changed)}")
        else:
            self.tally.problems.append(f"{label}: answered {status} {text[-300:]!r}")

    @staticmethod
    def _content() -> tuple[bytes, str]:
        name = f"{uuid.uuid4().hex}.pdf"
        return samples.content(name) + os.urandom(30_000), name

    def _asked(self, ask: Any) -> tuple[int, str, str]:
        try:
            answer: tuple[int, str, str] = ask()
            return answer
        except BROKEN as error:
            return 0, "", f"no answer: {error}"


def state() -> dict[str, str]:
    """What stands in the tables, read while the server has them open."""
    try:
        return checking.digests()
    finally:
        connections.close_all()
