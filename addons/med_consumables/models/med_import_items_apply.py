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
        Template = self.env["product.template"].with_context(lang=job.lang, **QUIET)
        fresh = [plan for plan in plans if plan.action == "create"]
        self._make_categories(run, plans)
        created = self._create_items(
            Template.with_context(tracking_disable=True),
            [self._with_category(run, plan) for plan in fresh],
        )
        effects = [
            self._effect(job, plan, "create", template)
            for plan, template in zip(fresh, created, strict=True)
        ]
        of_plan = dict(zip((plan.row for plan in fresh), created, strict=True))
        for plan in plans:
            if plan.action != "change":
                continue
            template = Template.browse(plan.record_id)
            of_plan[plan.row] = template
            vals = self._with_category(run, plan)
            if vals:
                before = template._convert_to_write(
                    {name: template[name] for name in vals}
                )
                template.write(vals)
                effects.append(
                    self._effect(job, plan, "change", template, before, vals)
                )
        wanted = [plan for plan in plans if plan.row in of_plan and plan.more.get("di")]
        identifiers = self.env["med.udi"].create(
            [
                {
                    "di": plan.more["di"],
                    "agency": self._agency(plan.more["di"]),
                    "product_id": of_plan[plan.row].product_variant_id.id,
                }
                for plan in wanted
            ]
        )
        effects += [
            self._effect(job, plan, "create", identifier)
            for plan, identifier in zip(wanted, identifiers, strict=True)
        ]
        # The trace is the import's own; people only read it.
        self.env["med.import.effect"].sudo().create(effects)

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
        if di.startswith("MA."):
            return "ma"
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
    def _effect(self, job, plan, action, record, before=None, after=None):
        return {
            "import_id": job.id,
            "row": plan.row,
            "action": action,
            "res_model": record._name,
            "res_id": record.id,
            "before": before,
            "after": after,
        }
