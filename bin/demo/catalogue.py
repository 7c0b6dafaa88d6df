"""The demo hospital's departments, suppliers and items, read from the tables here.

Plain Python without Odoo: the recorder of the HL7 day uses it too. All numbers that
look official are derived from an item's own number: stable and fictional.
"""

import csv
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

HERE = Path(__file__).parent
TAX_FACTOR = 1.13  # VAT that a public hospital may not deduct is part of the cost

# Some charges carry the HIS's own item code, which only the channel's code map knows:
# item -> (code in the HIS, units of the item in one charge).
MAPPED_CHARGES = {
    "HC0201": ("WSB-05", 5),  # five packs of gauze are charged together
    "HC0306": ("LZZ-20G", 1),
    "HC0901": ("TXQ-160", 1),
    "HC0506": ("MBXT-14", 1),
    "HC0512": ("GMDS-014", 1),
}

# Part of the price of a treatment, like gloves and masks: no charge reports them.
NOT_CHARGED = ("HC0207", "HC0310", "HC0311", "HC0312")

# Stock that the recorded day takes to or below its reorder point: (department, item).
# Those of the store's items are refilled from the store, which then must buy itself.
RUNS_LOW = (
    ("CATH", "HC0512"),
    ("CATH", "HC0602"),
    ("DIAL", "HC0901"),
    ("LAB", "HC0801"),
    ("ICU", "HC0506"),
    ("ICU", "HC0905"),
    ("ER", "HC0306"),
    ("RESP", "HC1104"),
    ("OR", "HC0401"),
)
STORE_RUNS_LOW = ("HC0506", "HC0306", "HC1104", "HC0401")

# Category of item -> (English, Chinese, classification code in a certificate's number).
CATEGORIES = {
    "gloves": ("Gloves", "手套", "14"),
    "dressings": ("Dressings and drapes", "敷料与手术铺单", "14"),
    "syringes": ("Syringes and infusion", "注射与输液", "14"),
    "sutures": ("Sutures and staplers", "缝线与吻合器", "02"),
    "catheters": ("Catheters", "导管", "03"),
    "stents": ("Stents and closure", "支架与封堵", "13"),
    "implants": ("Implants", "植入物", "13"),
    "reagents": ("Reagents", "检验试剂", "40"),
    "dialysis": ("Dialysis", "血液净化", "10"),
    "ppe": ("Protective equipment", "防护用品", "14"),
    "respiratory": ("Respiratory care", "呼吸护理", "08"),
    "imaging": ("Imaging and monitoring", "影像与监护", "06"),
}

# Unit -> (English, Chinese).
UNITS = {
    "piece": ("pc", "支"),
    "pair": ("pair", "副"),
    "pack": ("pack", "包"),
    "set": ("set", "套"),
    "test": ("test", "人份"),
    "bottle": ("bottle", "瓶"),
    "sheet": ("sheet", "张"),
}


def gtin14(indicator, company_prefix, number):
    """A 14-digit GTIN with its check digit (GS1: weights 3, 1, 3 ... from the right).

    >>> gtin14(0, "69012", 3456789)
    '06901234567892'
    """
    body = f"{indicator}{company_prefix}{number:07d}"
    total = sum(int(d) * (3 if i % 2 == 0 else 1) for i, d in enumerate(reversed(body)))
    return f"{body}{-total % 10}"


def reported_lot(item):
    """The lot, or the serial, that the recorded day names for an item of high value.

    None where the HIS does not send one: those take what expires first.
    """
    traced = item.direct and item.value_class == "high"
    return f"{item.number:04d}H{item.number * 37 % 9000 + 1000}" if traced else None


def identifiers(item):
    """Device identifiers of an item: (pack level, units in the pack, GTIN-14)."""
    prefix = suppliers()[item.suppliers[0]].prefix
    yield "unit", 1, gtin14(0, prefix, item.number)
    if item.per_pack > 1:
        yield "inner", item.per_pack, gtin14(1, prefix, item.number)


def unit_identifier(item):
    """The GTIN on a single piece."""
    return next(identifiers(item))[2]


