"""The same company as the customers' tests; and one under a small regulation over archive, loans and destruction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from kedang.kernel import clock
from kedang.kernel.actions import perform
from kedang.kernel.approvals import selectors as approvals
from kedang.kernel.blobs import samples, service, store
from kedang.kernel.errors import NeedsApproval
from tests.customers.conftest import company, factory
from tests.records.archive_pack import ARCHIVE
from tests.support.company import Company, found, in_force

__all__ = ["company", "factory"]


@dataclass
class Keeping:
    """The company, one file of 小王, and its clock."""

    company: Company
    clock: clock.Frozen
    file: int

    def do(self, action: str, by: str, /, **args: Any) -> Any:
        """Perform about the file."""
        return self.company.do(action, by, **{"customer": self.file, **args})

    def upload(self, by: str = "小王", name: str = "执照.pdf", data: bytes | None = None) -> int:
        """A draft of somebody."""
        return service.received([data or samples.content(name)], name, self.company[by]).pk

    def attach(self, by: str = "小王", name: str = "执照.pdf", **args: Any) -> int:
        """An item, its id."""
        given = {"issued_on": "2026-02-01", "files": [self.upload(by, name)], **args}
        return int(self.do("record.attach", by, **given)["item"])

    def fill(self) -> None:
        """Everything that a file that is not yet closed needs."""
        form = {"progress": "谈了价格"}
        perform("form.file", by=self.company["小王"], form="keeping.basic", customer=self.file, data=form)
        self.attach(kind="licence")

    def archive(self) -> None:
        """Into the archive, kept by 何内勤."""
        self.do("record.assign_custodian", "何内勤", person=self.company["何内勤"].pk)
        self.do("record.archive", "何内勤")

    def asked(self, action: str, by: str, /, **args: Any) -> int:
        """Ask for something that must be agreed to; the request."""
        with pytest.raises(NeedsApproval) as asked:
            self.do(action, by, **args)
        return int(asked.value.request.pk)

    def agree(self, request: int, *people: str) -> None:
        """Everybody named agrees, in this order."""
        for name in people:
            perform("approval.move", by=self.company[name], request=request, move="agree")

    def pending(self, name: str) -> int:
        """How many requests wait for somebody."""
        return approvals.pending_for(self.company[name]).count()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A store of its own."""
    with store.elsewhere(tmp_path):
        yield tmp_path


@pytest.fixture
def keeping(db: None, folder: Path) -> Iterator[Keeping]:
    """Monday 2 March 2026, ten o'clock."""
    with clock.frozen("2026-03-02 10:00") as held:
        made = found()
        with in_force(ARCHIVE):
            file = made.do("customer.register", "小王", name="星河餐饮", phone="13800138000", contact_name="张三")
            yield Keeping(made, held, file)


@pytest.fixture
def contents(folder: Path) -> Callable[[], int]:
    """How many contents the store holds."""
    return lambda: len(list((folder / "blobs").glob("??/*")))
