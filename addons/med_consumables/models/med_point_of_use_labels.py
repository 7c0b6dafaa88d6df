from odoo import api, fields, models
from odoo.exceptions import UserError

from .med_point_of_use_record import Unclear


class MedPack(models.Model):
    _inherit = "med.pack"

    # The scans that opened it and closed it again, so that neither counts twice.
    opened_by_scan = fields.Char(readonly=True, copy=False, index="btree_not_null")
    closed_by_scan = fields.Char(readonly=True, copy=False, index="btree_not_null")


class MedPointOfUse(models.AbstractModel):
    """Labels of the house at the bedside: a labelled piece, a fixed pack.

    A piece is one use of one thing, once. A pack is opened whole: the ledger gets a
    line for each of its contents. Both may have been scanned without a connection.
    """

    _inherit = "med.point.of.use"

    @api.model
    def _record_scans(self, pairs, device_now, known):
        others = []
        for scan, answer in pairs:
            pack = self._pack_of(scan)
            if not pack:
                others.append((scan, answer))
                continue
            try:
                with self.env.cr.savepoint():
                    self._record_pack(pack, scan, device_now)
            except (Unclear, UserError) as refusal:
                answer.update(status="mend", message=str(refusal))
        others = self._once_a_piece(others, known)
        return super()._record_scans(others, device_now, known)

    @api.model
    def _once_a_piece(self, pairs, known):
        """Leave out a second scan of a piece in one parcel; it comes back to mend."""
        first, kept = {}, []
        for scan, answer in pairs:
            piece = self._piece_of(scan) if isinstance(scan, dict) else None
            fresh = piece and answer["key"] not in known
            used = fresh and scan.get("kind") != "return"
            if used and first.setdefault(piece, answer["key"]) != answer["key"]:
                answer.update(
                    status="mend",
                    message=self.env._(
                        "The piece %(code)s is scanned twice here. Remove one.",
                        code=piece.name,
                    ),
                )
                continue
            kept.append((scan, answer))
        return kept

    # ---- Packs -----------------------------------------------------------------------

    @api.model
    def _pack_of(self, scan):
        """The pack that a scan opens, or that the scan it undoes has opened."""
        if not isinstance(scan, dict) or scan.get("product_id"):
            return self.env["med.pack"]
        Pack = self.env["med.pack"]
        if reverses := self._text(scan, "reverses"):
            return Pack.search([("opened_by_scan", "=", reverses)], limit=1)
        if isinstance(pack_id := scan.get("pack_id"), int) and pack_id:
            return Pack.browse(pack_id).exists()
        code = self._text(scan, "code")
        return code and Pack.search([("name", "=", code)], limit=1)

    @api.model
    def _record_pack(self, pack, scan, device_now):
        key = self._text(scan, "key")
        if not key:
            raise Unclear(self.env._("This scan has no key; scan the pack again."))
        pack.check_access("read")
        undoing = bool(self._text(scan, "reverses"))
        if key == (pack.closed_by_scan if undoing else pack.opened_by_scan):
            return  # the answer of the first time was lost
        if undoing:
            pack.action_undo_open()
            # See action_undo_open: packs are moved for the ward, not by it.
            pack.sudo().write({"closed_by_scan": key, "opened_by_scan": False})
            return
        if scan.get("kind") != "use":
            raise Unclear(
                self.env._(
                    "A pack is opened and used whole. Record what was wasted or given "
                    "back item by item."
                )
            )
        department = self._department(scan.get("department_id"))
        if pack.department_id and pack.department_id != department:
            raise Unclear(
                self.env._(
                    "This pack was issued to %(department)s.",
                    department=pack.department_id.display_name,
                )
            )
        token = self._token_of(scan, department)
        pack._open(
            event_time=self._event_time(scan, device_now),
            **({"encounter_token": token} if token else {}),
        )
        pack.sudo().write({"opened_by_scan": key, "closed_by_scan": False})

    # ---- Labelled pieces -------------------------------------------------------------

    @api.model
    def _item_of(self, scan, department):
        piece = self._piece_of(scan)
        if not piece:
            return super()._item_of(scan, department)
        self._check_piece(piece, scan)
        lot = piece.lot_id
        one_by_one = piece.product_id.tracking == "serial"
        return {
            "product_id": piece.product_id.id,
            "quantity": 1.0,
            "lot_name": not one_by_one and lot.name,
            "serial": one_by_one and lot.name,
            "piece_id": piece.id,
        }, []

    @api.model
    def _piece_of(self, scan):
        Piece = self.env["med.piece"]
        if isinstance(piece_id := scan.get("piece_id"), int) and piece_id:
            return Piece.browse(piece_id).exists()
        code = self._text(scan, "code")
        if scan.get("product_id") or not code:
            return Piece
        return Piece.search([("name", "=", code)], limit=1)

    @api.model
    def _check_piece(self, piece, scan):
        """A piece is used once; two people who scan it at once are told apart here."""
        if scan.get("kind") == "return":
            return
        # Nobody writes labels by hand: the lock is for the two who record its use.
        piece.sudo().lock_for_update()
        piece.invalidate_recordset(["consumption_id"])
        if piece.sudo().consumption_id:  # a warning to all who scan it
            raise Unclear(
                self.env._(
                    "The piece %(code)s was used already, on %(day)s. Remove it here; "
                    "if its label is wrong, choose the item by its name.",
                    code=piece.name,
                    day=self.env.company._med_day(
                        piece.sudo().consumption_id.event_time
                    ),
                )
            )
