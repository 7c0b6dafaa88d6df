"""A list whose faults wait to be mended, and how the data grew better in a month."""

import base64
import io
from collections import defaultdict
from datetime import timedelta

from xlsxwriter import Workbook

HEADERS = ("物资编码", "物资名称", "规格型号", "单位", "收费编码", "是否收费")
HEADERS += ("国家医保编码", "管理类别")
LINES = (
    ("HC9001", "一次性使用引流袋", "1000ml", "个", "339900101", "是", "", "二类"),
    ("HC9002", "医用弹性绷带", "8cm×4.5m", "卷", "", "否", "", "一类"),
    ("HC9003", "", "14Fr", "根", "339900103", "是", "", "二类"),
    ("HC9004", "一次性使用吸痰管", "12Fr", "条条", "339900104", "是", "", "二类"),
    ("HC9005", "气管插管固定器", "成人", "个", "339900105", "是", "C1404021", "二类"),
    ("HC9001", "一次性使用引流袋", "2000ml", "个", "339900106", "是", "", "二类"),
    ("HC9007", "泡沫敷料", "10cm×10cm", "片", 3.39900107e17, "是", "", "三类"),
    ("HC9008", "一次性使用压力延长管", "150cm", "根", "339900108", "也许", "", "二类"),
)
DAYS = 30
EVERY = 3  # days between two figures
MENDED = 14  # faults of the month that are mended by now


def set_up(env, company, staff, today):
    """One list of the storekeeper, checked; figures of the last thirty days."""
    _list_with_faults(env, staff["store"], today)
    _figures(env, company, today)


def _list_with_faults(env, storekeeper, today):
    stream = io.BytesIO()
    book = Workbook(stream, {"in_memory": True})
    sheet = book.add_worksheet("目录")
    sheet.write_row(0, 0, [f"{today.year} 年新增物资目录（设备科）"])
    for number, line in enumerate((HEADERS, *LINES), start=1):
        sheet.write_row(number, 0, line)
    book.close()
    job = env["med.import"].with_user(storekeeper).with_context(lang="zh_CN")
    job = job.create(
        {
            "kind": "items",
            "filename": "新增物资目录.xlsx",
            "file": base64.b64encode(stream.getvalue()),
            "lang": "zh_CN",
        }
    )
    job.action_check()


def _figures(env, company, today):
    """Faults of today are as old as they may be; others were mended meanwhile."""
    quality, fault = env["med.data.quality"].sudo(), env["med.data.fault"].sudo()
    quality._take(company)
    _faults, looked = env["med.data.check"]._run(company)
    for number, known in enumerate(fault.search([], order="id")):
        known.since = today - timedelta(days=DAYS + number % 20)
    _mended(env, company, today)
    for days in range(DAYS, -1, -EVERY):
        quality._keep_figures(company, today - timedelta(days=days), looked)


def _mended(env, company, today):
    charged = env["product.product"].search(
        [("med_consumable", "=", True), ("med_chargeable", "=", True)], order="id"
    )
    by_kind = defaultdict(list)
    for number, item in enumerate(charged[:MENDED]):
        kind = ("charge_code", "insurance_code", "di")[number % 3]
        by_kind[kind].append((number, item))
    env["med.data.fault"].sudo().create(
        [
            {
                "company_id": company.id,
                "kind": kind,
                "key": f"{kind}/{item.id}",
                "product_id": item.id,
                "user_id": item.med_data_owner_id.id,
                "since": today - timedelta(days=DAYS + 5),
                "until": today - timedelta(days=DAYS - 2 * number),
            }
            for kind, items in by_kind.items()
            for number, item in items
        ]
    )
