from odoo import models


class MedScan(models.AbstractModel):
    """Which lot of ours the label means, and what must be said of it."""

    _inherit = "med.scan"

    def _add_lot(self, answer):
        """Find the lot; what the label leaves blank comes from the books."""
        if not answer["product_id"] or not answer["lot_name"]:
            return
        lot = self._lot_of(answer)
        if not lot:
            return
        answer["lot_id"] = lot.id
        for field, known in self._known_of(lot).items():
            if not answer[field]:
                answer[field] = known
            elif known and known != answer[field]:
                answer["conflicts"].append((field, known, answer[field]))

    def _lot_of(self, answer):
        return self.env["stock.lot"].search(
            [
                ("product_id", "=", answer["product_id"]),
                ("name", "=", answer["lot_name"]),
                ("company_id", "in", (False, self.env.company.id)),
            ],
            limit=1,
        )

    def _known_of(self, lot):
        return {
            "expiry": lot._med_expiry_day(),
            "production": lot.med_production_date,
            "sterilisation_lot": lot.med_sterilisation_lot,
        }

    def _add_warnings(self, answer):
        """Say what the person who scans must know; extensions add theirs."""
        product = self.env["product.product"].browse(answer["product_id"] or ())
        lot = self.env["stock.lot"].browse(answer["lot_id"] or ())
        flags = answer["flags"]
        if answer["kind"] == "unknown":
            flags.append("unknown_code")
        if product and product.tracking != "none":
            if not answer["lot_name"]:
                flags.append("lot_missing")
            elif not lot:
                flags.append("unknown_lot")
        days = [day for field, day, _read in answer["conflicts"] if field == "expiry"]
        days += [answer["expiry"]] if answer["expiry"] else []
        if days and min(days) < self._today():
            flags.append("expired")
        if lot.med_hold:
            flags.append("held")
        if answer["conflicts"]:
            flags.append("conflict")
        answer["warnings"] = [
            sentence
            for flag in flags
            for sentence in self._warning(flag, answer, product, lot)
        ]
