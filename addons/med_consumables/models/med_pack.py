from odoo import api, fields, models
from odoo.exceptions import UserError


class MedPack(models.Model):
    """One fixed pack with a label of its own; its lots are known from filling.

        to_print ─print─> available ─issue─> issued ─open─> consumed
            └──────void──────┴─────void────────┘ (undo ◄──────┘)

    In the store its contents lie in the place of packs, where nothing else is picked;
    issued, on the shelf of the department. Use is recorded when it is opened.
    """

    _name = "med.pack"
    _description = "Pack"
    _inherit = ["mail.thread", "med.labelled"]
    _order = "expires_on, id"
    _check_company_auto = True

    name = fields.Char(
        string="Label", required=True, readonly=True, copy=False, index="trigram"
    )
    template_id = fields.Many2one(
        "med.pack.template",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    warehouse_id = fields.Many2one("stock.warehouse", required=True, readonly=True)
    department_id = fields.Many2one(
        "med.department",
        readonly=True,
        index=True,
        tracking=True,
        check_company=True,
        help="For whom it is, and after issue: where it is.",
    )
    line_ids = fields.One2many(
        "med.pack.line", "pack_id", string="Contents", readonly=True
    )
    expires_on = fields.Datetime(
        compute="_compute_expires_on",
        store=True,
        help="The first of its contents to expire.",
    )
    expired = fields.Boolean(compute="_compute_expired", search="_search_expired")
    state = fields.Selection(
        [
            ("to_print", "To print"),
            ("available", "Available"),
            ("issued", "Issued"),
            ("consumed", "Consumed"),
            ("void", "Void"),
        ],
        required=True,
        readonly=True,
        copy=False,
        index=True,
        tracking=True,
        default="to_print",
    )
    filled_by_id = fields.Many2one("res.users", readonly=True)
    filled_at = fields.Datetime(readonly=True)
    issued_at = fields.Datetime(readonly=True)
    opened_by_id = fields.Many2one("res.users", readonly=True)
    opened_at = fields.Datetime(readonly=True)
    openings = fields.Integer(
        readonly=True, help="More than one where an opening was undone."
    )
    void_reason = fields.Char(readonly=True, tracking=True)

    _name_uniq = models.Constraint("unique(name)", "Another pack has this label.")

    @api.depends("line_ids.lot_id.expiration_date")
    def _compute_expires_on(self):
        for pack in self:
            lots = pack.sudo().line_ids.lot_id  # wards may know what they hold
            dates = lots.filtered("expiration_date").mapped("expiration_date")
            pack.expires_on = min(dates, default=False)

    @api.depends("expires_on")
    def _compute_expired(self):
        now = fields.Datetime.now()
        for pack in self:
            pack.expired = bool(pack.expires_on and pack.expires_on <= now)

    @api.model
    def _search_expired(self, operator, value):
        if operator not in ("in", "not in"):
            return NotImplemented
        late = [("expires_on", "<=", fields.Datetime.now())]
        yes = (operator == "in") == (True in value)
        return late if yes else ["!", *late]

    def action_print(self):
        """Print the labels; a printed pack is ready to go out."""
        self._check_store()
        fresh = self.filtered(lambda pack: pack.state == "to_print")
        fresh._advance(state="available")
        return self.env.ref("med_consumables.report_pack_label").report_action(
            self, config=False
        )

    def _void(self, reason):
        """Contents become loose again, where they lie."""
        self._check_store()
        self._lock()
        self._check_state("to_print", "available", "issued")
        in_store = self.filtered(lambda pack: pack.state != "issued")
        in_store._move(reverse=True)
        self._advance(state="void", void_reason=reason)

    def _check_store(self):
        if not self.env.user.has_group("med_consumables.group_storekeeper"):
            raise UserError(
                self.env._("Packs are filled, printed and issued by the store.")
            )

    def _advance(self, **values):
        """Nobody writes packs by hand; for the person whose right was checked."""
        self.sudo().write(values)

    def _check_state(self, *allowed):
        states = dict(self._fields["state"]._description_selection(self.env))
        for pack in self:
            if pack.state not in allowed:
                raise UserError(
                    self.env._(
                        "The pack %(pack)s is in the state “%(state)s”; "
                        "this cannot be done with it.",
                        pack=pack.name,
                        state=states[pack.state],
                    )
                )

    def _lock(self):
        if len(self.try_lock_for_update(allow_referencing=True)) < len(self):
            raise UserError(
                self.env._(
                    "Somebody else is working with this pack at this moment. "
                    "Try again in a few seconds."
                )
            )
        self.invalidate_recordset(["state"])
