from datetime import timedelta

from odoo.addons.med_alerts.tests.around_threshold import AroundThreshold
from odoo.tests import tagged

from .alert_kinds_case import AlertKindsCase


@tagged("post_install", "-at_install")
class TestAlertThresholds(AroundThreshold, AlertKindsCase):
    """Each kind of this addon, with one item or supplier of its own."""

    ADDON = "med_replenishment"

    def _item(self, name):
        product = self._product(name)
        return product, {"product_id": product.id, "department_id": self.icu.id}

    def _make_use_too_much(self):
        item, known_by = self._item("Much used")
        self._use_about(10, 180, product_id=item.id)
        self._use(150, self.yesterday, product_id=item.id)
        return self._rule("use_too_much"), known_by

    def _make_use_too_little(self):
        item, known_by = self._item("Little used")
        reports = [
            self._report(10, self.today - timedelta(days=ago), product_id=item.id)
            for ago in range(29, 300)
        ]
        reports.append(self._report(4, product_id=item.id))
        self.env["med.consumption"]._record(reports)
        return self._rule("use_too_little"), known_by

    def _make_use_after_hours(self):
        item, known_by = self._item("Used at night")
        self._use_about(10, 180, product_id=item.id)
        for ago in range(1, 8):
            day = self.today - timedelta(days=ago)
            self._use(10, event_time=self._moment(day, 23), product_id=item.id)
        return self._rule("use_after_hours"), known_by

    def _make_use_per_case(self):
        item, known_by = self._item("Used in cases")
        self._cases_done(10, item)
        self._use(80, product_id=item.id)
        return self._rule("use_per_case"), known_by

    def _make_supplier_delay(self):
        order = self._order(7)
        return self._rule("supplier_delay"), {"subject_id": order.id}

    def _make_supplier_worsening(self):
        self._got_slower()
        return self._rule("supplier_worsening"), {"partner_id": self.vendor.id}
