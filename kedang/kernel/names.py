"""Chinese names for matching, searching and sorting. Pure."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

# Longest first. Words that say the legal form, not who it is; the place name in front is part of the identity.
COMPANY_SUFFIXES = (
    "有限责任公司分公司",
    "股份有限公司分公司",
    "有限公司分公司",
    "集团股份有限公司",
    "集团有限责任公司",
    "集团有限公司",
    "有限责任公司",
    "股份有限公司",
    "有限合伙企业",
    "普通合伙企业",
    "特殊普通合伙",
    "个人独资企业",
    "集团公司",
    "有限公司",
    "股份公司",
    "有限合伙",
    "普通合伙",
    "总公司",
    "公司",
    "集团",
)
# pypinyin reads surnames as ordinary words (曾 as ceng).
SURNAMES = {
    "曾": "zeng", "单": "shan", "解": "xie", "仇": "qiu", "查": "zha", "盖": "ge", "朴": "piao", "任": "ren",
    "翟": "zhai", "尉": "wei", "区": "ou", "华": "hua", "逄": "pang", "冼": "xian", "员": "yun", "缪": "miao",
    "召": "shao", "黑": "he", "种": "chong", "重": "chong", "秘": "bi", "折": "she", "纪": "ji", "洗": "xian",
    "乐": "yue", "覃": "qin", "薄": "bo", "柏": "bai", "晟": "cheng", "过": "guo", "那": "na", "哈": "ha",
    "祭": "zhai", "令": "ling", "应": "ying", "隗": "wei", "郗": "chi", "句": "gou", "都": "du", "於": "yu",
}  # fmt: skip
DOUBLE_SURNAMES = {
    "尉迟": ["yu", "chi"], "长孙": ["zhang", "sun"], "单于": ["chan", "yu"], "澹台": ["tan", "tai"],
    "万俟": ["mo", "qi"], "宇文": ["yu", "wen"], "令狐": ["ling", "hu"], "夏侯": ["xia", "hou"],
}  # fmt: skip
_AS_IS = "\0"
_LATIN_OR_HAN = re.compile(r"[0-9a-z\u3400-\u9fff\U00020000-\U0003ffff]+")
_DIGITS = re.compile(r"\d+")
_PERSON = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff·]{2,4}")
_COMPANY_END = re.compile(r"(公司|集团|厂|店|中心|银行|医院|学校|大学|酒店|局|委员会|研究院|事务所|合伙|部|处|馆|社)$")


@lru_cache(maxsize=1)
def _reader() -> Any:
    from pypinyin.core import Pinyin  # loads its dictionaries; only when a name is spelled

    return Pinyin()


@lru_cache(maxsize=1)
def _simplifier() -> Any:
    import opencc  # loads its dictionaries; only when first needed

    return opencc.OpenCC("t2s")


def simplify(text: str) -> str:
    """Traditional characters to simplified."""
    return text if text.isascii() else str(_simplifier().convert(text))


@lru_cache(maxsize=4096)  # the same name is folded for its key, its initials and its search terms
def fold(text: str) -> str:
    """What a search compares: NFKC (full width to half), simplified, lower case, nothing but letters, digits and Han."""
    flat = simplify(unicodedata.normalize("NFKC", text)).lower()
    return "".join(_LATIN_OR_HAN.findall(flat))


@lru_cache(maxsize=4096)  # asked of a name for its lock, for 查重 and for its row
def normalize_name(text: str) -> str:
    """The key by which two spellings of one name are the same: folded, without the words of legal form at the end.

    Never empty for a name that has a letter: a name that is nothing but legal form keeps it.
    """
    folded = fold(text)
    for suffix in COMPANY_SUFFIXES:
        kept = folded.removesuffix(suffix)
        if kept != folded and len(kept) > 1 and kept not in COMPANY_SUFFIXES:
            return kept
    return folded


def is_person_name(text: str) -> bool:
    """A guess, good enough for choosing readings: two to four Han characters that do not end like an organisation."""
    return bool(_PERSON.fullmatch(text)) and not _COMPANY_END.search(text)


@lru_cache(maxsize=512)  # a name is spelled for sorting, for searching and for its index
def syllables(text: str) -> tuple[str, ...]:
    """Pinyin of each Han character, other runs marked with NUL; a surname is read as one when the text looks like a person."""
    clean = simplify(unicodedata.normalize("NFKC", text)).strip()
    if is_person_name(clean):
        if clean[:2] in DOUBLE_SURNAMES:
            return (*DOUBLE_SURNAMES[clean[:2]], *_spell(clean[2:]))
        if clean[0] in SURNAMES:
            return (SURNAMES[clean[0]], *_spell(clean[1:]))
    return tuple(_spell(clean))


def _spell(text: str) -> list[str]:
    return [syllable for word in _reader().seg(text) for syllable in _spell_word(word)] if text else []


@lru_cache(maxsize=32_768)  # company names are made of the same few thousand words
def _spell_word(word: str) -> tuple[str, ...]:
    # Runs without a reading (Latin, digits, rare characters) come marked, so that they are not taken for syllables.
    from pypinyin import Style

    return tuple(_reader().lazy_pinyin([word], style=Style.NORMAL, errors=lambda run: _AS_IS + run))


def pinyin_initials(text: str) -> str:
    """First letters for searching: '云启科技A2' gives 'yqkja2'."""
    letters = [fold(one[1:]) if one.startswith(_AS_IS) else one[:1] for one in syllables(text)]
    return "".join(letters)


def sort_key(text: str) -> str:
    """What lists by name sort on: pinyin syllables, then the text itself so that homophones keep together."""
    spelled = " ".join(one.removeprefix(_AS_IS).strip().lower() for one in syllables(text))
    return f"{spelled}|{text.strip()}"[:120]


def bigrams(text: str) -> list[str]:
    """Overlapping pairs of the folded text, each once, in order; one character stands for itself."""
    folded = fold(text)
    if len(folded) < 2:
        return [folded] if folded else []
    return list(dict.fromkeys(folded[i : i + 2] for i in range(len(folded) - 1)))


def digits(text: str) -> str:
    """Only the digits, full width turned to half; for comparing phone numbers."""
    return "".join(_DIGITS.findall(unicodedata.normalize("NFKC", text)))
