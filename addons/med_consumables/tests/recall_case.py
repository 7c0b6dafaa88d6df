import base64

from odoo.fields import Command

from .common import ConsumablesCase


class RecallCase(ConsumablesCase):
    """Batch A lies in the store, on two wards, on its way, and was used."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "med_consumables.group_"
        cls.store = cls._department("CSD", "Central Store", kind="store")
        cls.lot = cls._lot("BATCH-A", 200)
        cls.other = cls._lot("BATCH-B", 300)
        cls.storekeeper = cls._user("storekeeper", group + "storekeeper")
        cls.head = cls._user("head", group + "ward_manager", [cls.icu])
        cls.nurse = cls._user("nurse", group + "ward_user", [cls.icu])
        cls.auditor = cls._user("auditor", group + "auditor")
        cls.icu.manager_id = cls.head
        cls._stock(20, cls.lot, cls.store)
        cls._stock(5, cls.lot, cls.icu)
        cls._stock(4, cls.lot, cls.er)
        cls._stock(9, cls.other, cls.icu)
        cls.paper = base64.b64encode(b"receipt")

    def _recall(self, user=None, **values):
        values.setdefault("lot_names", "BATCH-A")
        return (
            self.env["med.recall"]
            .with_user(user or self.storekeeper)
            .create({"subject": "Leaking gloves", **values})
        )

    def _started(self, **values):
        recall = self._recall(**values)
        recall.action_start()
        return recall

    def _found(self, recall):
        return {
            (line.place, line.department_id.code): line.quantity_found
            for line in recall.sudo().line_ids
        }

    def _line(self, recall, place, department=None):
        return recall.line_ids.filtered(
            lambda line: (
                line.place == place
                and (not department or line.department_id == department)
            )
        )

    def _record(self, line, kind, quantity=None, user=None, **values):
        evidence = self.env["ir.attachment"].with_user(user or self.storekeeper)
        paper = evidence.create({"name": "receipt.jpg", "datas": self.paper})
        values.setdefault("evidence_ids", [Command.set(paper.ids)])
        return (
            self.env["med.recall.disposition"]
            .with_user(user or self.storekeeper)
            .create(
                {
                    "line_id": line.id,
                    "kind": kind,
                    "quantity": quantity or line.sudo().quantity_open,
                    **values,
                }
            )
        )

    def _use_batch(self, quantity, key="1", **values):
        line = self._use(quantity, key, lot_name="BATCH-A", **values)
        self._post()
        self.assertEqual(line.state, "posted")
        return line
