"""What a deed may answer instead of a result. Anything else that is raised is a bug and rolls the deed back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class KedangError(Exception):
    """Root of the answers a caller is expected to show to a person."""


class Invalid(KedangError):
    """Bad input: `errors` maps a field id ('' for the whole form) to a Chinese message."""

    def __init__(self, errors: Mapping[str, str] | str) -> None:
        self.errors: dict[str, str] = {"": errors} if isinstance(errors, str) else dict(errors)
        super().__init__("；".join(self.errors.values()))


class KeyUsed(Invalid):
    """The key of this post stands for another deed already."""


class RefusedBefore(Invalid):
    """The second post of a key whose first was refused; `told` is what the first was answered."""

    def __init__(self, clauses: Sequence[str], told: Mapping[str, Any] | None) -> None:
        self.clauses, self.told = list(clauses), told
        super().__init__(f"这次提交已被拒绝（第{'、'.join(self.clauses)}条），请刷新页面查看原因。")


class Refused(KedangError):
    """A norm forbids the deed; `decision` carries clause, facts, what would lift it and whom to ask."""

    def __init__(self, decision: Any) -> None:
        self.decision = decision
        super().__init__(str(decision))


class NeedsApproval(KedangError):
    """The deed waits for a decision; `request` is the opened approval request."""

    def __init__(self, request: Any) -> None:
        self.request = request
        super().__init__(str(request))


class AsksReason(KedangError):
    """The deed passes once a reason is given; `decision` says which clause asks."""

    def __init__(self, decision: Any) -> None:
        self.decision = decision
        super().__init__(str(decision))


class NotFound(KedangError):
    """There is no such thing, or the asker may not know that there is."""

    def __init__(self, message: str = "没有找到，或者您无权查看。") -> None:
        super().__init__(message)


class Gone(KedangError):
    """The file was destroyed; what is left of it is the record of its destruction."""

    def __init__(self, file: int) -> None:
        self.file = file
        super().__init__("这份档案已销毁，只留有销毁记录。")


class Conflict(KedangError):
    """Somebody else saved first; `current` is what stands now, `mine` what was sent."""

    def __init__(
        self, message: str = "内容已被他人修改，请核对后再保存。", *, current: Any = None, mine: Any = None
    ) -> None:
        self.current = current
        self.mine = mine
        super().__init__(message)
