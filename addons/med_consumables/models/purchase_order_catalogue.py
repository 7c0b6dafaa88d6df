from collections import defaultdict

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError


class PurchaseOrder(models.Model):
    """An order is held against the supply catalogue when it is confirmed."""

    _inherit = "purchase.order"

    med_catalogue_warning = fields.Text(compute="_compute_med_catalogue_warning")

    @api.depends("order_line.product_id", "order_line.product_uom_qty", "state")
    @api.depends_context("lang")
    def _compute_med_catalogue_warning(self):
        for order in self:
            open_ = order.state not in ("purchase", "cancel")
            gate = open_ and order.company_id.med_catalogue_policy != "off"
            sentences = order.order_line._med_catalogue_sentences() if gate else []
            order.med_catalogue_warning = "\n".join(sentences) or False

    def write(self, vals):
        # Here and not in a button: every way to confirm an order writes its state.
        if vals.get("state") == "purchase":
            fresh = self.filtered(lambda order: order.state != "purchase")
            for order in fresh:
                order.order_line._med_pass_catalogue()
        return super().write(vals)


class PurchaseOrderLine(models.Model):
    """Lines of temporary purchases count against their decision."""

    _inherit = "purchase.order.line"

    med_temporary_line_id = fields.Many2one(
        "med.catalogue.decision.line",
        string="Temporary Purchase",
        index="btree_not_null",
        readonly=True,
        copy=False,
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        late = lines.filtered(lambda line: line.order_id.state == "purchase")
        for added in late.grouped("order_id").values():
            added._med_pass_catalogue()
        return lines

    def _med_catalogue_sentences(self):
        """What the supply catalogue says against these lines, an item a sentence."""
        quantities = defaultdict(float)
        for line in self.filtered(lambda line: line.product_id.med_consumable):
            quantities[line.product_id.product_tmpl_id] += line.product_uom_qty
        templates = self.product_id.product_tmpl_id
        return list(templates._med_catalogue_objections(quantities).values())

    def _med_pass_catalogue(self):
        """Warn or refuse, as the company has it; count temporary purchases.

        What was used already is bought in any case, with a word on the order.
        """
        order = self.order_id
        policy = order.company_id.med_catalogue_policy
        sentences = self._med_catalogue_sentences() if policy != "off" else []
        used = order.company_id._med_settles_recorded_use()
        if sentences and policy == "block" and not used:
            raise UserError(
                self.env._(
                    "%(order)s cannot be confirmed:\n%(reasons)s\n"
                    "Take these items off the order, or ask the committee to admit "
                    "them.",
                    order=order.display_name,
                    reasons="\n".join(sentences),
                )
            )
        if sentences:
            order.message_post(
                body=Markup("<p>%s</p><ul>%s</ul>")
                % (
                    self.env._("Confirmed in spite of the supply catalogue:"),
                    Markup().join(Markup("<li>%s</li>") % text for text in sentences),
                )
            )
        self._med_count_temporary()

    def _med_count_temporary(self):
        # On behalf of the buyer, who may not write decisions.
        lines = self.sudo().filtered(
            lambda line: line.product_id.med_catalogue_state == "temporary"
        )
        for line in lines:
            line.med_temporary_line_id = line.product_id.med_temporary_line_id
        # Two orders at once: the second one waits here and is then tried again.
        lines.med_temporary_line_id.write({"last_ordered": fields.Datetime.now()})
