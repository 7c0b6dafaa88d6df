"""MFN: what another system's masters say of items, charges and lots on hand.

M16 items (ITM), M15 and M13 lots on hand and moved (IIM), M04 charges and the item
behind each (CDM-9), M01 and Zxx a site's own segments by the channel's mapping. An
explicit null deletes a value; an empty field says nothing (V4).

Source: HL7 v2.9.1, chapter 8 and 17.4; table 0180 (MFE-1: MAD add, MUP update, MDC
deactivate, MDL delete, MAC reactivate).
"""

from dataclasses import dataclass
from datetime import datetime

from .charge import Remaining
from .context import in_group, plain
from .errors import Hl7Error
from .hl7_message import NULL
from .mapping import USUAL

OPENER = "MFE"
TYPES = {
    "MFN^M16": "item_master",
    "MFN^M15": "lot_master",
    "MFN^M13": "lot_master",
    "MFN^M04": "charge_master",
}
GONE = frozenset({"MDC", "MDL"})
COMMON = frozenset({"MSH", "MFI", "MFE"})
SEGMENTS = {
    "item_master": frozenset({"ITM", "IVT", "PKG", "PCE"}),
    "lot_master": frozenset({"IIM"}),
    "charge_master": frozenset({"CDM"}),
    "site_master": frozenset(),
}
#: What an entry may say; ``None`` deletes, a missing key says nothing.
PIECES = tuple(name for name in USUAL["site_master"] if name != "item")


@dataclass(frozen=True, slots=True)
class ItemEntry:
    """What a master says of one item."""

    position: str
    code: str
    gone: bool
    said: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class ChargeEntry:
    """A charge code, and the item (CDM-9) that it charges."""

    position: str
    charge_code: str
    item_code: str
    name: str
    gone: bool


def family_of(message_type: str) -> str:
    """The kind of master, or '' where we know none (staff, places, tests).

    >>> family_of("MFN^M04"), family_of("MFN^Z8C"), family_of("MFN^M02")
    ('charge_master', 'site_master', '')
    """
    if family := TYPES.get(message_type):
        return family
    event = message_type.partition("^")[2]
    own = message_type.startswith("MFN^") and (event == "M01" or event[:1] == "Z")
    return "site_master" if own else ""


def read(context) -> tuple:
    """What the entries say, as values of the message's family."""
    readers = {
        "item_master": _item,
        "site_master": _item,
        "charge_master": _charge,
        "lot_master": _lot,
    }
    read_one = readers[context.family]
    found = []
    for group in context.groups():
        action = plain(group[0].value(1))
        if action not in ("MAD", "MUP", "MDC", "MDL", "MAC"):
            raise group[0].error("order_control", 1, "not an action", action[:8])
        found += read_one(context, group, action in GONE)
    if not found:
        raise Hl7Error("no_lines", OPENER, text="the master file has no entries")
    return tuple(found)


def _item(context, group, gone):
    codes = context.values("item", group)
    if not codes:
        raise group[0].error("item_missing", 4, "the entry names no item")
    said = {}
    for name in PIECES:
        located = context.located(name, group)
        if located:
            said[name] = None if located[2] == NULL else located[2]
    return [ItemEntry(f"MFE[{group[0].occurrence}]", codes[0], gone, said)]


def _charge(context, group, gone):
    code = context.value("charge_code", group)
    if not code:
        raise group[0].error("item_missing", 4, "the entry names no charge")
    return [
        ChargeEntry(
            f"MFE[{group[0].occurrence}]",
            code,
            context.value("item", group),
            context.value("name", group),
            gone,
        )
    ]


def _lot(context, group, gone):
    """Lots that are on hand, and what has moved: said of stock, and never booked."""
    if gone or not in_group(group, "IIM"):
        return []
    codes = context.item_codes(group)
    common = {
        "position": f"MFE[{group[0].occurrence}]",
        "item_code": codes[0],
        "alternates": codes[1:],
        "expected": None,
        "lot": context.value("lot", group),
        "expiry": context.day("expiry", group),
        "department_code": context.value("department", group),
        "event_time": _time(context, group),
    }
    found = []
    for kind, name, unit in (
        ("count", "on_hand", "uom"),
        ("moved", "moved", "moved_uom"),
    ):
        quantity = context.number(name, group)
        if quantity is not None:
            found.append(
                Remaining(
                    kind=kind,
                    quantity=quantity,
                    uom=context.value(unit, group),
                    **common,
                )
            )
    return found


def _time(context, group) -> datetime:
    return context.event_time(group).utc
