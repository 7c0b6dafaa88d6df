from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from odoo import fields
from odoo.tests import TransactionCase


class ReplenishmentCase(TransactionCase):
    """A store in Shanghai with two wards, and items that a vendor sells."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Test hospital"})
        cls.env.user.company_ids += cls.company
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": cls.company.ids}
        )
        cls.company.partner_id.tz = "Asia/Shanghai"
        cls.zone = ZoneInfo("Asia/Shanghai")
        cls.today = cls.company._med_day(fields.Datetime.now())
        cls.yesterday = cls.today - timedelta(days=1)
        cls.warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        cls.store = cls._department("T-STORE", kind="store")
        cls.icu = cls._department("T-ICU")
        cls.er = cls._department("T-ER")
        cls.vendor = cls.env["res.partner"].create({"name": "Test vendor"})
        cls.gloves = cls._product("Test gloves")

    @classmethod
    def _department(cls, code, **values):
        return cls.env["med.department"].create(
            {
                "name": f"Department {code}",
                "code": code,
                "company_id": cls.company.id,
                "warehouse_id": cls.warehouse.id,
                **values,
            }
        )

    @classmethod
    def _product(cls, name, delay=4, **values):
        return cls.env["product.product"].create(
            {
                "name": name,
                "is_storable": True,
                "med_consumable": True,
                "standard_price": 2.5,
                "seller_ids": [
                    fields.Command.create(
                        {"partner_id": cls.vendor.id, "delay": delay, "price": 2.5}
                    )
                ],
                **values,
            }
        )

    @classmethod
    def _orderpoint(cls, product=None, department=None, **values):
        return cls.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": (product or cls.gloves).id,
                "location_id": (department or cls.icu).stock_location_id.id,
                "company_id": cls.company.id,
                "trigger": "manual",
                **values,
            }
        )

    @classmethod
    def _moment(cls, day, hour=10):
        """``hour`` o'clock of the hospital's ``day``, as naive UTC."""
        local = datetime.combine(day, time(hour), tzinfo=cls.zone)
        return local.astimezone(UTC).replace(tzinfo=None)

    @classmethod
    def _report(cls, quantity, day=None, **values):
        cls.reports = getattr(cls, "reports", 0) + 1
        return {
            "department_id": cls.icu.id,
            "product_id": cls.gloves.id,
            "quantity": quantity,
            "kind": "use",
            "event_time": cls._moment(day or cls.yesterday),
            "source": "test",
            "external_key": str(cls.reports),
            "historical": True,
            **values,
        }

    @classmethod
    def _use(cls, quantity, day=None, **values):
        return cls.env["med.consumption"]._record(
            [cls._report(quantity, day, **values)]
        )

    @classmethod
    def _use_daily(cls, quantity, days, **values):
        """``quantity`` a day on the last ``days`` whole days."""
        return cls.env["med.consumption"]._record(
            [
                cls._report(quantity, cls.today - timedelta(days=ago), **values)
                for ago in range(1, days + 1)
            ]
        )

    @classmethod
    def _use_about(cls, quantity, days, **values):
        """About ``quantity`` a day (Poisson, always the same) on the last ``days``."""
        units = np.random.default_rng(7).poisson(quantity, days)
        return cls.env["med.consumption"]._record(
            [
                cls._report(int(used), cls.today - timedelta(days=ago), **values)
                for ago, used in enumerate(units, 1)
                if used
            ]
        )

    @classmethod
    def _lumpy_product(cls):
        """An item that is rarely used, and then much of it."""
        drains = cls._product("Drains")
        lumps = np.random.default_rng(3).gamma(0.2, 60, 182).astype(int)
        cls.env["med.consumption"]._record(
            [
                cls._report(
                    int(units), cls.today - timedelta(days=ago), product_id=drains.id
                )
                for ago, units in enumerate(lumps, 1)
                if units
            ]
        )
        cls._refresh()
        return drains

    @classmethod
    def _learn_anew(cls):
        """Let the next computation learn from all items again."""
        cls.env["med.plan.pool"].search([]).unlink()

    @classmethod
    def _refresh(cls, **kwargs):
        return cls.env["med.demand.day"]._refresh(**kwargs)

    def _demand(self, day=None, product=None, place=None):
        """(used, dependent) of one day."""
        row = self.env["med.demand.day"].search(
            [
                ("product_id", "=", (product or self.gloves).id),
                ("location_id", "=", (place or self.icu.stock_location_id).id),
                ("date", "=", day or self.yesterday),
            ]
        )
        self.assertLessEqual(len(row), 1)
        return row.used, row.dependent

    @property
    def shelf_of_store(self):
        return self.warehouse.lot_stock_id
