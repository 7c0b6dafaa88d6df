from odoo import api, fields, models
from odoo.fields import Domain

from ..core.kind import MORE, Kind, Measure


class MedAlertRule(models.Model):
    """The kind *recall open*: recalled units that a department has not found yet."""

    _inherit = "med.alert.rule"

    kind = fields.Selection(
        selection_add=[("recall_open", "Recalled units not accounted for")],
        ondelete={"recall_open": "cascade"},
    )

    @api.model
    def _kinds(self):
        return {
            **super()._kinds(),
            "recall_open": Kind("lot", worse=MORE),
        }

    def _measure_recall_open(self, look):
        """Units of a running recall that a department has not accounted for."""
        domain = Domain("recall_id.state", "=", "in_work") & Domain(
            "is_open", "=", True
        )
        if look.records is not None:
            domain &= Domain("recall_id", "in", list(look.records))
        domain &= self._scope_domain("product_id", location=None)
        if self.department_ids:
            domain &= Domain("department_id", "in", self._department_scope().ids)
        for recall, department, quantity, products in self.env[
            "med.recall.line"
        ]._read_group(
            domain,
            ["recall_id", "department_id"],
            ["quantity_open:sum", "product_id:recordset"],
        ):
            yield Measure(
                key=f"recall {recall.id}@{department.id or 0}",
                measured=quantity,
                step=self._step(),
                values={
                    "subject_model": recall._name,
                    "subject_id": recall.id,
                    "subject_name": recall.display_name,
                    "department_id": department.id,
                    "company_id": recall.company_id.id,
                },
                inputs={
                    "level": recall.level,
                    "item_ids": products[:3].ids,
                    "item_count": len(products),
                    "started": fields.Datetime.to_string(recall.started_at),
                    "named_id": recall.manager_id.id,
                },
            )

    def _explain_recall_open(self, alert):
        inputs = alert.inputs or {}
        levels = self.env["med.recall"]._fields["level"]
        return self.env._(
            "%(place)s has %(measured)s units of %(recall)s that nobody has accounted "
            "for (%(level)s).\n"
            "%(items)s: find the pieces, bring them back, and say what was done with "
            "each.",
            place=alert._place_name() or self.env._("No department"),
            measured=alert._format_quantity(alert.measured),
            recall=alert.subject_name,
            level=dict(levels._description_selection(self.env)).get(
                inputs.get("level"), ""
            ),
            items=alert._format_items(),
        )


class MedRecall(models.Model):
    _inherit = "med.recall"

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            self.env["med.alert.touch"]._touch_records("recall_open", self.ids)
        return result

    def _tell_departments(self):
        """Where a rule watches recalls, it tells each department, and goes on."""
        if "recall_open" in self.env["med.alert.rule"].sudo()._watched_kinds():
            return None
        return super()._tell_departments()


class MedRecallLine(models.Model):
    _inherit = "med.recall.line"

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"quantity_found", "quantity_done", "quantity_open"}:
            self._med_touch_recalls()
        return result

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._med_touch_recalls()
        return lines

    def _med_touch_recalls(self):
        self.env["med.alert.touch"]._touch_records("recall_open", self.recall_id.ids)


class MedRecallDisposition(models.Model):
    """What was done with units is computed on their line: it is told from here."""

    _inherit = "med.recall.disposition"

    @api.model_create_multi
    def create(self, vals_list):
        done = super().create(vals_list)
        done.line_id._med_touch_recalls()
        return done

    def write(self, vals):
        result = super().write(vals)
        self.line_id._med_touch_recalls()
        return result
