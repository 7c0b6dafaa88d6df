from odoo import fields, models


class MedImportEffect(models.Model):
    """What an import did with one row: the trace that an undo goes back on."""

    _name = "med.import.effect"
    _description = "Effect of an Import"
    _order = "import_id, id"

    import_id = fields.Many2one(
        "med.import", required=True, index=True, readonly=True, ondelete="cascade"
    )
    row = fields.Integer(readonly=True)
    action = fields.Selection(
        [("create", "Created"), ("change", "Changed")], required=True, readonly=True
    )
    res_model = fields.Char(string="Record", required=True, readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", readonly=True)
    before = fields.Json(readonly=True)
    after = fields.Json(readonly=True)
