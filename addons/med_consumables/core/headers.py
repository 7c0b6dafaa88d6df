"""Which column is what: headers in Chinese and English, and headers of patients.

A header is recognised by its words, whatever their width, case, spaces, marks and
units in brackets: 「＊物资编码」, "Item code (local)" and "物资编码 Item Code" are one.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from stdnum.cn import ric
from stdnum.exceptions import ValidationError

BRACKETS = re.compile(r"[(\[【〔<].*?[)\]】〕>]")
NOT_WORDS = re.compile(r"[\W_]+")
CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
CHINESE = re.compile(r"[\u3400-\u9fff]+")

#: A header with one of these speaks of a patient, unless it speaks of a firm.
PATIENT_WORDS = re.compile(
    "患者|病人|姓名|身份证|证件号|住院号|门诊号|病历|病案|就诊|床号|床位|电话|手机|联系方式"
    "|诊断|出生|性别|年龄|民族|婚姻|家属|住址|家庭地址|医保卡|社保卡|登记号"
    r"|\b(patients?|mrn|dob|birth(day|date)?|gender|sex|age|ssn|diagnosis|bed|phone"
    r"|mobile|telephone|passport|encounter|admission|visit no|id card"
    r"|medical record|full name)\b"
)
PATIENTS = re.compile("patient|患者|病人")
NOT_OF_PATIENTS = re.compile("体外诊断|诊断试剂|charged to patients?")
FIRM_WORDS = re.compile(
    "供应商|供货|厂家|厂商|企业|公司|生产|经销|注册|supplier|vendor|manufacturer"
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column that an import knows.

    ``key`` is its name to programs, ``chinese`` and ``english`` head the template,
    ``aliases`` are further headers seen in hospitals, ``read`` reads a cell.
    """

    key: str
    chinese: str
    english: str
    read: Callable
    aliases: tuple[str, ...] = ()
    required: bool = False
    example: object = None

    @property
    def names(self) -> set[str]:
        """All its headers, as ``plain`` writes them."""
        return {plain(n) for n in (self.chinese, self.english, self.key, *self.aliases)}


def plain(header: str) -> str:
    """
    >>> plain("＊物资 编码（院内）"), plain("Item_Code")
    ('物资编码', 'itemcode')
    """
    header = unicodedata.normalize("NFKC", header)
    header = BRACKETS.sub("", header) or header
    return NOT_WORDS.sub("", header).casefold()


def forms(header: str) -> list[str]:
    """The header as a whole, its Chinese and its other part: one of them is known."""
    header = unicodedata.normalize("NFKC", header)
    inner = " ".join(re.findall(r"[(\[](.*?)[)\]]", header))
    chinese = "".join(CHINESE.findall(BRACKETS.sub("", header)))
    other = CHINESE.sub("", BRACKETS.sub("", header))
    found = [plain(part) for part in (header, chinese, other, inner)]
    return [part for part in dict.fromkeys(found) if part]


def recognise(headers: Sequence[str], columns: Sequence[Column]) -> dict[str, int]:
    """``{column key: position}``; the first column that bears a name has it.

    >>> from .cell_values import text
    >>> recognise(["序号", "品名"], [Column("name", "名称", "Name", text, ("品名",))])
    {'name': 1}
    """
    by_name = {name: column.key for column in columns for name in column.names}
    found = {}
    for position, header in enumerate(headers):
        for form in forms(header):
            key = by_name.get(form)
            if key and key not in found:
                found[key] = position
                break
    return found


def speaks_of_patients(header: str) -> bool:
    """Whether a column under this header would hold data of patients.

    >>> [speaks_of_patients(h) for h in ("患者姓名", "PatientName", "供应商电话", "Storage")]
    [True, True, False, False]
    """  # noqa: E501
    header = CAMEL.sub(" ", unicodedata.normalize("NFKC", header)).casefold()
    header = NOT_OF_PATIENTS.sub("", header)
    words = NOT_WORDS.sub(" ", header).strip()
    if FIRM_WORDS.search(words) and not PATIENTS.search(words):
        return False
    return any(
        p.search(w) for p in (PATIENTS, PATIENT_WORDS) for w in (words, plain(header))
    )


def is_identity_number(value) -> bool:
    """Whether a cell holds a resident identity number (居民身份证), check digit right.

    >>> is_identity_number("11010519491231002X"), is_identity_number("123456")
    (True, False)
    """
    if isinstance(value, int | float):
        return False  # a spreadsheet number keeps 15 digits, never 18
    value = str(value or "").strip()
    if len(value) != 18 or not value[:17].isascii() or not value[:17].isdigit():
        return False
    try:
        ric.get_birth_date(value)
    except ValidationError:
        return False
    return ric.calc_check_digit(value) == value[-1].upper()
