from datetime import timedelta

from psycopg2 import IntegrityError

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .items import ItemsCase


@tagged("post_install", "-at_install")
class TestItems(ItemsCase):
    # ---- what an item is -----------------------------------------------------------

    def test_cold_items_travel_in_the_cold_chain_unless_said_otherwise(self):
        self.item.med_storage = "cold"
        self.assertTrue(self.item.med_cold_chain)
        self.item.med_cold_chain = False
        self.assertFalse(self.item.med_cold_chain)
        self.item.med_storage = "room"
        self.assertFalse(self.item.med_cold_chain)

    def test_an_insurance_code_shows_its_class(self):
        self.item.med_insurance_code = "C0305010790100112345"
        self.assertEqual(self.item.med_insurance_class, "C03050107901001")
        for wrong in ("C123", "X03050107901001", "C0305010790100112"):
            with self.assertRaises(ValidationError):
                self.item.med_insurance_code = wrong

    def test_units_of_purchase_stock_and_use_are_said_with_their_content(self):
        pair = self.env["uom.uom"].create({"name": "pair"})
        box = self.env["uom.uom"].create(
            {"name": "box", "relative_uom_id": pair.id, "relative_factor": 50}
        )
        item = self._product("Box gloves", uom_id=box.id).product_tmpl_id
        item.med_use_uom_id = pair
        self.assertEqual(
            item.med_units_text,
            "Bought in box, kept in box, used in pair (= 0.02 box)",
        )
        litre = self.env.ref("uom.product_uom_litre")
        with self.assertRaisesRegex(ValidationError, "cannot be converted"):
            item.med_use_uom_id = litre

    # ---- ABC -----------------------------------------------------------------------

    def _year_of_use(self):
        dear = self._product("Stent", standard_price=1000)
        self.env["med.consumption"]._record(
            [
                self._report(
                    quantity,
                    key,
                    product_id=product.id,
                    event_time=self.now - timedelta(days=days),
                    historical=True,
                    kind=kind,
                )
                for key, product, quantity, days, kind in (
                    ("a", dear, 4, 30, "use"),
                    ("b", dear, 1, 20, "return"),
                    ("c", self.gloves, 40, 60, "use"),
                    ("d", self.gloves, 4000, 400, "use"),
                )
            ]
        )
        return dear.product_tmpl_id

    def test_abc_is_computed_by_the_value_of_a_years_use_and_explains_itself(self):
        dear = self._year_of_use()
        unused = self._product("Mask").product_tmpl_id
        unused.med_abc = "A"
        self.env["product.template"]._cron_med_abc()
        self.assertEqual((dear.med_abc, dear.med_abc_value), ("A", 3000))
        self.assertEqual(self.item.med_abc_value, 100)
        self.assertEqual((self.item.med_abc, unused.med_abc), ("C", "C"))
        self.assertEqual(dear.med_abc_rank, 1)
        today = self.env.company._med_day(fields.Datetime.now())
        self.assertEqual(dear.med_abc_date, today)
        for part in ("Rank 1 of", "3,000", "96.8%", "70% / 90%"):
            self.assertIn(part, dear.med_abc_text)

    def test_the_company_sets_the_cut_offs(self):
        self._year_of_use()
        self.company.write({"med_abc_a": 0.97, "med_abc_b": 0.99})
        self.env["product.template"]._cron_med_abc()
        self.assertEqual(self.item.med_abc, "A")
        for a, b in ((0.9, 0.7), (0, 0.9), (0.7, 1)):
            with self.assertRaises(ValidationError):
                self.company.write({"med_abc_a": a, "med_abc_b": b})

    def test_the_monthly_job_runs(self):
        with self.enter_registry_test_mode():
            self.env.ref("med_consumables.ir_cron_abc").method_direct_trigger()
        self.assertTrue(self.item.med_abc_date)

    # ---- substitutes ---------------------------------------------------------------

    def _link(self, item, substitute, **values):
        return self.env["med.substitute"].create(
            {"product_id": item.id, "substitute_id": substitute.id, **values}
        )

    def test_substitutes_name_their_usable_quantity_the_best_first(self):
        latex, vinyl = self._product("Latex"), self._product("Vinyl")
        self._link(self.gloves, latex, ratio=2, note="Allergy")
        self._link(self.gloves, vinyl)
        self._stock(30, self._lot("L", product=latex), product=latex)
        self._stock(9, self._lot("V", days=-3, product=vinyl), product=vinyl)
        found = self.gloves._med_substitutes(self.icu.stock_location_id)[self.gloves]
        self.assertEqual([s.product for s in found], [latex.id, vinyl.id])
        self.assertEqual((found[0].usable, found[0].covers), (30, 15))
        self.assertEqual(found[0].note, "Allergy")
        self.assertEqual(found[1].usable, 0, "what is past its date helps nobody")

    def test_a_substitute_holds_the_other_way_only_where_said(self):
        latex, vinyl = self._product("Latex"), self._product("Vinyl")
        self._link(self.gloves, latex, ratio=2, symmetric=True)
        self._link(self.gloves, vinyl)
        shelf = self.icu.stock_location_id
        back = (latex | vinyl)._med_substitutes(shelf)
        self.assertEqual(back[latex][0].product, self.gloves.id)
        self.assertEqual(back[latex][0].ratio, 0.5)
        self.assertNotIn(vinyl, back)

    def test_an_item_that_is_out_says_what_to_use_instead(self):
        latex = self._product("Latex")
        self._link(self.gloves, latex)
        self._stock(30, self._lot("L", product=latex), product=latex)
        item = self.item.with_user(self.nurse)
        self.assertIn("Latex: 30", item.med_instead)
        self.assertEqual(item.med_substitute_count, 1)
        self._stock(5, self._lot("G"))
        self.env.invalidate_all()
        self.assertFalse(item.med_instead)

    def test_an_item_is_no_substitute_for_itself_and_ratios_are_positive(self):
        latex = self._product("Latex")
        for values in ({"substitute_id": self.gloves.id}, {"ratio": 0}):
            with (
                self.assertRaises(IntegrityError),
                mute_logger("odoo.sql_db"),
                self.env.cr.savepoint(),
            ):
                self.env["med.substitute"].create(
                    {
                        "product_id": self.gloves.id,
                        "substitute_id": latex.id,
                        **values,
                    }
                )

    def test_who_links_substitutes(self):
        link = self._link(self.gloves, self._product("Latex"))
        link.with_user(self.owner).note = "Checked"
        for user in self.nurse, self.storekeeper, self.auditor:
            self.assertEqual(link.with_user(user).note, "Checked")
            with self.assertRaises(AccessError):
                link.with_user(user).note = "x"

    def test_substitutes_of_twenty_items_cost_the_queries_of_one(self):
        others = self.env["product.product"].create(
            [{"name": f"Other {n}", "med_consumable": True} for n in range(20)]
        )
        items = self.env["product.product"].create(
            [{"name": f"Item {n}", "med_consumable": True} for n in range(20)]
        )
        for item, other in zip(items, others, strict=True):
            self._link(item, other)
        self.env.flush_all()
        shelf = self.icu.stock_location_id

        def asked(products):
            self.env.invalidate_all()
            count = self.env.cr.sql_log_count
            products._med_substitutes(shelf)
            return self.env.cr.sql_log_count - count

        asked(items[:1])
        self.assertLessEqual(asked(items), asked(items[:1]))

    def test_every_role_opens_the_item(self):
        views = [(False, "form"), (False, "list"), (False, "kanban"), (False, "search")]
        for user in (
            self.nurse,
            self.storekeeper,
            self.owner,
            self.chief,
            self.auditor,
        ):
            item = self.item.with_user(user)
            arch = item.get_views(views)["models"]["product.template"]["fields"]
            names = [n for n in arch if n.startswith("med_") and n in item._fields]
            self.assertTrue(item.read(names))
