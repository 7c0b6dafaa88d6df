"""History of a hospital: use, return, waste, requisition and receipt, row by row.

Every row gets a key that stays the same whenever the row comes again, in the same file
or in a later export that overlaps: its document and line where it has them, else a
digest of its content and, among rows of equal content, its number.
"""

from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from hashlib import blake2b

from .cell_values import code, moment, one_of, quantity, text
from .headers import Column
from .item_rows import price
from .rows import Fault, Record

KINDS = {
    "use": {
        "use",
        "使用",
        "消耗",
        "出库使用",
        "计费",
        "收费",
        "耗用",
        "used",
        "charge",
    },
    "return": {"return", "退回", "退费", "退货", "退库", "冲销", "退", "returned"},
    "waste": {"waste", "报废", "报损", "损耗", "scrap", "浪费", "过期报废"},
    "requisition": {"requisition", "领用", "申领", "科室领用", "出库", "发放", "issue"},
    "receipt": {"receipt", "入库", "采购入库", "验收", "到货", "收货", "received"},
}
EARLIEST = date(2000, 1, 1)

COLUMNS = (
    Column(
        "kind",
        "业务类型",
        "Kind",
        one_of(KINDS),
        ("类型", "业务", "出入库类型", "单据类型", "type", "transaction type"),
        example="使用",
    ),
    Column(
        "date",
        "日期",
        "Date",
        moment,
        ("业务日期", "使用日期", "消耗日期", "领用日期", "出库日期", "入库日期", "时间")
        + ("收费日期", "计费日期", "发生日期", "收费时间", "使用时间", "申领日期")
        + ("报废日期", "验收日期", "event time", "when", "day", "date time"),
        required=True,
        example="2025-03-05 09:20",
    ),
    Column(
        "department",
        "科室编码",
        "Department",
        text,
        ("科室", "科室名称", "使用科室", "领用科室", "申领科室", "病区", "执行科室")
        + ("部门", "科室代码", "ward", "department code", "cost centre"),
        example="ICU",
    ),
    Column(
        "item",
        "物资编码",
        "Item Code",
        code,
        ("编码", "耗材编码", "材料编码", "物品编码", "产品编码", "收费编码", "院内码")
        + ("收费项目编码", "his编码", "udi-di", "条码", "商品编码", "物料编码")
        + ("item", "code", "sku", "charge code", "barcode"),
        required=True,
        example="HC1001",
    ),
    Column(
        "quantity",
        "数量",
        "Quantity",
        quantity,
        ("使用数量", "消耗数量", "领用数量", "出库数量", "入库数量", "实发数量", "qty")
        + ("退回数量", "报废数量", "issued", "received", "used"),
        required=True,
        example=12,
    ),
    Column("unit", "单位", "Unit", text, ("计量单位", "uom"), example="支"),
    Column("lot", "批号", "Lot", code, ("生产批号", "批次", "batch", "lot number")),
    Column("serial", "序列号", "Serial", code, ("serial number", "sn")),
    Column(
        "document",
        "单据号",
        "Document",
        code,
        ("单号", "出库单号", "入库单号", "领用单号", "申领单号", "流水号", "收费流水号")
        + ("document no", "reference", "order no"),
        example="CK202503050012",
    ),
    Column(
        "line", "行号", "Line", code, ("明细号", "明细序号", "line no"), example="1"
    ),
    Column(
        "asked",
        "申领数量",
        "Asked Quantity",
        quantity,
        ("申请数量", "请领数量", "requested"),
    ),
    Column(
        "supplier", "供应商", "Supplier", text, ("供货单位", "供应商名称", "vendor")
    ),
    Column("price", "单价", "Unit Price", price, ("进价", "入库单价", "采购单价")),
    Column("ordered", "订货日期", "Ordered On", moment, ("采购日期", "下单日期")),
)


def check(record: Record, today: date, default_kind: str | None) -> list[Fault]:
    """Faults of the row as a whole: what its kind cannot do without, day, and sign."""
    values = record.values
    unread = {fault.key for fault in record.faults}
    kind = values["kind"] = values.get("kind") or default_kind
    needed = [] if kind == "receipt" else ["department"]
    faults = [
        Fault(record.row, "missing", key)
        for key in ["kind", *needed]
        if not values.get(key) and key not in unread
    ]
    day, ordered = values.get("date"), values.get("ordered")
    faults += _day_faults(record.row, "date", day, today)
    faults += _day_faults(record.row, "ordered", ordered, today)
    if day is not None and ordered is not None and _day(ordered) > _day(day):
        faults.append(Fault(record.row, "ordered_after", "ordered"))
    return faults + _sign_faults(record.row, values)


def _sign_faults(row: int, values: dict) -> list[Fault]:
    """A negative use is a return, as charge systems write a refund."""
    kind, amount = values["kind"], values.get("quantity")
    if amount is None or amount > 0:
        return []
    if amount == 0:
        return [Fault(row, "zero", "quantity", value="0")]
    if kind not in ("use", "return"):
        return [Fault(row, "negative", "quantity", value=f"{amount:f}")]
    values["kind"], values["quantity"] = "return", -amount
    return []


class Keys:
    """Gives every row its key; one of them for one file, in the order of its rows."""

    def __init__(self):
        self._times = Counter()

    def key(self, values: dict) -> str:
        """
        >>> keys, row = Keys(), {"kind": "use", "item": "A", "quantity": Decimal("2.0")}
        >>> keys.key(row) == Keys().key({**row, "quantity": Decimal(2)})
        True
        >>> keys.key(row) == keys.key(row)
        False
        """
        if values.get("document") and values.get("line"):
            base = f"{values['kind']}/{values['document']}/{values['line']}"
        else:
            base = _digest(values)
        self._times[base] += 1
        times = self._times[base]
        return base if times == 1 else f"{base}#{times}"


def at_noon(when: date | datetime) -> datetime:
    """A day without an hour stands for its noon."""
    if isinstance(when, datetime):
        return when
    return datetime(when.year, when.month, when.day, 12)


def _digest(values: dict) -> str:
    parts = (
        values.get("kind"),
        values.get("date"),
        (values.get("department") or "").casefold(),
        (values.get("item") or "").casefold(),
        _plain(values.get("quantity")),
        values.get("unit"),
        values.get("lot"),
        values.get("serial"),
        values.get("document"),
        values.get("line"),
    )
    text_of_row = "\x1f".join("" if part is None else str(part) for part in parts)
    return blake2b(text_of_row.encode(), digest_size=12).hexdigest()


def _plain(number: Decimal | None) -> str:
    return "" if number is None else f"{number.normalize():f}"


def _day(when: date | datetime) -> date:
    return when.date() if isinstance(when, datetime) else when


def _day_faults(row: int, key: str, when: date | None, today: date) -> list[Fault]:
    if when is None:
        return []
    day = _day(when)
    if day > today:
        return [Fault(row, "future", key, value=f"{day:%Y-%m-%d}")]
    if day < EARLIEST:
        return [Fault(row, "too_early", key, value=f"{day:%Y-%m-%d}")]
    return []
