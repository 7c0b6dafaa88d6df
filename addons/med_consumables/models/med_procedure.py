from odoo import api, fields, models


class MedProcedure(models.Model):
    """A kind of procedure, such as a coronary stent or a laparoscopic appendectomy."""

    _name = "med.procedure"
    _description = "Procedure"
    _order = "name"
    _rec_names_search = ["name", "code"]
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, help="As the hospital's schedule names it.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    department_id = fields.Many2one(
        "med.department",
        string="Usual Department",
        check_company=True,
        help="Whose shelf its items come from where the schedule names no place.",
    )
    card_ids = fields.One2many("med.preference.card", "procedure_id", string="Cards")
    case_count = fields.Integer(string="Cases", compute="_compute_case_count")

    _code_uniq = models.Constraint(
        "unique(company_id, code)", "Another procedure has this code."
    )

    @api.depends("name", "code")
    def _compute_display_name(self):
        for procedure in self:
            procedure.display_name = f"[{procedure.code}] {procedure.name}"

    def _compute_case_count(self):
        counts = dict(
            self.env["med.case"]._read_group(
                [("procedure_id", "in", self.ids)], ["procedure_id"], ["__count"]
            )
        )
        for procedure in self:
            procedure.case_count = counts.get(procedure, 0)

    def action_view_cases(self):
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_consumables.med_case_action"
        )
        action["domain"] = [("procedure_id", "=", self.id)]
        action["context"] = {"default_procedure_id": self.id}
        return action

    def _card_by_department(self):
        """``{(procedure id, department id or False): approved card}``."""
        cards = self.env["med.preference.card"].search(
            [("procedure_id", "in", self.ids), ("state", "=", "approved")]
        )
        return {(card.procedure_id.id, card.department_id.id): card for card in cards}
