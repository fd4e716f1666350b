"""Paper: a typst template and its data become a PDF. The fonts come as a package, so that every machine prints alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kedang.kernel.errors import Invalid

TEMPLATES = Path(__file__).parent / "typst"
MISSING = "本机没有装好打印组件（typst 和中文字体），暂时不能打印。请管理员运行 make setup 后再试。"


def pdf(template: str, data: Mapping[str, Any]) -> bytes:
    """The PDF of a template of `typst/`; data goes in as JSON and is never read as mark-up.

    Invalid in Chinese when the renderer or its fonts are not on this machine.
    """
    try:
        import pylopdf_fonts_zh_cn as fonts
        import typst
    except ImportError as error:
        raise Invalid(MISSING) from error
    folder = fonts.sans_path().parent
    if not any(folder.glob("*.otf")):
        raise Invalid(MISSING)
    # Nothing outside the templates' folder can be read, and the machine's own fonts change nothing.
    made = typst.compile(
        TEMPLATES / template,
        root=TEMPLATES,
        font_paths=[folder],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    assert isinstance(made, bytes)
    return made
