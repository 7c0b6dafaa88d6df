from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..core.mapping import (
    MEANINGS,
    USUAL,
    USUAL_CODES,
    codes,
    names_visit,
    places,
)


class MedHisMapping(models.Model):
    """Where one channel's messages say one piece of a line: data, and never code.

    Every kind of message has its rows, so that it can be seen what is read where. A row
    without places of its own is read at the usual ones.
    """

    _name = "med.his.mapping"
    _description = "Interface Mapping"
    _inherit = ["mail.thread"]
    _order = "channel_id, family, sequence, id"
    _rec_name = "piece"

    channel_id = fields.Many2one(
        "med.his.channel", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="channel_id.company_id", store=True)
    family = fields.Selection(
        [
            ("dft", "Charges (DFT)"),
            ("ras", "Administrations (RAS)"),
            ("platform", "Charges of Platforms (RAS with RXO)"),
            ("cabinet", "Cabinets (OMS with ZPM)"),
            ("inventory", "Use by Analysers (INU)"),
            ("requisition", "Requisitions (OMS with RQD)"),
            ("siu", "Schedule (SIU)"),
            ("adt", "Visits (ADT)"),
            ("oru", "Tests Done (ORU)"),
            ("item_master", "Item Master (MFN M16)"),
            ("charge_master", "Charge Master (MFN M04)"),
            ("lot_master", "Lots on Hand (MFN M15, M13)"),
            ("site_master", "Masters of Their Own (MFN M01, Zxx)"),
        ],
        string="Message",
        required=True,
        readonly=True,
    )
    piece = fields.Selection(
        [
            ("line", "Number of the line"),
            ("order", "Number of the order"),
            ("appointment", "Number of the appointment"),
            ("kind", "Use or return"),
            ("status", "Status"),
            ("item", "Item"),
            ("other", "Other codes of the item"),
            ("test", "Test"),
            ("procedure", "Procedure"),
            ("name", "Name"),
            ("specification", "Specification"),
            ("category", "Category"),
            ("manufacturer", "Manufacturer"),
            ("catalogue", "Catalogue number"),
            ("charge_code", "Charge code"),
            ("gtin", "Barcode (GTIN)"),
            ("quantity", "Quantity"),
            ("expected", "Expected to be there"),
            ("left", "Left there"),
            ("on_hand", "On hand"),
            ("moved", "Moved"),
            ("moved_uom", "Unit of what moved"),
            ("uom", "Unit"),
            ("lot", "Lot"),
            ("expiry", "Expiry"),
            ("serial", "Serial"),
            ("udi", "Label of the device (UDI)"),
            ("department", "Department"),
            ("location", "Bed or room"),
            ("room", "Room"),
            ("time", "Time"),
            ("start", "Start"),
            ("end", "End"),
            ("duration", "Duration"),
            ("duration_unit", "Unit of the duration"),
            ("reversal", "Number of what is taken back"),
            ("amount", "Amount charged"),
            ("price", "Amount charged for one piece"),
            ("currency", "Currency"),
            ("visit", "Visit"),
            ("account", "Account"),
            ("record", "Medical record"),
            ("merged_visit", "Visit that went"),
            ("merged_account", "Account that went"),
            ("merged_record", "Medical record that went"),
        ],
        required=True,
        readonly=True,
    )
    sequence = fields.Integer(readonly=True)
    places = fields.Char(
        string="Own Places",
        tracking=True,
        help="Places in a row, best first, such as ZPA-5 or FT1-7.4. A segment can be "
        "chosen by one of its fields, OBX[3=LOT]-5, and a repetition by one of its "
        "components, PID-3[5=MR]. Empty: the usual places.",
    )
    usual_places = fields.Char(compute="_compute_usual")
    codes = fields.Char(
        string="Own Codes",
        tracking=True,
        help="What their codes mean, such as 1=use 2=return 9=nothing. Empty: the "
        "usual ones.",
    )
    usual_codes = fields.Char(compute="_compute_usual")
    is_own = fields.Boolean(
        string="Differs from HL7", compute="_compute_is_own", store=True
    )

    _piece_uniq = models.Constraint(
        "unique(channel_id, family, piece)", "This piece is mapped already."
    )

    @api.depends("family", "piece")
    def _compute_usual(self):
        for mapping in self:
            family, piece = mapping.family, mapping.piece
            mapping.usual_places = USUAL.get(family, {}).get(piece) or False
            has_codes = piece == "kind"
            mapping.usual_codes = has_codes and USUAL_CODES.get(family)

    @api.depends("places", "codes")
    def _compute_is_own(self):
        for mapping in self:
            mapping.is_own = bool(mapping.places or mapping.codes)

    @api.depends("family", "piece")
    def _compute_display_name(self):
        families = dict(self._fields["family"]._description_selection(self.env))
        pieces = dict(self._fields["piece"]._description_selection(self.env))
        for mapping in self:
            family = families.get(mapping.family, "")
            mapping.display_name = f"{family} · {pieces.get(mapping.piece, '')}"

    @api.constrains("places", "piece")
    def _check_places(self):
        for mapping in self:
            try:
                mapping._check_people(places(mapping.places or ""))
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "%(path)s is no place in a message. Write segment, field and "
                        "component, such as ZPA-5, PV1-3.4 or OBX[3=LOT]-5.",
                        path=str(error),
                    )
                )

    def _check_people(self, found):
        """A name must not become a lot, which is kept for good and shown."""
        if names_visit(self.piece):
            return
        for place in found:
            if place.about_people:
                raise ValidationError(
                    self.env._(
                        "%(segment)s-%(field)s is about the patient. Only what names a "
                        "visit is read there, and never %(piece)s.",
                        segment=place.segment,
                        field=place.field,
                        piece=self.display_name,
                    )
                )

    @api.constrains("codes", "piece")
    def _check_codes(self):
        for mapping in self:
            try:
                codes(mapping.codes or "")
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "%(part)s does not say what a code means. Write 1=use; what a "
                        "code may mean: %(meanings)s.",
                        part=str(error),
                        meanings=", ".join(sorted(MEANINGS)),
                    )
                )
            if mapping.codes and mapping.piece != "kind":
                raise ValidationError(
                    self.env._(
                        "Only the piece that says use or return has codes; leave them "
                        "empty for %(piece)s.",
                        piece=mapping.display_name,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        mappings = super().create(vals_list)
        # Rows that say what is usual are no change.
        mappings.filtered("is_own")._log_change("+")
        return mappings

    def write(self, vals):
        result = super().write(vals)
        if vals.keys() & {"places", "codes"}:
            self._log_change("=")
        return result

    def unlink(self):
        self.filtered("is_own")._log_change("-")
        return super().unlink()

    def _log_change(self, sign):
        """On the audit trail: what is read where from now on."""

        def describe(one):
            own = " ".join(filter(None, (one.places, one.codes)))
            return f"{sign} {one.family} {one.piece}: {own or 'usual'}"

        self.env["med.his.event"]._log_records("map", self, describe)

    def action_usual(self):
        """Back to the usual places and codes."""
        self.write({"places": False, "codes": False})
        return True

    @api.model
    def _complete(self, channels):
        """Give channels the rows they lack; those that are there stay."""
        there = {
            (mapping.channel_id.id, mapping.family, mapping.piece)
            for mapping in self.search([("channel_id", "in", channels.ids)])
        }
        self.create(
            [
                {
                    "channel_id": channel.id,
                    "family": family,
                    "piece": piece,
                    "sequence": number,
                }
                for channel in channels
                for family, pieces in USUAL.items()
                for number, piece in enumerate(pieces, start=1)
                if (channel.id, family, piece) not in there
            ]
        )


class MedHisChannel(models.Model):
    _inherit = "med.his.channel"

    mapping_ids = fields.One2many(
        "med.his.mapping", "channel_id", string="Mapping", copy=True
    )
    mapping_count = fields.Integer(
        string="Own Places", compute="_compute_mapping_count"
    )

    @api.depends("mapping_ids.is_own")
    def _compute_mapping_count(self):
        for channel in self:
            channel.mapping_count = len(channel.mapping_ids.filtered("is_own"))

    def action_view_mapping(self):
        """Every piece of every kind of message, and where this channel has it."""
        self.ensure_one()
        if self.env["med.his.mapping"].has_access("create"):
            self.env["med.his.mapping"]._complete(self)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "med_his_connector.med_his_mapping_action"
        )
        action["domain"] = [("channel_id", "=", self.id)]
        return action

    def _own_places(self):
        """``(places, codes)`` as a ``Profile`` has them."""
        self.ensure_one()
        # A message is read for its sender, not for whoever runs the job.
        own = self.sudo().mapping_ids.filtered("is_own")
        return (
            {f"{row.family}.{row.piece}": row.places for row in own if row.places},
            {row.family: row.codes for row in own if row.codes},
        )

    def _shown_places(self):
        """The channel's own places whose fields are not covered."""
        rows, _codes = self._own_places()
        return [
            place
            for key, row in rows.items()
            if not names_visit(piece := key.rpartition(".")[2]) and piece != "name"
            for place in places(row)
        ]
