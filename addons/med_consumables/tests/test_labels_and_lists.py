from odoo.fields import Command
from odoo.tests import tagged

from .requisition_case import RequisitionCase


@tagged("post_install", "-at_install")
class TestLabelsAndLists(RequisitionCase):
    """What is printed: the pick list of a round, labels of boxes, packs and pieces."""

    def _html(self, report, records):
        content, _kind = self.env["ir.actions.report"]._render_qweb_html(
            f"med_consumables.{report}", records.ids
        )
        return content.decode()

    def test_one_round_for_two_wards_names_each_lot_once(self):
        first = self._approved(12)
        second = self._draft(3, user=self.er_nurse, department_id=self.er.id)
        second.action_ask()
        second.with_user(self.er_head).action_approve()
        rows = (first | second).with_user(self.storekeeper)._pick_rows()
        self.assertEqual(
            [(row.lot, row.quantity, row.wards) for row in rows],
            [
                ("SOON", "10", "Intensive Care 10"),
                ("LATE", "5", "Intensive Care 2, Emergency 3"),
            ],
        )
        html = self._html("report_pick_list", first | second)
        self.assertIn(first.name, html)
        self.assertIn("Intensive Care 2, Emergency 3", html)

    def test_what_the_store_lacks_is_on_the_list(self):
        requisition = self._approved(25).with_user(self.storekeeper)
        lacking = requisition._pick_lacking()
        self.assertEqual([row.quantity for row in lacking], ["5"])
        self.assertIn("Not in stock now", self._html("report_pick_list", requisition))

    def test_a_box_label_bears_ward_number_and_code(self):
        html = self._html("report_requisition_label", self._approved(5, urgent=True))
        self.assertIn("Intensive Care", html)
        self.assertIn("Urgent", html)
        self.assertIn("data:image/svg+xml;base64", html)

    def test_a_pack_label_bears_its_code_contents_and_date(self):
        template = self.env["med.pack.template"].create(
            {
                "name": "静脉穿刺包",
                "department_id": self.icu.id,
                "line_ids": [
                    Command.create({"product_id": self.gloves.id, "quantity": 2})
                ],
            }
        )
        pack = self.env["med.pack"]._fill(template, 1)
        html = self._html("report_pack_label", pack)
        for text in pack.name, "静脉穿刺包", "Gloves", "Noto Sans CJK SC":
            self.assertIn(text, html)

    def test_a_piece_label_bears_item_lot_and_two_codes(self):
        piece = self.env["med.piece"].create(
            {
                "name": "YNM990000001",
                "company_id": self.company.id,
                "product_id": self.gloves.id,
                "lot_id": self.soon.id,
            }
        )
        html = self._html("report_piece_label", piece)
        self.assertEqual(html.count("data:image/svg+xml;base64"), 2)
        for text in "YNM990000001", "Gloves", "SOON":
            self.assertIn(text, html)
