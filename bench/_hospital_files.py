"""Files as a hospital exports them: its item list, and what it used for years."""

import base64
import csv
import io
import random
from datetime import timedelta

from openpyxl import Workbook

from odoo import fields

from bench._full_shelves import WORDS

SEED = 20_260_101
DEPARTMENTS = 40
DAYS = 900
ITEM_HEADERS = ("物资编码", "物资名称", "规格型号", "单位", "类别", "单价", "高低值")
HISTORY_HEADERS = (
    "业务类型",
    "日期",
    "科室编码",
    "物资编码",
    "数量",
    "批号",
    "单据号",
    "行号",
)
CATEGORIES = [f"Category {number}" for number in range(30)]


def item_rows(count):
    """``count`` items; each thousandth has a fault that a check must name."""
    for number in range(1, count + 1):
        unit = "Units" if number % 1_000 else "unheard of"
        yield (
            f"HC{number:06}",
            f"{WORDS[number % len(WORDS)]} {number}",
            f"{number % 17} mm",
            unit,
            CATEGORIES[number % len(CATEGORIES)],
            round(1 + number % 997 / 7, 2),
            "高值" if number % 20 == 0 else "低值",
        )


def history_rows(count, items):
    """Use, returns and waste over years; each ten-thousandth has a wrong date."""
    drawn = random.Random(SEED)
    today = fields.Date.today()
    for number in range(1, count + 1):
        day = today - timedelta(days=1 + drawn.randrange(DAYS))
        kind = "退回" if number % 40 == 0 else "报废" if number % 50 == 0 else "使用"
        yield (
            kind,
            "2024-02-31" if number % 10_000 == 0 else day.isoformat(),
            f"D{drawn.randrange(DEPARTMENTS):02}",
            f"HC{1 + min(int(drawn.expovariate(8 / items)), items - 1):06}",
            drawn.choice((1, 1, 1, 2, 3, 10)),
            f"L{number % 500:03}",
            f"CK{number // 5}",
            number % 5,
        )


def as_workbook(headers, rows):
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in (headers, *rows):
        sheet.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return base64.b64encode(stream.getvalue())


def as_text(headers, rows):
    stream = io.StringIO()
    csv.writer(stream).writerows((headers, *rows))
    return base64.b64encode(stream.getvalue().encode())


def make_categories(env):
    env["product.category"].create([{"name": name} for name in CATEGORIES])


def make_departments(env):
    plan = env["account.analytic.plan"].create({"name": "Cost centres"})
    env.company.med_analytic_plan_id = plan
    accounts = env["account.analytic.account"].create(
        [{"name": f"D{n:02}", "plan_id": plan.id} for n in range(DEPARTMENTS)]
    )
    env["med.department"].create(
        [
            {"code": a.name, "name": a.name, "analytic_account_id": a.id}
            for a in accounts
        ]
    )
