from odoo import fields, models
from odoo.tools import SQL

#: Around a case, use of its visit in its department belongs to it. A charge that
#: knows only its day stands at midnight.
BEFORE, AFTER = "1 day", "2 days"


class MedCaseUse(models.Model):
    """One row per case and item: what was planned, laid out and used.

    Use is what the ledger has of the same visit in the same department around the
    case, less returns; of two cases of a visit it belongs to the nearer one. A second
    report of the same use does not count again.
    """

    _name = "med.case.use"
    _description = "Card against Use"
    _auto = False
    _order = "start desc, case_id, product_id"
    _rec_name = "product_id"
    _depends = {
        "med.case": [
            "procedure_id",
            "department_id",
            "company_id",
            "start",
            "stop",
            "state",
            "encounter_token",
        ],
        "med.planned.use": ["case_id", "product_id", "quantity", "prepared_qty"],
        "med.encounter.merge": ["token", "into_token", "company_id"],
        "med.consumption": [
            "encounter_token",
            "department_id",
            "product_id",
            "quantity",
            "kind",
            "event_time",
            "state",
            "value",
        ],
    }

    case_id = fields.Many2one("med.case", readonly=True)
    procedure_id = fields.Many2one("med.procedure", readonly=True)
    department_id = fields.Many2one("med.department", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    start = fields.Datetime(readonly=True)
    product_id = fields.Many2one("product.product", string="Item", readonly=True)
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    planned_qty = fields.Float(
        string="Expected Use", digits="Product Unit", readonly=True
    )
    prepared_qty = fields.Float(string="Lay Out", digits="Product Unit", readonly=True)
    used_qty = fields.Float(string="Used", digits="Product Unit", readonly=True)
    difference_qty = fields.Float(
        string="Used More",
        digits="Product Unit",
        readonly=True,
        help="Used less expected; below zero where less was used.",
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    value = fields.Monetary(
        string="Cost of Use", readonly=True, help="Of what has been posted."
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT part.case_id::bigint * 16777216 + part.product_id AS id,
                part.case_id, part.product_id, part.procedure_id, part.department_id,
                part.company_id, part.start,
                sum(part.planned) AS planned_qty,
                sum(part.prepared) AS prepared_qty,
                sum(part.used) AS used_qty,
                sum(part.used) - sum(part.planned) AS difference_qty,
                sum(part.value) AS value
            FROM (
                SELECT own.id AS case_id, own.procedure_id, own.department_id,
                    own.company_id, own.start, plan.product_id,
                    plan.quantity AS planned, plan.prepared_qty AS prepared,
                    0 AS used, 0 AS value
                FROM med_planned_use plan JOIN med_case own ON own.id = plan.case_id
                WHERE own.state != 'cancelled'
                UNION ALL
                SELECT own.id, own.procedure_id, own.department_id, own.company_id,
                    own.start, line.product_id, 0, 0,
                    CASE line.kind WHEN 'return' THEN -line.quantity
                        ELSE line.quantity END,
                    coalesce(line.value, 0)
                FROM med_case own
                JOIN LATERAL (
                    SELECT own.encounter_token AS token
                    UNION ALL
                    SELECT merge.token FROM med_encounter_merge merge
                    WHERE merge.into_token = own.encounter_token
                        AND merge.company_id = own.company_id
                ) visit ON true
                JOIN med_consumption line
                    ON line.encounter_token = visit.token
                    AND line.department_id = own.department_id
                    AND line.state != 'matched'
                    AND line.event_time BETWEEN own.start - %(before)s::interval
                        AND coalesce(own.stop, own.start) + %(after)s::interval
                WHERE own.state != 'cancelled' AND NOT EXISTS (
                    SELECT 1 FROM med_case other
                    WHERE other.encounter_token = own.encounter_token
                        AND other.department_id = own.department_id
                        AND other.state != 'cancelled' AND other.id != own.id
                        AND (abs(extract(epoch FROM line.event_time - other.start)),
                            other.id)
                        < (abs(extract(epoch FROM line.event_time - own.start)),
                            own.id)
                )
            ) part
            GROUP BY part.case_id, part.product_id, part.procedure_id,
                part.department_id, part.company_id, part.start
            """,
            before=BEFORE,
            after=AFTER,
        )


class MedConsumption(models.Model):
    _inherit = "med.consumption"

    #: Use of a visit is looked up by the visit alone.
    _encounter_idx = models.Index(
        "USING hash (encounter_token) WHERE encounter_token IS NOT NULL"
    )
