from odoo import api, models


class MedScan(models.AbstractModel):
    """Labels of the house: of high-value pieces and of fixed packs.

    A piece reads as its item with its lot, and ``piece_id``; a pack has kind ``pack``
    and ``pack_id``.
    """

    _inherit = "med.scan"

    @api.model
    def _recognise(self, code, department=None):
        found = super()._recognise(code, department)
        if found:
            return found
        if piece := self.env["med.piece"].search([("name", "=", code)], limit=1):
            return self._answer_of_piece(piece)
        if pack := self.env["med.pack"].search([("name", "=", code)], limit=1):
            return self._answer_of_pack(pack, department)
        return None

    def _answer_of_piece(self, piece):
        lot = piece.lot_id
        serial = piece.product_id.tracking == "serial"
        answer = {
            "kind": "piece",
            "piece_id": piece.id,
            "product_id": piece.product_id.id,
            "lot_id": lot.id,
            "lot_name": lot.name,
            "batch": False if serial else lot.name,
            "serial": lot.name if serial else False,
            "expiry": self._day_of(lot.expiration_date),
            "quantity": 1.0,
            "warnings": [],
            "flags": [],
            "label": self.env._(
                "%(product)s, lot %(lot)s, piece %(code)s",
                product=piece.product_id.display_name,
                lot=lot.name or "-",
                code=piece.name,
            ),
        }
        if piece.consumption_id:
            self._warn(
                answer,
                "used",
                self.env._(
                    "This piece was used already, on %(day)s.",
                    day=self._day_of(piece.consumption_id.event_time),
                ),
            )
        now = self.env.cr.now()
        if lot.med_hold:
            self._warn(answer, "held", self.env._("This lot is on hold."))
        if lot.expiration_date and lot.expiration_date <= now:
            self._warn(answer, "expired", self.env._("This piece is past its date."))
        return answer

    def _answer_of_pack(self, pack, department):
        states = dict(pack._fields["state"]._description_selection(self.env))
        answer = {
            "kind": "pack",
            "pack_id": pack.id,
            "expiry": self._day_of(pack.expires_on),
            "quantity": 1.0,
            "warnings": [],
            "flags": [],
            "label": self.env._(
                "Pack %(pack)s: %(template)s, %(items)s items",
                pack=pack.name,
                template=pack.template_id.name,
                items=len(pack.line_ids),
            ),
        }
        if pack.state != "issued":
            self._warn(
                answer,
                "pack_state",
                self.env._(
                    "This pack cannot be opened: it is %(state)s.",
                    state=states[pack.state],
                ),
            )
        elif department and pack.department_id != department:
            self._warn(
                answer,
                "wrong_department",
                self.env._(
                    "This pack was issued to %(department)s.",
                    department=pack.department_id.display_name,
                ),
            )
        if pack.expired:
            self._warn(answer, "expired", self.env._("This pack is past its date."))
        return answer

    def _warn(self, answer, flag, sentence):
        answer["flags"].append(flag)
        answer["warnings"].append(sentence)

    def _day_of(self, moment):
        return self.env.company._med_day(moment) if moment else False
