"""The item list (物资目录) of a hospital: which columns it may have."""

import re
from decimal import Decimal

from stdnum import ean

from .cell_values import CellFault, code, one_of, quantity, text, yes_no
from .headers import Column
from .rows import Fault, Record

VALUE_CLASS = {
    "high": {"high", "高", "高值", "高值耗材", "h"},
    "low": {"low", "低", "低值", "低值耗材", "普通", "普耗", "l"},
}
MANAGEMENT_CLASS = {
    "1": {"1", "i", "一", "一类", "ⅰ类", "i类", "ⅰ", "classi", "1类", "第一类"},
    "2": {"2", "ii", "二", "二类", "ⅱ类", "ii类", "ⅱ", "classii", "2类", "第二类"},
    "3": {"3", "iii", "三", "三类", "ⅲ类", "iii类", "ⅲ", "classiii", "3类", "第三类"},
}
STORAGE = {
    "room": {"room", "常温", "室温", "roomtemperature", "干燥", "阴凉干燥"},
    "cool": {"cool", "阴凉", "20度以下"},
    "cold": {"cold", "冷藏", "2-8", "2-8°c", "2~8°c", "2-8度", "refrigerated"},
    "frozen": {"frozen", "冷冻", "-20", "-20°c"},
}
TRACKING = {
    "lot": {"lot", "批号", "批次", "按批号", "batch"},
    "serial": {"serial", "序列号", "按序列号", "一物一码", "unique"},
    "none": {"none", "无", "不管理", "否", "no"},
}


# C, then 14 digits (class), optionally 5 (maker) and 7 (specification) more.
INSURANCE_CODE = re.compile(r"C\d{14}(\d{5}(\d{7})?)?")


def insurance_code(value) -> str | None:
    """A national insurance code: C and 14, 19 or 26 digits."""
    found = code(value)
    if found and not INSURANCE_CODE.fullmatch(found.upper()):
        raise CellFault("insurance_code")
    return found and found.upper()


def device_identifier(value) -> str | None:
    """A device identifier; the check digit of a GTIN must be right.

    >>> device_identifier("06901234567892")
    '06901234567892'
    """
    found = code(value)
    gtin = found and found.isdigit() and len(found) in (8, 12, 13, 14)
    if gtin and not ean.is_valid(found):
        raise CellFault("check_digit")
    return found


def price(value) -> Decimal | None:
    """An amount of money; ¥ and 元 are passed over."""
    if isinstance(value, str):
        value = value.replace("¥", "").replace("￥", "").replace("元", "")
    found = quantity(value)
    if found is not None and found < 0:
        raise CellFault("negative")
    return found


COLUMNS = (
    Column(
        "code",
        "物资编码",
        "Item Code",
        code,
        ("编码", "耗材编码", "材料编码", "物品编码", "商品编码", "产品编码", "物料编码")
        + ("物资代码", "internal reference", "default_code", "code", "item no", "sku"),
        required=True,
        example="HC1001",
    ),
    Column(
        "name",
        "物资名称",
        "Item Name",
        text,
        ("名称", "品名", "耗材名称", "材料名称", "物品名称", "产品名称", "商品名称")
        + ("通用名", "通用名称", "name", "description", "product", "item"),
        required=True,
        example="一次性使用无菌注射器",
    ),
    Column(
        "specification",
        "规格型号",
        "Specification",
        text,
        ("规格", "型号", "规格/型号", "spec", "model", "size"),
        example="5ml 带针",
    ),
    Column(
        "manufacturer",
        "生产厂家",
        "Manufacturer",
        text,
        ("生产企业", "厂家", "生产厂商", "制造商", "maker"),
        example="示例医疗器械有限公司",
    ),
    Column(
        "unit",
        "单位",
        "Unit",
        text,
        ("计量单位", "最小单位", "基本单位", "使用单位", "uom", "unit of measure"),
        required=True,
        example="支",
    ),
    Column(
        "category",
        "类别",
        "Category",
        text,
        ("分类", "物资类别", "耗材分类", "材料类别", "财务分类", "product category"),
        example="注射器",
    ),
    Column(
        "hospital_code",
        "院内码",
        "Hospital Code",
        code,
        ("院内编码", "院内条码", "内部码"),
    ),
    Column(
        "charge_code",
        "收费编码",
        "Charge Code",
        code,
        ("收费代码", "收费项目编码", "计费编码", "his编码", "his code", "his收费编码"),
        example="330100011",
    ),
    Column(
        "chargeable",
        "是否收费",
        "Charged to Patients",
        yes_no,
        ("收费", "可收费", "收费标志", "chargeable", "billable"),
        example="是",
    ),
    Column(
        "insurance_code",
        "国家医保编码",
        "National Insurance Code",
        insurance_code,
        ("医保编码", "医保代码", "国家医保码", "医保耗材编码", "国家医保医用耗材代码")
        + ("医用耗材代码", "insurance code"),
        example="C14040210400000012340000001",
    ),
    Column(
        "di",
        "产品标识",
        "UDI-DI",
        device_identifier,
        (
            "udi",
            "di",
            "gtin",
            "device identifier",
            "唯一标识",
            "器械标识",
            "barcode",
            "条码",
        ),
        example="06901234567892",
    ),
    Column(
        "value_class",
        "高低值",
        "Value Class",
        one_of(VALUE_CLASS),
        ("价值类别", "高值低值", "耗材类型", "高低值分类", "high low"),
        example="低值",
    ),
    Column(
        "management_class",
        "管理类别",
        "Management Class",
        one_of(MANAGEMENT_CLASS),
        ("器械类别", "医疗器械类别", "管理分类", "risk class", "class"),
        example="三类",
    ),
    Column("sterile", "无菌", "Sterile", yes_no, ("是否无菌", "灭菌"), example="是"),
    Column(
        "single_use",
        "一次性使用",
        "Single Use",
        yes_no,
        ("一次性", "是否一次性"),
        example="是",
    ),
    Column(
        "implant",
        "植入物",
        "Implant",
        yes_no,
        ("植入", "是否植入", "植入类"),
        example="否",
    ),
    Column(
        "storage",
        "储存条件",
        "Storage",
        one_of(STORAGE),
        ("存储条件", "保存条件", "贮存条件", "storage condition"),
        example="常温",
    ),
    Column(
        "tracking",
        "追踪方式",
        "Tracking",
        one_of(TRACKING),
        ("批次管理", "批号管理", "追溯方式", "lot tracking"),
        example="批号",
    ),
    Column(
        "price",
        "参考单价",
        "Unit Cost",
        price,
        ("单价", "采购价", "进价", "价格", "中标价", "unit price", "price", "cost"),
        example=0.85,
    ),
)


def check(record: Record, seen: dict[str, int]) -> list[Fault]:
    """Faults of the row as a whole; ``seen`` keeps the row of each code of the file."""
    found = []
    item = record.values.get("code")
    if item:
        first = seen.setdefault(item.casefold(), record.row)
        if first != record.row:
            found.append(
                Fault(record.row, "twice", "code", value=item, data={"first": first})
            )
    return found
