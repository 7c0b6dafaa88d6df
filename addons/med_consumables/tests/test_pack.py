from datetime import timedelta

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged

from .requisition_case import RequisitionCase


class PackCase(RequisitionCase):
    """Packs for venous access: four gloves and a mask."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.mask_lot = cls._lot("M", days=90, product=cls.masks)
        cls._in_store(50, cls.mask_lot, cls.masks)
        cls.template = cls.env["med.pack.template"].create(
            {
                "name": "Venous access",
                "department_id": cls.icu.id,
                "packs_kept": 4,
                "line_ids": [
                    Command.create({"product_id": cls.gloves.id, "quantity": 4}),
                    Command.create({"product_id": cls.masks.id, "quantity": 1}),
                ],
            }
        )

    def _fill(self, count=3):
        wizard = (
            self.env["med.pack.fill"]
            .with_user(self.storekeeper)
            .create({"template_id": self.template.id, "count": count})
        )
        return (
            self.env["med.pack"]
            .with_user(self.storekeeper)
            .search(wizard.action_fill()["domain"], order="id")
        )

    def _move(self, packs, question, **values):
        return (
            self.env["med.pack.move"]
            .with_user(self.storekeeper)
            .create(
                {
                    "pack_ids": [Command.set(packs.ids)],
                    "question": question,
                    **values,
                }
            )
            .action_confirm()
        )

    def _issued(self, count=3):
        packs = self._fill(count)
        packs.action_print()
        self._move(packs, "issue")
        return packs


@tagged("post_install", "-at_install")
class TestPack(PackCase):
    def _in_store_now(self):
        return self.env["stock.quant"]._get_available_quantity(
            self.gloves, self.warehouse.lot_stock_id
        )

    def test_a_pack_is_filled_with_what_expires_first_and_knows_its_lots(self):
        packs = self._fill(3)
        self.assertEqual(packs.mapped("state"), ["to_print"] * 3)
        self.assertEqual(len(set(packs.mapped("name"))), 3)
        contents = [
            {
                (line.product_id.name, line.lot_id.name): line.quantity
                for line in pack.line_ids
            }
            for pack in packs
        ]
        self.assertEqual(contents[0], {("Gloves", "SOON"): 4, ("Masks", "M"): 1})
        self.assertEqual(
            contents[2],
            {("Gloves", "SOON"): 2, ("Gloves", "LATE"): 2, ("Masks", "M"): 1},
        )
        self.assertEqual(packs[0].expires_on, self.soon.expiration_date)

    def test_nobody_picks_from_a_closed_pack(self):
        self._fill(3)
        self.assertEqual(self._in_store_now(), 8)

    def test_the_store_says_what_it_lacks(self):
        with (
            self.assertRaisesRegex(UserError, "Gloves: 20 of 24"),
            self.env.cr.savepoint(),
        ):
            self._fill(6)
        self.assertFalse(self.env["med.pack"].search([]))
        self.assertEqual(self._in_store_now(), 20)

    def test_as_many_are_proposed_as_the_department_lacks(self):
        self._issued(1)
        wizard = self.env["med.pack.fill"].create({"template_id": self.template.id})
        self.assertEqual(wizard.count, 3)
        self.assertEqual(self.template.packs_there, 1)

    def test_an_unprinted_pack_is_not_issued(self):
        with self.assertRaisesRegex(UserError, "To print"):
            self._move(self._fill(1), "issue")

    def test_an_issued_pack_lies_on_the_shelf_and_is_not_used(self):
        self._issued(2)
        self.assertEqual(self._on_hand(), 8)
        self.assertFalse(self.env["med.consumption"].search([("source", "!=", "x")]))

    def test_opening_records_each_content_with_the_pack_as_key(self):
        packs = self._issued(3)
        pack = packs[2].with_user(self.nurse)
        pack.action_open()
        lines = self.env["med.consumption"].search([("source", "=", "pack")])
        self.assertEqual(
            {(line.lot_name, line.quantity) for line in lines},
            {("SOON", 2), ("LATE", 2), ("M", 1)},
        )
        self.assertTrue(
            all(line.external_key.startswith(pack.name + "/") for line in lines)
        )
        self._post()
        self.assertEqual(set(lines.mapped("state")), {"posted"})
        self.assertEqual(lines.lot_id.mapped("name"), lines.mapped("lot_name"))
        self.assertEqual(pack.state, "consumed")
        self.assertEqual(pack.consumption_count, 3)

    def test_a_pack_is_opened_once(self):
        pack = self._issued(1).with_user(self.nurse)
        pack.action_open()
        with self.assertRaisesRegex(UserError, "Consumed"):
            pack.action_open()
        lines = self.env["med.consumption"].search([("source", "=", "pack")])
        self.assertEqual(len(lines), 2)

    def test_an_opening_by_mistake_is_undone_and_may_be_repeated(self):
        pack = self._issued(1).with_user(self.nurse)
        pack.action_open()
        self._post()
        pack.action_undo_open()
        self._post()
        self.assertEqual(pack.state, "issued")
        self.assertEqual(self._on_hand(), 4)
        pack.action_open()
        self._post()
        self.assertEqual(self._on_hand(), 0)
        self.assertEqual(pack.consumption_count, 6)

    def test_an_expensed_department_uses_a_pack_when_it_is_opened(self):
        self.icu.stock_keeping = "expensed"
        pack = self._issued(1).with_user(self.nurse)
        self.assertFalse(self.env["med.consumption"].search([("source", "=", "issue")]))
        pack.action_open()
        self._post()
        self.assertEqual(self._on_hand(), 0)

    def test_a_pack_past_its_date_is_not_issued_but_its_use_is_recorded(self):
        packs = self._fill(1)
        packs.action_print()
        issued = self._issued(1)
        self.soon.expiration_date = self.now - timedelta(days=1)
        with self.assertRaisesRegex(UserError, "past their date"):
            self._move(packs, "issue")
        issued.with_user(self.nurse).action_open()
        lines = self.env["med.consumption"].search([("source", "=", "pack")])
        self.assertEqual(len(lines), 2)

    def test_a_void_pack_is_loose_stock_again(self):
        packs = self._fill(2)
        with self.assertRaisesRegex(UserError, "why"):
            self._move(packs, "void")
        self._move(packs, "void", reason="Seal is torn")
        self.assertEqual(self._in_store_now(), 20)
        self.assertEqual(packs.mapped("void_reason"), ["Seal is torn"] * 2)

    def test_a_pack_made_for_one_ward_goes_to_no_other(self):
        packs = self._fill(1)
        packs.action_print()
        with self.assertRaisesRegex(UserError, "made for"):
            self._move(packs, "issue", department_id=self.er.id)

    def test_wards_see_their_own_packs_and_write_none(self):
        packs = self._issued(1)
        self.assertEqual(self.env["med.pack"].with_user(self.nurse).search([]), packs)
        for name in "med.pack", "med.pack.line", "med.pack.template":
            self.assertFalse(self.env[name].with_user(self.er_nurse).search([]), name)
        with self.assertRaises(AccessError):
            packs.with_user(self.er_nurse).action_open()
        for user in self.nurse, self.storekeeper, self.auditor:
            with self.assertRaises(AccessError):
                packs.with_user(user).write({"state": "void"})
        with self.assertRaisesRegex(UserError, "by the store"):
            packs.with_user(self.nurse).action_print()
        with self.assertRaises(AccessError):
            self.template.with_user(self.head).name = "x"

    def test_the_scan_of_its_label_finds_the_pack(self):
        pack = self._issued(1)
        read = self.env["med.scan"].with_user(self.nurse)._read(pack.name, self.icu)
        self.assertEqual((read["kind"], read["pack_id"]), ("pack", pack.id))
        self.assertFalse(read["warnings"])
        read = self.env["med.scan"]._read(pack.name, self.er)
        self.assertIn("issued to", read["warnings"][0])
        pack.with_user(self.nurse).action_open()
        read = self.env["med.scan"]._read(pack.name, self.icu)
        self.assertEqual(read["flags"], ["pack_state"])
