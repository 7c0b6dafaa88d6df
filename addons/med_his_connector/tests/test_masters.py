from psycopg2.errors import LockNotAvailable

from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .his_kinds_case import KindsCase


class TestMasters(KindsCase):
    """MFN: masters of other systems propose; nothing of ours changes by a message."""

    def _mfn(self, event, *segments, control_id="M1"):
        return self._message(
            f"MFN^{event}",
            "MFI|X||UPD|||AL",
            *segments,
            control_id=control_id,
            visit="",
        )

    def _item(self, code):
        return self.env["med.his.item"].search([("code", "=", code)])

    def _changes(self, product):
        return self.env["med.master.change"].search(
            [("product_tmpl_id", "=", product.product_tmpl_id.id)]
        )

    def test_a_new_item_is_announced_and_not_created(self):
        before = self.env["product.product"].search_count([])
        (message,) = self._process(
            self._mfn(
                "M16", "MFE|MAD|1||X-900|ST", "ITM|X-900|Trocar 12 mm||||||ACME|C-1"
            )
        )
        self.assertEqual((message.state, message.made_count), ("processed", 1))
        self.assertEqual(
            (self._item("X-900").state, self._item("X-900").name),
            ("new", "Trocar 12 mm"),
        )
        self.assertEqual(self.env["product.product"].search_count([]), before)

    def test_a_known_item_that_differs_becomes_a_change_to_decide(self):
        self._process(
            self._mfn("M16", "MFE|MAD|1||T-STENT|ST", "ITM|T-STENT|Stent 3.0||||^ACME")
        )
        changes = self._changes(self.stent)
        self.assertEqual(set(changes.mapped("field_name")), {"name"})
        self.assertEqual((changes.new_value, changes.state), ("Stent 3.0", "asked"))
        self.assertEqual(self.stent.name, "Stent")

    def test_the_same_master_again_asks_nothing_again(self):
        entry = ("MFE|MUP|1||T-STENT|ST", "ITM|T-STENT|Stent 3.0")
        self._process(
            self._mfn("M16", *entry), self._mfn("M16", *entry, control_id="M2")
        )
        self.assertEqual(len(self._changes(self.stent)), 1)

    def test_v04_a_null_deletes_and_an_empty_field_says_nothing(self):
        self.stent.med_manufacturer = "ACME"
        self._own("item_master", "specification", places="ITM-4")
        self.stent.med_specification = "3.0"
        self._process(self._mfn("M16", "MFE|MUP|1||T-STENT|ST", 'ITM|T-STENT|||""|||'))
        changes = self._changes(self.stent)
        self.assertEqual(changes.field_name, "med_specification")
        self.assertFalse(changes.new_value)

    def test_a_deactivated_item_is_marked_and_nothing_is_archived(self):
        self._process(self._mfn("M16", "MFE|MDC|1||T-STENT|ST", "ITM|T-STENT|Other"))
        self.assertTrue(self._item("T-STENT").gone)
        self.assertTrue(self.stent.active)
        self.assertFalse(self._changes(self.stent))

    def test_a_data_owner_creates_the_item_and_its_code_is_mapped(self):
        self._process(self._mfn("M16", "MFE|MAD|1||X-9|ST", "ITM|X-9|Trocar"))
        with self.assertRaises(AccessError):
            self._item("X-9").with_user(self.operator).action_create_item()
        owner = new_test_user(
            self.env, "m_owner", groups="med_consumables.group_data_owner"
        )
        self._item("X-9").with_user(owner).action_create_item()
        product = self._item("X-9").product_id
        self.assertEqual((product.name, product.med_consumable), ("Trocar", True))
        charge = "FT1||L1||20260105100000||CG|X-9|||2|||T-OR"
        self._process(self._message("DFT^P03", charge, control_id="C9"))
        self.assertEqual(self._lines().product_id, product)

    def test_an_operator_links_an_announced_item_to_ours(self):
        self._process(self._mfn("M16", "MFE|MAD|1||X-9|ST", "ITM|X-9|Gloves"))
        item = self._item("X-9").with_user(self.operator)
        with self.assertRaisesRegex(UserError, "Is Our Item"):
            item.action_link()
        item.link_product_id = self.gloves
        item.action_link()
        matches = self.env["med.his.code"]._match_items(self.channel, {"X-9"})
        self.assertEqual(matches["X-9"].id, self.gloves.id)

    def test_a_charge_master_maps_charges_to_items(self):
        (message,) = self._process(
            self._mfn(
                "M04", "MFE|MAD|1||CH-1|CWE", "CDM|CH-1||GLOVE CHARGE||||||T-GLOVE"
            )
        )
        self.assertEqual((message.state, message.made_count), ("processed", 1))
        mapping = self.env["med.his.code"].search([("code", "=", "CH-1")])
        self.assertEqual(mapping.product_id, self.gloves)

    def test_r16_a_charge_that_stands_for_another_item_is_an_exception(self):
        self._map("item", "CH-1", product_id=self.stent.id)
        (message,) = self._process(
            self._mfn("M04", "MFE|MAD|1||CH-1|CWE", "CDM|CH-1||||||||T-GLOVE")
        )
        self.assertEqual(
            (message.state, message.error_code), ("exception", "crosswalk")
        )

    def test_a_charge_after_its_master_is_read_by_it(self):
        charge = "FT1||L1||20260105100000||CG|CH-1|||2|||T-OR"
        self._process(
            self._mfn("M04", "MFE|MAD|1||CH-1|CWE", "CDM|CH-1||||||||T-GLOVE"),
            self._message("DFT^P03", charge, control_id="C9"),
        )
        self.assertEqual(self._lines().product_id, self.gloves)

    def _master_then_charge(self):
        charge = "FT1||L1||20260105100000||CG|CH-1|||2|||T-OR"
        return self._receive(
            self._mfn("M04", "MFE|MAD|1||CH-1|CWE", "CDM|CH-1||||||||T-GLOVE"),
            self._message("DFT^P03", charge, control_id="C9"),
        )

    def test_r11_a_charge_waits_for_a_master_that_is_tried_again(self):
        self._map("item", "CH-1", product_id=self.stent.id)
        master, charge = self._master_then_charge()
        master._postpone(LockNotAvailable())
        charge._process()
        self.assertEqual(charge.blocked_by_id, master)

    def test_r11_a_charge_does_not_wait_until_somebody_mends_a_master(self):
        self._map("item", "CH-1", product_id=self.stent.id)
        master, charge = self._master_then_charge()
        master._postpone(LockNotAvailable())
        charge._process()
        master.sudo().next_try_at = False
        master._process()
        self.assertEqual(master.error_code, "crosswalk")
        self.assertFalse(charge.blocked_by_id)
        charge._process()
        self.assertEqual(charge.state, "processed")

    def test_lots_on_hand_never_change_a_quantity(self):
        self.env["stock.quant"]._update_available_quantity(
            self.gloves, self.icu.stock_location_id, 7
        )
        (message,) = self._process(
            self._mfn(
                "M15",
                "MFE|MUP|1|20260101|T-GLOVE|CWE",
                "IIM|T-GLOVE|T-GLOVE|L7|20270101||T-ICU||||||5",
            )
        )
        self.assertEqual(message.state, "processed")
        (said,) = self.env["med.his.remaining"].search([])
        self.assertEqual(
            (said.reported_qty, said.book_qty, said.difference_qty, said.state),
            (5, 7, -2, "open"),
        )
        self.assertEqual((said.lot_name, str(said.expiry)), ("L7", "2027-01-01"))
        quants = self.env["stock.quant"].search(
            [
                ("product_id", "=", self.gloves.id),
                ("location_id", "=", self.icu.stock_location_id.id),
            ]
        )
        self.assertEqual(sum(quants.mapped("quantity")), 7)

    def test_a_move_between_consoles_is_noted_as_moved(self):
        self._process(
            self._mfn(
                "M15",
                "MFE|MUP|||T-GLOVE|CE",
                "IIM|T-GLOVE^GLOVES|T-GLOVE||||T-ICU||-3",
                "MFE|MUP|||T-GLOVE|CE",
                "IIM|T-GLOVE^GLOVES|T-GLOVE||||T-CATH||3",
            )
        )
        said = self.env["med.his.remaining"].search([], order="id")
        self.assertEqual(said.mapped("reported_qty"), [-3, 3])
        self.assertEqual(said.mapped("kind"), ["moved", "moved"])

    def test_a_master_of_their_own_is_read_where_the_channel_says(self):
        entry = ("MFE|MAD|K1||T-1|ST", "ZIT|T-1|导管鞘|6F|ACME")
        self.assertEqual(self._states(self._mfn("Z42", *entry)), ["ignored"])
        self._own("site_master", "item", places="ZIT-1")
        self._own("site_master", "name", places="ZIT-2")
        self._own("site_master", "manufacturer", places="ZIT-4")
        self.assertEqual(
            self._states(self._mfn("Z42", *entry, control_id="M2")), ["processed"]
        )
        self.assertEqual(self._item("T-1").name, "导管鞘")

    def test_masters_of_staff_are_not_looked_at(self):
        self.assertEqual(
            self._states(self._mfn("M02", "MFE|MAD|||X|CE", "STF|X")), ["ignored"]
        )
