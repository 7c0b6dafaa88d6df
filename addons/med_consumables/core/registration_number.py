"""The number of a registration certificate or filing tells class, origin and year.

Registration (class II and III): ``X械注Y YYYY C NN SSSS``: X the nation (国) or a
province, Y domestic (准), imported (进) or from Hong Kong, Macao or Taiwan (许), first
year of registration, management class, branch, serial. Filing (class I):
``X械备YYYYSSSS号``, X the nation, or province and city. Before 2014:
``X食药监械(Y)字YYYY第CNNSSSS号``. Old numbers stay on old stock: they are read as far
as they tell anything, marked as non-standard and never refused.

Source: State Administration for Market Regulation, Order 47 (2021), annexed rules on
numbering, as collected in the domain notes of the suite.
"""

import re
from dataclasses import dataclass

PROVINCES = "京津沪渝冀晋辽吉黑苏浙皖闽赣鲁豫鄂湘粤琼川贵云陕甘青蒙桂藏宁新"
ORIGINS = {"准": "domestic", "进": "imported", "许": "special_region"}
_REGISTRATION = re.compile(
    rf"(国|[{PROVINCES}])械注([准进许])([0-9]{{4}})([23])([0-9]{{2}})([0-9]{{4}})"
)
_FILING = re.compile(rf"(国|[{PROVINCES}]\w{{0,3}})械备([0-9]{{4}})([0-9]{{4}})号?")
_OLD = re.compile(r"械.*?([准进许]).*?((?:19|20)[0-9]{2})第?([123])([0-9]{2})[0-9]+")
_LOOSE = str.maketrans("（）〔〕［］", "()()[]")


@dataclass(frozen=True, slots=True)
class RegistrationNumber:
    """What a number tells; None where it tells nothing.

    ``kind`` is registration or filing; ``origin`` is a value of ``ORIGINS``; ``branch``
    is the code of the classification catalogue, 01 to 22; ``standard`` is false for
    formats no longer issued and for anything that is not understood.
    """

    kind: str | None = None
    authority: str | None = None
    origin: str | None = None
    year: int | None = None
    management_class: str | None = None
    branch: str | None = None
    standard: bool = False


def read(number: str) -> RegistrationNumber:
    """Read a number as printed; blanks and full-width signs do not matter.

    >>> read("国械注准20213030647").management_class
    '3'
    """
    text = "".join(number.split()).translate(_LOOSE)
    if match := _REGISTRATION.fullmatch(text):
        authority, origin, year, class_, branch, _serial = match.groups()
        return RegistrationNumber(
            "registration", authority, ORIGINS[origin], int(year), class_, branch, True
        )
    if match := _FILING.fullmatch(text):
        authority, year, _serial = match.groups()
        # Filed by the nation: made abroad. Filed by a city: made there.
        origin = "imported" if authority == "国" else "domestic"
        return RegistrationNumber(
            "filing", authority, origin, int(year), "1", None, True
        )
    if match := _OLD.search(text):
        origin, year, class_, branch = match.groups()
        return RegistrationNumber(
            "registration", text[0], ORIGINS[origin], int(year), class_, branch
        )
    return RegistrationNumber()
