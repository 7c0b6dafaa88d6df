from odoo import api, models
from odoo.exceptions import UserError, ValidationError

from ..core.rows import Fault, Plan

#: What stands on the variant; items of a list have one each.
OF_VARIANT = ("default_code", "standard_price")
#: An import is its own record; nobody follows twenty thousand items one by one.
QUIET = {"mail_create_nolog": True, "mail_create_nosubscribe": True}


class MedImportItems(models.AbstractModel):
    """What was planned is done: items, categories and identifiers, with a trace."""

    _inherit = "med.import.items"

    @api.model
    def _apply(self, run, plans):
        """Do what is planned; a row that a rule refuses becomes a fault."""
        try:
            with self.env.cr.savepoint():
                self._carry_out(run, plans)
            return plans
        except (UserError, ValidationError):
            return [self._apply_alone(run, plan) for plan in plans]

    @api.model
    def _apply_alone(self, run, plan):
        try:
            with self.env.cr.savepoint():
                self._carry_out(run, [plan])
            return plan
        except (UserError, ValidationError) as error:
            refused = Fault(plan.row, "refused", data={"error": str(error)})
            return Plan(plan.row, "none", faults=(*plan.faults, refused))

    @api.model
    def _carry_out(self, run, plans):
        job = run["job"]
        self._make_categories(run, plans)
        created = self._create(run, [plan for plan in plans if plan.action == "create"])
        to_change = [plan for plan in plans if plan.action == "change"]
        changed = {
            plan.row: self._items(job).browse(plan.record_id) for plan in to_change
        }
        changes = self._change(run, to_change, changed)
        identifiers = self._create_identifiers(plans, created | changed)
        # The trace is the import's own; people only read it.
        self.env["med.import.effect"].sudo().create(
            [
                *(self._effect(job, *new, "create") for new in created.items()),
                *changes,
                *(self._effect(job, *new, "create") for new in identifiers.items()),
            ]
        )

    @api.model
    def _items(self, job):
        return self.env["product.template"].with_context(lang=job.lang, **QUIET)

    @api.model
    def _create(self, run, plans):
        """``{row: new item}``."""
        created = self._create_items(
            self._items(run["job"]).with_context(tracking_disable=True),
            [self._with_category(run, plan) for plan in plans],
        )
        return dict(zip((plan.row for plan in plans), created, strict=True))

    @api.model
    def _change(self, run, plans, items):
        """Write what differs; returns the trace of each change."""
        effects = []
        for plan in plans:
            vals = self._with_category(run, plan)
            if vals:
                item = items[plan.row]
                before = item._convert_to_write({name: item[name] for name in vals})
                item.write(vals)
                effects.append(
                    self._effect(run["job"], plan.row, item, "change", before, vals)
                )
        return effects

    @api.model
    def _create_identifiers(self, plans, items):
        """``{row: new device identifier}``."""
        plans = [plan for plan in plans if plan.row in items and plan.more.get("di")]
        identifiers = self.env["med.udi"].create(
            [
                {
                    "di": plan.more["di"],
                    "agency": self._agency(plan.more["di"]),
                    "product_id": items[plan.row].product_variant_id.id,
                }
                for plan in plans
            ]
        )
        return dict(zip((plan.row for plan in plans), identifiers, strict=True))

    @api.model
    def _create_items(self, model, vals_list):
        """Items and their variants, each made for all rows together.

        Left to itself, Odoo looks up the defaults of each item, makes its variant and
        then writes code and cost of each, one by one, as changes.
        """
        if not vals_list:
            return model
        defaults = model.default_get(
            [
                name
                for name, field in model._fields.items()
                if field.default and name not in OF_VARIANT
            ]
        )
        created = model.with_context(create_product_product=False).create(
            [
                {
                    **defaults,
                    **{name: vals[name] for name in vals if name not in OF_VARIANT},
                }
                for vals in vals_list
            ]
        )
        model.env["product.product"].with_context(**model.env.context).create(
            [
                {
                    "product_tmpl_id": template.id,
                    **{name: vals[name] for name in OF_VARIANT if name in vals},
                }
                for template, vals in zip(created, vals_list, strict=True)
            ]
        )
        return created.with_env(model.env)

    @api.model
    def _agency(self, di):
        for begin, agency in (("MA.", "ma"), ("+", "hibc"), ("=", "iccbba")):
            if di.startswith(begin):
                return agency
        return "gs1" if di.isdigit() and len(di) in (8, 12, 13, 14) else "hospital"

    @api.model
    def _make_categories(self, run, plans):
        names = {
            plan.more["category"]
            for plan in plans
            if plan.action != "none" and plan.more.get("category")
        }
        names = [n for n in sorted(names) if n.casefold() not in run["categories"]]
        made = self.env["product.category"].create([{"name": name} for name in names])
        for name, category in zip(names, made, strict=True):
            run["categories"][name.casefold()] = category.id

    @api.model
    def _with_category(self, run, plan):
        name = plan.more.get("category")
        if not name:
            return plan.values
        return {**plan.values, "categ_id": run["categories"][name.casefold()]}

    @api.model
    def _effect(self, job, row, record, action, before=None, after=None):
        return {
            "import_id": job.id,
            "row": row,
            "action": action,
            "res_model": record._name,
            "res_id": record.id,
            "before": before,
            "after": after,
        }
