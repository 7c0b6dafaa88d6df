from datetime import timedelta

from odoo import fields
from odoo.fields import Command

from .common import ReplenishmentCase


class TestChart(ReplenishmentCase):
    """The picture of a reorder rule, and the sentence that goes with it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._use_about(10, 182)
        cls._refresh()
        cls.rule = cls._orderpoint(product_min_qty=20, product_max_qty=90)

    def _picture(self):
        self.env.invalidate_all()
        return self.rule.med_chart

    def test_past_weeks_are_the_demand_of_the_place(self):
        past = self._picture()["past"]
        self.assertEqual(len(past), 52)
        day = self.env["med.demand.day"]
        last = day.search(
            [
                ("product_id", "=", self.gloves.id),
                ("location_id", "=", self.icu.stock_location_id.id),
                ("date", ">=", self.today - timedelta(days=7)),
            ]
        )
        self.assertEqual(past[-1]["quantity"], sum(last.mapped("quantity")))

    def test_without_a_computation_there_is_no_forecast(self):
        picture = self._picture()
        self.assertEqual(picture["coming"], [])
        self.assertIn("by hand", self.rule.med_story)

    def test_forecast_band_and_stock_to_come(self):
        self.env["med.reorder.proposal"]._propose(self.rule)
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, self.icu.stock_location_id, 100
        )
        picture = self._picture()
        week = picture["coming"][0]
        self.assertLess(week["low"], week["mean"])
        self.assertLess(week["mean"], week["high"])
        self.assertEqual(picture["stock_now"], 100)
        self.assertAlmostEqual(week["stock"], 100 - week["mean"], places=1)
        self.assertEqual(picture["coming"][3]["stock"], 0)

    def test_deliveries_and_expiries_are_marked_on_their_days(self):
        self.env["med.reorder.proposal"]._propose(self.rule)
        self.gloves.write({"tracking": "lot", "use_expiration_date": True})
        lot = self.env["stock.lot"].create(
            {
                "name": "SOON",
                "product_id": self.gloves.id,
                "company_id": self.company.id,
                "expiration_date": fields.Datetime.now() + timedelta(days=10),
                "removal_date": fields.Datetime.now() + timedelta(days=10),
            }
        )
        place = self.icu.stock_location_id
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, place, 500, lot_id=lot
        )
        move = self.env["stock.picking"].create(
            {
                "picking_type_id": self.warehouse.int_type_id.id,
                "location_id": self.shelf_of_store.id,
                "location_dest_id": place.id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": self.gloves.id,
                            "product_uom_qty": 40,
                            "location_id": self.shelf_of_store.id,
                            "location_dest_id": place.id,
                        }
                    )
                ],
            }
        )
        move.action_confirm()
        picture = self._picture()
        self.assertEqual(picture["deliveries"][0]["quantity"], 40)
        expired = sum(event["quantity"] for event in picture["expiries"])
        self.assertGreater(expired, 350)
        self.assertLess(expired, 460)

    def test_the_story_tells_what_holds(self):
        proposal = self.env["med.reorder.proposal"]._propose(self.rule)
        self.assertIn("20 to 90 hold", self.rule.med_story)
        self.assertIn("waiting for a decision", self.rule.med_story)
        self.assertIn("The level meant for 95 of 100 times", self.rule.med_story)
        self.env["res.lang"]._activate_lang("zh_CN")
        self.assertIn(
            "100 次中 95 次够用", self.rule.with_context(lang="zh_CN").med_story
        )
        proposal.action_publish()
        self.env.invalidate_all()
        self.assertIn("published", self.rule.med_story)
        self.assertIn(f"{proposal.order_up_to:g}", self.rule.med_story)
        self.rule.product_max_qty += 5
        self.env.invalidate_all()
        self.assertIn("set otherwise", self.rule.med_story)
        self.rule.write(
            {"med_locked_until": self.today, "med_lock_reason": "Trial of a new item"}
        )
        self.assertIn("Trial of a new item", self.rule.med_story)

    def test_the_picture_opens_from_the_list(self):
        action = self.rule.action_med_explain()
        self.assertEqual((action["res_id"], action["target"]), (self.rule.id, "new"))
