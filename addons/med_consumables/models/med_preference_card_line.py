from odoo import api, fields, models


class MedPreferenceCardLine(models.Model):
    """One item of a card: what is laid out, and what is expected to be used."""

    _name = "med.preference.card.line"
    _description = "Preference Card Item"
    _order = "card_id, sequence, id"
    _rec_name = "product_id"

    card_id = fields.Many2one(
        "med.preference.card", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="card_id.company_id")
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        string="Item",
        required=True,
        index=True,
        ondelete="restrict",
        domain="[('med_consumable', '=', True)]",
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    quantity = fields.Float(
        string="Lay Out",
        digits="Product Unit",
        required=True,
        default=1.0,
        help="How many are prepared; 0 for what only lies at hand.",
    )
    expected_qty = fields.Float(
        string="Expected Use",
        digits="Product Unit",
        compute="_compute_expected_qty",
        store=True,
        readonly=False,
        precompute=True,
        help="Mean use per case: what the plan counts as demand.",
    )
    deviation = fields.Float(
        string="Spread",
        digits="Product Unit",
        readonly=True,
        help="Standard deviation of the use per case of the cases learned from.",
    )
    share = fields.Float(
        string="Used In",
        readonly=True,
        help="Share of the cases learned from that used any.",
    )

    in_force_qty = fields.Float(
        string="Lays Out Now",
        digits="Product Unit",
        compute="_compute_in_force_qty",
        help="What the card lays out that this draft would take the place of.",
    )

    _product_uniq = models.Constraint(
        "unique(card_id, product_id)", "An item stands once on a card."
    )
    _quantities = models.Constraint(
        "CHECK(quantity >= 0 AND expected_qty >= 0)", "A quantity is not below zero."
    )

    @api.depends("quantity")
    def _compute_expected_qty(self):
        for line in self:
            if not line.share:  # what was learned is measured, not entered
                line.expected_qty = line.quantity

    @api.depends("product_id", "card_id.procedure_id", "card_id.department_id")
    def _compute_in_force_qty(self):
        cards = {card._key(): card for card in self.card_id._in_force()}
        for card, lines in self.grouped("card_id").items():
            now = cards.get(card._key(), card.browse()).line_ids
            laid_out = {line.product_id: line.quantity for line in now}
            for line in lines:
                line.in_force_qty = laid_out.get(line.product_id, 0.0)

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_card()
        return lines

    def write(self, vals):
        self._check_card()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_of_drafts(self):
        self._check_card()

    def _check_card(self):
        if not self.env.su:
            self.card_id._check_draft()
