from odoo import api, fields, models

#: Set by decisions of the committee alone.
COMMITTEE_FIELDS = (
    "med_catalogue_state",
    "med_key_monitored",
    "med_ved",
    "med_temporary_line_id",
)

#: Who reads the papers of the committee.
READ_DECISIONS = (
    "med_consumables.group_ward_manager,med_consumables.group_storekeeper,"
    "med_consumables.group_data_owner,med_consumables.group_auditor"
)


class ProductTemplate(models.Model):
    """The item in the hospital's supply catalogue (供应目录).

        candidate ──> listed ──> removed      each step is a decision
            └──> temporary ──┘                of the committee

    A candidate and a removed item may not be ordered; a temporary one within the
    limits of its decision.
    """

    _inherit = "product.template"

    med_catalogue_state = fields.Selection(
        [
            ("candidate", "Candidate"),
            ("listed", "Listed"),
            ("temporary", "Temporary"),
            ("removed", "Removed"),
        ],
        string="Supply Catalogue",
        default="candidate",
        index=True,
        copy=False,
        tracking=True,
        help="Whether the hospital may buy it; the committee decides.",
    )
    med_key_monitored = fields.Boolean(
        string="Key Monitored",
        copy=False,
        tracking=True,
        help="On the list of items whose use is watched closely (重点监控).",
    )
    med_catalogue_line_ids = fields.One2many(
        "med.catalogue.decision.line",
        "product_tmpl_id",
        string="Decisions",
        groups=READ_DECISIONS,
    )
    med_temporary_line_id = fields.Many2one(
        "med.catalogue.decision.line",
        string="Temporary Purchase",
        readonly=True,
        copy=False,
        groups=READ_DECISIONS,
        help="The decision that allows to buy this item for a time.",
    )
    med_catalogue_text = fields.Char(
        string="Why It May Not Be Ordered", compute="_compute_med_catalogue_text"
    )

    @api.depends("med_consumable", "med_catalogue_state", "med_temporary_line_id")
    @api.depends_context("lang")
    def _compute_med_catalogue_text(self):
        objections = self._med_catalogue_objections()
        for template in self:
            template.med_catalogue_text = objections.get(template, False)

    def _med_catalogue_objections(self, quantities=None):
        """Why these items may not be ordered: ``{template: sentence}``.

        ``quantities`` is what an order is about to add, ``{template: quantity in the
        item's unit}``; it counts against the limits of a temporary purchase. Items
        without an objection are left out.
        """
        quantities = quantities or {}
        objections = {}
        # Who orders need not see the committee's papers.
        limits = self.sudo().med_temporary_line_id._objections(
            {t.sudo().med_temporary_line_id: q for t, q in quantities.items()}
        )
        for template in self.filtered("med_consumable"):
            state = template.med_catalogue_state
            if state == "temporary":
                sentence = limits.get(template.sudo().med_temporary_line_id)
            elif state == "removed":
                sentence = self.env._(
                    "%(item)s was removed from the supply catalogue.",
                    item=template.display_name,
                )
            elif state == "listed":
                sentence = None
            else:
                sentence = self.env._(
                    "%(item)s is not in the supply catalogue yet.",
                    item=template.display_name,
                )
            if sentence:
                objections[template] = sentence
        return objections