def certificate_number(item, maker, year, serial):
    """(kind, number) as written by the authorities: class I is filed, not registered.

    Class III is registered by the nation, class II by the province of the maker.
    """
    if item.management_class == "1":
        return "filing", f"{maker.province}械备{year}{serial}号"
    where = "国" if item.management_class == "3" else maker.province
    branch = CATEGORIES[item.category][2]
    return (
        "registration",
        f"{where}械注准{year}{item.management_class}{branch}{serial}",
    )


@dataclass(frozen=True)
class Department:
    """A department; ``weekdays`` is the share of a usual day, Monday first."""

    code: str
    name: str
    name_zh: str
    kind: str
    his_code: str
    weekdays: tuple[float, ...]
    supplied: str  # store: by the central store; direct: some items by suppliers


@dataclass(frozen=True)
class Supplier:
    """A supplier; lead time and delay in days, ``late_share`` is late."""

    code: str
    name: str
    name_en: str
    province: str
    lead_days: int
    late_share: float
    late_days: int
    prefix: str


@dataclass(frozen=True)
class Item:
    """An item; quantities in its unit, ``price`` per unit without tax, in yuan."""

    code: str
    name: str
    name_zh: str
    spec: str
    category: str
    unit: str
    per_pack: int
    price: float
    suppliers: tuple[str, ...]
    tracking: str
    management_class: str
    value_class: str
    sterile: bool
    implant: bool
    storage: str
    shelf_days: int
    ved: str
    insurance_class: str
    direct: bool  # delivered to the department that uses it, not through the store
    use: dict[str, float]  # department -> units a usual day

    @cached_property
    def number(self):
        return int(self.code[2:])

    @property
    def charge_code(self):
        return f"33{self.number:04d}001"

    @property
    def his_code(self):
        """The code that charges carry, and the units in one charge."""
        return MAPPED_CHARGES.get(self.code, (self.charge_code, 1))

    @property
    def chargeable(self):
        """Charged to patients, so every use is reported; the rest is counted weekly."""
        return self.category not in ("gloves", "ppe") and self.code not in NOT_CHARGED

    @property
    def single_use(self):
        return self.category != "reagents"

    @property
    def insurance_code(self):
        return f"{self.insurance_class}9{self.number:04d}{self.number:07d}"

    @property
    def yearly_value(self):
        """What a year of usual days costs, with tax."""
        return sum(self.use.values()) * self.price * TAX_FACTOR * 365


def _rows(name):
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


@cache
def departments():
    """Departments by code."""
    return {
        row["code"]: Department(
            **{**row, "weekdays": tuple(map(float, row["weekdays"].split(";")))}
        )
        for row in _rows("departments.csv")
    }


@cache
def suppliers():
    """Suppliers by code."""
    return {
        row["code"]: Supplier(
            row["code"],
            row["name"],
            row["name_en"],
            row["province"],
            int(row["lead_days"]),
            float(row["late_share"]),
            int(row["late_days"]),
            row["prefix"],
        )
        for row in _rows("suppliers.csv")
    }


def _use(text):
    pairs = (part.split() for part in text.split(";"))
    return {department: float(quantity) for department, quantity in pairs}


@cache
def items():
    """Items by code."""
    return {
        row["code"]: Item(
            code=row["code"],
            name=row["name"],
            name_zh=row["name_zh"],
            spec=row["spec"],
            category=row["category"],
            unit=row["unit"],
            per_pack=int(row["per_pack"]),
            price=float(row["price"]),
            suppliers=tuple(row["suppliers"].split(";")),
            tracking=row["tracking"],
            management_class=row["class"],
            value_class=row["value"],
            sterile=row["sterile"] == "1",
            implant=row["implant"] == "1",
            storage=row["storage"],
            shelf_days=int(row["shelf_days"]),
            ved=row["ved"],
            insurance_class=row["insurance"],
            direct=row["supply"] == "direct",
            use=_use(row["use"]),
        )
        for row in _rows("items.csv")
    }


def abc_classes(all_items):
    """A, B or C per item code: A makes 70 % of the yearly value, B the next 20 %."""
    total = sum(item.yearly_value for item in all_items.values())
    classes, running = {}, 0.0
    for item in sorted(all_items.values(), key=lambda i: (-i.yearly_value, i.code)):
        share = running / total
        classes[item.code] = "A" if share < 0.7 else "B" if share < 0.9 else "C"
        running += item.yearly_value
    return classes
