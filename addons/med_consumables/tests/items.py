from odoo import fields
from odoo.fields import Command

from .common import ConsumablesCase

GROUP = "med_consumables.group_"


class ItemsCase(ConsumablesCase):
    """People who ask, own, decide and read; a category with a data owner."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.nurse = cls._user("nurse", GROUP + "ward_user", [cls.icu])
        cls.storekeeper = cls._user("storekeeper", GROUP + "storekeeper")
        cls.owner = cls._user("owner", GROUP + "data_owner")
        cls.other_owner = cls._user("owner2", GROUP + "data_owner")
        cls.chief = cls._user("chief", GROUP + "administrator")
        cls.auditor = cls._user("auditor", GROUP + "auditor")
        cls.category.med_data_owner_id = cls.owner
        cls.item = cls.gloves.product_tmpl_id
        cls.item.invalidate_recordset()

    def _decide(self, action, item=None, **values):
        """A decision of the committee on one item, entered by the administrator."""
        decision = self._decision(action, item, **values)
        decision.action_decide()
        return decision

    def _decision(self, action, item=None, user=None, **values):
        return (
            self.env["med.catalogue.decision"]
            .with_user(user or self.chief)
            .create(
                {
                    "date": fields.Date.today(),
                    "minutes": "bWludXRlcw==",
                    "minutes_name": "minutes.pdf",
                    "line_ids": [
                        Command.create(
                            {
                                "product_tmpl_id": (item or self.item).id,
                                "action": action,
                                "reason": "Needed",
                                **values,
                            }
                        )
                    ],
                }
            )
        )
