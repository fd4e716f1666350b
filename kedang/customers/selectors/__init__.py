"""Every read of customer files."""

from kedang.customers.identity import find_duplicates
from kedang.customers.selectors.listing import (
    SCOPES,
    Page,
    Row,
    count_capped,
    customer_list,
    scope_counts,
    scope_files,
    search_files,
)
from kedang.customers.selectors.page import (
    FileHead,
    FilePage,
    access_log,
    change_history,
    customer_head,
    customer_page,
    owner_history,
)
from kedang.customers.selectors.timeline import timeline_page
from kedang.customers.visibility import file_for, visible_files, within

__all__ = [
    "SCOPES",
    "FileHead",
    "FilePage",
    "Page",
    "Row",
    "access_log",
    "change_history",
    "count_capped",
    "customer_head",
    "customer_list",
    "customer_page",
    "file_for",
    "find_duplicates",
    "owner_history",
    "scope_counts",
    "scope_files",
    "search_files",
    "timeline_page",
    "visible_files",
    "within",
]
