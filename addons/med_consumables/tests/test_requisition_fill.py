from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .requisition_case import RequisitionCase


@tagged("post_install", "-at_install")
class TestRequisitionFill(RequisitionCase):
    """A draft fills itself from a template, from the levels of the shelf, by scan."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.level = cls.env["stock.warehouse.orderpoint"].create(
            {
                "product_id": cls.gloves.id,
                "location_id": cls.icu.stock_location_id.id,
                "product_min_qty": 10,
                "product_max_qty": 40,
                "trigger": "manual",
            }
        )

    def _empty(self, **values):
        return self._draft(line_ids=[], **values)

    def _asked_for(self, requisition):
        return {line.product_id: line.asked_qty for line in requisition.line_ids}

    def test_a_top_up_counts_what_is_usable_on_the_way_and_asked(self):
        self._stock(8, self._lot("A"))
        self._stock(5, self._lot("PAST", days=-3))
        self._use(2)  # recorded, not posted
        self._approved(7)  # on the way
        self._asked(3)  # not approved yet
        requisition = self._empty()
        requisition.action_top_up()
        self.assertEqual(
            self._asked_for(requisition), {self.gloves: 40 - (8 - 2) - 7 - 3}
        )

    def test_a_top_up_twice_asks_once(self):
        requisition = self._empty()
        requisition.action_top_up()
        requisition.action_top_up()
        self.assertEqual(self._asked_for(requisition), {self.gloves: 40})

    def test_a_full_shelf_is_told(self):
        self._stock(40, self._lot("A"))
        with self.assertRaisesRegex(UserError, "nothing is lacking"):
            self._empty().action_top_up()

    def test_levels_of_another_shelf_do_not_count(self):
        with self.assertRaisesRegex(UserError, "nothing is lacking"):
            self._empty(user=self.er_nurse, department_id=self.er.id).action_top_up()

    def test_whole_packs_are_asked_for(self):
        pack = self.env["uom.uom"].create(
            {
                "name": "Box of 25",
                "relative_factor": 25,
                "relative_uom_id": self.gloves.uom_id.id,
            }
        )
        self.level.replenishment_uom_id = pack
        requisition = self._empty()
        requisition.action_top_up()
        self.assertEqual(self._asked_for(requisition), {self.gloves: 50})

    def test_a_top_up_of_many_levels_costs_no_more_queries(self):
        products = self.env["product.product"].create(
            [
                {"name": f"Item {n}", "is_storable": True, "med_consumable": True}
                for n in range(20)
            ]
        )
        requisition = self._empty()
        requisition._lacking()
        self.env.invalidate_all()
        with self.assertQueryCount(40):
            requisition._lacking()
        self.env["stock.warehouse.orderpoint"].create(
            [
                {
                    "product_id": product.id,
                    "location_id": self.icu.stock_location_id.id,
                    "product_min_qty": 1,
                    "product_max_qty": 5,
                    "trigger": "manual",
                }
                for product in products
            ]
        )
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(40):
            self.assertEqual(len(requisition._lacking()), 21)

    def test_a_template_fills_the_form(self):
        template = self.env["med.requisition.template"].create(
            {
                "name": "Monday",
                "department_id": self.icu.id,
                "line_ids": [
                    Command.create({"product_id": self.gloves.id, "quantity": 6}),
                    Command.create({"product_id": self.masks.id, "quantity": 9}),
                ],
            }
        )
        with Form(self.env["med.requisition"].with_user(self.nurse)) as form:
            self.assertEqual(form.department_id, self.icu)
            with form.line_ids.new() as line:
                line.product_id = self.gloves
                line.asked_qty = 8
            form.template_id = template
        self.assertEqual(self._asked_for(form.record), {self.gloves: 8, self.masks: 9})
