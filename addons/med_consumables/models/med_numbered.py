from odoo import api, fields, models


class MedNumbered(models.AbstractModel):
    """A paper with a number of its own, drawn from the sequence of its model's name."""

    _name = "med.numbered"
    _description = "Numbered Paper"

    name = fields.Char(
        string="Number",
        required=True,
        readonly=True,
        copy=False,
        default="/",
        index="trigram",
    )

    @api.model_create_multi
    def create(self, vals_list):
        papers = super().create(vals_list)
        # Numbers are drawn for people who may not touch sequences.
        sequences = self.env["ir.sequence"].sudo()
        for paper in papers.sudo().filtered(lambda paper: paper.name == "/"):
            sequence = sequences.with_company(paper.company_id)
            paper.name = sequence.next_by_code(self._name)
        return papers
