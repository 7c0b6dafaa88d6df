"""The plain line: one flat record of names and texts, as JSON, a row of a file or of a
database view.

Only the fields below are ever looked at, kept or shown; whatever else a sender adds is
dropped before anything is stored.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from .charge import Charge, Profile, Skipped
from .errors import PlaceError
from .plain_line import (
    PlainLine,
    charge_of,
    read_amount,
    read_day,
    read_number,
    read_time,
)

#: ``{field: (required, what it is, other names that senders use for it)}``.
FIELDS = {
    "id": (True, "number of the line", "line_id external_charge_no 收费单号 流水号"),
    "kind": (False, "use or return", "type charge_flag 收退标志 类型"),
    "item": (True, "code of the item", "item_code product_code 物资编码 耗材编码"),
    "quantity": (True, "how many", "qty amount 数量"),
    "unit": (False, "unit of the quantity", "uom 单位"),
    "lot": (False, "lot", "lot_no batch_no 批号"),
    "expiry": (False, "last day of use", "expiry_date 有效期 失效日期"),
    "serial": (False, "serial or unique code", "serial_no unique_code 唯一码 序列号"),
    "udi": (False, "device identification on the label", "udi_code"),
    "department": (False, "code of the department", "dept dept_code 科室编码 科室"),
    "location": (False, "ward, room or bed", "ward bed 病区"),
    "time": (True, "when it was used", "charge_time used_at 收费时间 使用时间"),
    "visit": (False, "number of the visit", "visit_no 就诊号 住院号"),
    "record": (False, "number of the medical record", "patient_no mrn 病案号"),
    "reverses": (False, "number of the line taken back", "original_id 原收费单号"),
    "charged": (False, "amount charged for the line", "charged_amount 金额 收费金额"),
    "price": (False, "amount charged for one piece", "unit_price 单价 收费单价"),
    "currency": (False, "currency of the amounts", "currency_code 币种"),
}
#: Fields that say whose use it was: never shown to anybody.
ABOUT_PATIENTS = frozenset({"visit", "record"})
#: Parts of the names of columns about people: none of them is read as anything else.
ABOUT_PEOPLE = re.compile(
    r"patient.*name|pat_?name|given_?name|family_?name|sex|gender|birth|id_?card"
    r"|idcard|phone|mobile|address|diagnos|姓名|性别|出生|年龄|身份证|证件|电话|手机|地址"
    r"|住址|诊断",
    re.IGNORECASE,
)
USE_WORDS = frozenset("use consume consumption charge cg 1 收费 计费 记账 使用".split())  # noqa: SIM905
RETURN_WORDS = frozenset("return refund credit cd cr -1 退费 退货 退库 退".split())  # noqa: SIM905
LONGEST_TEXT = 500
#: Digits before or behind the point of a number that is written out.
LONGEST_NUMBER = 40
POSITION = "line"


def names_of(field: str) -> tuple[str, ...]:
    """The names under which a field is found where the channel maps none."""
    return (field, *FIELDS[field][2].split())


def allowed(values: dict, names: dict | None = None) -> dict:
    """Only what a line may say: ``{field: text}``, without what is empty.

    ``names`` maps our fields to the sender's names; what it leaves out is found under
    its usual names, whatever their case.

    >>> allowed({"Item_Code": "007", "patient_name": "X", "qty": Decimal("1.10")})
    {'item': '007', 'quantity': '1.10'}
    """
    given = {str(name).strip().casefold(): value for name, value in values.items()}
    names, found = names or {}, {}
    for field in FIELDS:
        wanted = (names[field],) if names.get(field) else names_of(field)
        for name in wanted:
            text = text_of(given.get(name.strip().casefold()), f"{POSITION}.{field}")
            if text:
                found[field] = text
                break
    return found


def text_of(value, path: str) -> str:
    """A cell, column or JSON value as text; codes keep their leading zeros."""
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(
        value, str | int | float | Decimal | date
    ):
        raise PlaceError("value", path, "neither text nor a number")
    if isinstance(value, datetime):
        text = value.isoformat(sep=" ", timespec="seconds")
    elif isinstance(value, date):
        text = value.isoformat()
    elif isinstance(value, float):
        text = repr(int(value)) if value.is_integer() else repr(value)
    elif isinstance(value, Decimal):
        if not value.is_finite() or abs(value.adjusted()) > LONGEST_NUMBER:
            raise PlaceError("too_large", path, "a number with too many digits")
        text = format(value, "f")
    else:
        text = str(value).strip()
    if len(text) > LONGEST_TEXT:
        raise PlaceError("too_large", path, "the text is too long")
    if any(ord(character) < 32 and character != "\t" for character in text):
        raise PlaceError("value", path, "control characters")
    return text


def read_line(
    values: dict, now: datetime, profile: Profile, read_udi: Callable
) -> Charge | Skipped:
    """What a line of ``allowed`` fields says, or a ``PlaceError``."""
    places = {field: f"{POSITION}.{field}" for field in FIELDS}
    for field, (required, meaning, _names) in FIELDS.items():
        if required and not values.get(field) and field != "quantity":
            code = "item_missing" if field == "item" else "required"
            raise PlaceError(code, places[field], f"empty: {meaning}")
    credit = _is_return(values.get("kind", ""), places["kind"])
    expiry = values.get("expiry")
    line = PlainLine(
        position=POSITION,
        key=values["id"],
        credit=credit,
        quantity=_quantity(values.get("quantity", ""), places["quantity"], profile),
        codes=(values["item"],),
        moment=read_time(values["time"], places["time"], profile),
        unit=values.get("unit", ""),
        lot=values.get("lot", ""),
        expiry=read_day(expiry, places["expiry"]) if expiry else None,
        serial=values.get("serial", ""),
        carrier=values.get("udi", ""),
        department=values.get("department", ""),
        location=values.get("location", ""),
        visit=values.get("visit", ""),
        record=values.get("record", ""),
        reverses=values.get("reverses", ""),
        amount=_amount(values, "charged"),
        price=_amount(values, "price"),
        currency=values.get("currency", ""),
        places={**places, "key": places["id"], "carrier": places["udi"]},
    )
    return charge_of(line, now, profile, read_udi)


def own_key(values: dict) -> str:
    """What makes a line the same one: its number, and which way it goes.

    A return may bear the number of its use.
    """
    number = values.get("id", "")
    if not number:
        return ""
    word = values.get("kind", "").casefold()
    back = word in RETURN_WORDS or values.get("quantity", "").startswith("-")
    return f"line:{number}:return" if back else f"line:{number}"


def _is_return(word, path):
    word = word.casefold()
    if word in RETURN_WORDS:
        return True
    if word and word not in USE_WORDS:
        raise PlaceError("charge_type", path, "neither use nor return")
    return False


def _amount(values, field):
    text = values.get(field, "")
    return read_amount(text) if text else None


def _quantity(text, path, profile):
    if not text:
        if profile.empty_quantity == "one":
            return Decimal(1)
        raise PlaceError("quantity_missing", path, "the quantity is empty")
    return read_number(text, path)
