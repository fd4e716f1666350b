"""Tables of record keeping: who keeps what, the items of a file, the archive with its loans and destructions."""

from kedang.records.models.archive import Archive, ArchiveMove, Destruction, Loan
from kedang.records.models.items import Catalogue, Item, ItemBlob, ItemVersion
from kedang.records.models.keeping import Custody, Dispatch, Handover, InventoryCount, InventoryLine

__all__ = [
    "Archive",
    "ArchiveMove",
    "Catalogue",
    "Custody",
    "Destruction",
    "Dispatch",
    "Handover",
    "InventoryCount",
    "InventoryLine",
    "Item",
    "ItemBlob",
    "ItemVersion",
    "Loan",
]
