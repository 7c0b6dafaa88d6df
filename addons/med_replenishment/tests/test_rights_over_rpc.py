from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import new_test_user

from .common import ReplenishmentCase

ROLES = {
    "planner": "med_replenishment.group_planner",
    "storekeeper": "med_consumables.group_storekeeper",
    "auditor": "med_consumables.group_auditor",
    "manager": "med_consumables.group_ward_manager",
    "nurse": "med_consumables.group_ward_user",
    "buyer": "purchase.group_purchase_user",
    "employee": "base.group_user",
}
ALL = frozenset(ROLES) - {"employee", "buyer"}
STORE = frozenset({"planner", "storekeeper", "auditor"})
#: Who reads each model of the addon; ...
READS = {
    "med.demand.day": ALL,
    "med.demand.one.off": STORE,
    "med.reorder.proposal": STORE | {"manager"},
    "med.service.policy": STORE | {"manager"},
    "med.special.need": STORE | {"manager"},
    "med.supplier.performance": STORE | {"buyer"},
    "med.supply.line": STORE | {"buyer"},
    "med.plan.pool": STORE,
    "med.duty.roster": STORE,
    "med.item.class": STORE,
    "med.dead.stock": STORE | {"manager"},
    "med.replenishment.simulation": frozenset({"planner", "auditor"}),
    "med.replenishment.simulation.figure": frozenset({"planner", "auditor"}),
    "med.replenishment.simulation.item": frozenset({"planner", "auditor"}),
}
#: ... and what a planner makes, changes and removes. Nobody else does.
MAKES = {
    "med.service.policy": {"name": "Careful", "service_level": 0.95},
    "med.special.need": {"name": "Reserve", "kind": "reserve", "quantity": 5},
    "med.duty.roster": {"date": "2026-03-01", "people": 4},
    "med.replenishment.simulation": {"name": "Our case"},
}


class TestRightsOverRpc(ReplenishmentCase):
    """What each role may do with each model, as a call from outside comes in."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.users = {
            role: new_test_user(
                cls.env,
                f"rpc_{role}",
                groups=group,
                company_id=cls.company.id,
                company_ids=[(6, 0, cls.company.ids)],
            )
            for role, group in ROLES.items()
        }
        ward = cls.users["manager"] | cls.users["nurse"]
        ward.write({"med_department_ids": [(4, cls.icu.id)]})

    def _call(self, role, model, name, *args, **kwargs):
        return call_kw(self.env[model].with_user(self.users[role]), name, args, kwargs)

    def _refused(self, *call):
        with self.assertRaises(UserError), self.env.cr.savepoint():
            self._call(*call)

    def _values(self, model):
        values = dict(MAKES[model])
        if "company_id" in self.env[model]._fields:
            values["company_id"] = self.company.id
        if model == "med.duty.roster":
            values["department_id"] = self.icu.id
        return values

    def test_every_model_of_the_addon_is_in_the_table(self):
        ours = self.env["ir.model"].search([("model", "=like", "med.%")])
        ours = ours.filtered(
            lambda model: (
                not model.transient
                and model.modules == "med_replenishment"
                and not self.env[model.model]._abstract
            )
        )
        self.assertEqual(set(ours.mapped("model")), set(READS))

    def test_who_reads(self):
        for model, readers in READS.items():
            for role in ROLES:
                with self.subTest(model=model, role=role):
                    if role in readers:
                        self._call(role, model, "search_read", [], ["display_name"])
                    else:
                        self._refused(role, model, "search_read", [])

    def test_only_a_planner_makes_changes_and_removes(self):
        for model in MAKES:
            values = self._values(model)
            for role in ROLES.keys() - {"planner"}:
                with self.subTest(model=model, role=role):
                    self._refused(role, model, "create", [values])
            (made,) = self._call("planner", model, "create", [values])
            for role in ROLES.keys() - {"planner"}:
                with self.subTest(model=model, role=role, change=True):
                    self._refused(role, model, "write", [made], values)
                    self._refused(role, model, "unlink", [made])
            self._call("planner", model, "write", [made], values)
            self._call("planner", model, "unlink", [made])

    def test_what_jobs_write_nobody_makes_or_removes(self):
        for model in READS.keys() - MAKES.keys():
            for role in ROLES:
                with self.subTest(model=model, role=role):
                    self._refused(role, model, "create", [{}])
                    access = self.env[model].with_user(self.users[role])
                    self.assertFalse(access.has_access("unlink"))
