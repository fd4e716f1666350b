"""Scans for the archive: small pictures and documents that say whose they are, put in like any upload."""

from __future__ import annotations

import json
from typing import Any

from kedang.kernel.blobs import samples, service
from kedang.kernel.org.models import Person

SHEET = """
#let data = json(bytes(sys.inputs.data))
#set page(width: 150mm, height: 105mm, margin: 12mm, fill: rgb("#fbf7ec"))
#set text(font: ("Noto Sans SC",), size: 10pt, lang: "zh", region: "cn")
#rect(width: 100%, height: 100%, stroke: 1.2pt + rgb("#8a6d3b"), inset: 8mm)[
  #align(center, text(size: 18pt, weight: "bold", data.title))
  #v(5mm)
  #grid(columns: (28mm, 1fr), row-gutter: 4mm, ..data.rows.flatten())
  #place(bottom + right, text(size: 8pt, fill: rgb("#8a6d3b"))[演示资料，并非真实证照])
]
"""


def scan(name: str, title: str, rows: dict[str, str], by: Person) -> int:
    """A draft of somebody with this content: the picture or PDF that the name's ending says. Its id."""
    content = _drawn(title, rows, name.rpartition(".")[2])
    return service.received([content or samples.content(name)], name, by).pk


def _drawn(title: str, rows: dict[str, str], ending: str) -> bytes | None:
    """The drawn sheet; None on a machine without the printing parts, where the demo does with an empty one."""
    try:
        import pylopdf_fonts_zh_cn as fonts
        import typst
    except ImportError:
        return None
    more: dict[str, Any] = {"format": "png", "ppi": 110.0} if ending == "png" else {}
    made = typst.compile(
        SHEET.encode(),
        font_paths=[fonts.sans_path().parent],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps({"title": title, "rows": list(rows.items())}, ensure_ascii=False)},
        **more,
    )
    assert isinstance(made, bytes)
    return made
