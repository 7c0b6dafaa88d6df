from odoo.tests import tagged
from odoo.tools import SQL

from .stock_place_case import StockPlaceCase


@tagged("post_install", "-at_install")
class TestStockPlaceCopies(StockPlaceCase):
    """What a row copies from its item, its place and its company follows them."""

    def test_what_is_copied_from_the_item_follows_it(self):
        category = self.env["product.category"].create({"name": "Gloves"})
        for name, value in (
            ("categ_id", category.id),
            ("med_abc", "B"),
            ("med_ved", "V"),
            ("med_value_class", "high"),
        ):
            self.gloves.product_tmpl_id[name] = value
            self.assertShown(name, value, self.shelf, self.store)

    def test_value_follows_the_cost_of_the_item(self):
        self.assertShown("value", 20 * self.gloves.standard_price, self.shelf)
        self.gloves.standard_price = 3.21
        self.assertShown("value", 64.2, self.shelf)
        self.assertShown("value", 321, self.store)

    def test_what_is_copied_from_the_place_follows_it(self):
        self.icu.kind = "store"
        self.assertShown("place_kind", "store", self.shelf)
        self.icu.stock_location_id = False
        self.env.flush_all()
        self.er.stock_location_id = self.shelf
        self.assertShown("department_id", self.er.id, self.shelf)

    def test_value_follows_the_company_whose_own_the_stock_is(self):
        owner = self.env["res.partner"].create({"name": "The hospital itself"})
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, self.shelf, 3, lot_id=self.good, owner_id=owner
        )
        self.assertShown("value", 0, self.shelf, owner=owner)
        self.company.partner_id = owner
        cost = self.gloves.standard_price
        self.assertShown("value", 3 * cost, self.shelf, owner=owner)

    def test_an_item_that_is_no_consumable_is_not_shown(self):
        self.gloves.product_tmpl_id.med_consumable = False
        self.assertEqual(self._seen(), {})
        self._count_all()
        self.assertEqual(self._seen(), {})
        self.gloves.product_tmpl_id.med_consumable = True
        self.assertEqual({place for place, _owner in self._seen()}, {*self._places()})

    def test_a_place_that_holds_no_stock_any_more_is_not_shown(self):
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE stock_location SET usage = 'inventory' WHERE id = %s",
                self.shelf.id,
            )
        )
        self.assertNotIn((self.shelf.id, None), self._seen())
        self._count_all()
        self.assertNotIn((self.shelf.id, None), self._seen())

    def test_what_is_not_copied_is_not_counted_again(self):
        self.gloves.product_tmpl_id.write({"name": "Other gloves", "med_implant": True})
        self.icu.name = "Other ward"
        self.env.flush_all()
        self.assertNothingToCount()

    def assertShown(self, name, value, *places, owner=None):
        """The view shows it at once, and after the job from what is kept."""
        for _moment in ("at once", "counted"):
            self.env.flush_all()
            self.env["med.stock.overview"].invalidate_model()
            for place in places:
                row = self.env["med.stock.overview"].search(
                    [
                        ("product_id", "=", self.gloves.id),
                        ("location_id", "=", place.id),
                        ("owner_id", "=", owner.id if owner else False),
                    ]
                )
                field = row._fields[name]
                found = row[name].id if field.type == "many2one" else row[name]
                self.assertEqual(found, value, (place.name, _moment))
                [group] = row._read_group(
                    [("id", "=", row.id)],
                    [name] if field.type != "monetary" else [],
                    ["__count", "value:sum"],
                )
                self.assertEqual(group[-2:], (1, row.value))
            self._count_all()

    def _places(self):
        return self.shelf.id, self.store.id
