from datetime import timedelta

from odoo import api, fields, models

from .med_consumption_twin import reported_by


class MedConsumptionMatch(models.Model):
    """Who moves stock for a use that two sources report, and what is still missing."""

    _inherit = "med.consumption.match"

    @api.model
    def _quiet(self):
        return self.with_context(tracking_disable=True, mail_create_nolog=True)

    def _settle(self):
        """Say of each group who moves stock, and how many pieces are still missing.

        Stock is moved by the source that moved some already, else by the one that
        policy names, else by the one whose report came first.
        """
        policy = self.env["med.stock.source"]._sources_of(self.line_ids)
        for match in self:
            lines = match.line_ids.sorted("id")
            by_side = lines.grouped(lambda line: reported_by(line.source))
            side = match._side_that_posts(lines, policy)
            posts = by_side.get(side, lines.browse())
            never = (lines - posts).filtered(
                lambda line: line.state not in ("matched", "posted")
            )
            never._set_outcome(state="matched")
            silent = posts.filtered(lambda line: line.state in ("waiting", "matched"))
            silent._set_outcome(state="recorded")
            match._quiet().write(
                {
                    "posting_line_id": posts[:1].id,
                    "other_line_id": (lines - posts)[:1].id,
                    **match._figures(by_side, side),
                }
            )

    def _side_that_posts(self, lines, policy):
        for state in ("posted", "incident"):
            if moving := lines.filtered(lambda line, state=state: line.state == state):
                return reported_by(moving[0].source)
        recorded = lines.filtered(lambda line: line.state == "recorded")
        sides = {reported_by(line.source) for line in recorded or lines}
        if (named := policy[lines[0]]) in sides:
            return named
        return reported_by((recorded or lines)[0].source)

    def _figures(self, by_side, side):
        unit = self.product_id.uom_id
        nothing = self.env["med.consumption"]
        charged, scanned = (
            unit.round(sum(by_side.get(name, nothing).mapped("quantity")))
            for name in ("charge", "scan")
        )
        difference = unit.round(charged - scanned)
        missing = False
        if difference > 0 and side == "scan":
            missing = "scan"
        elif difference < 0 and (side == "charge" or self.product_id.med_chargeable):
            missing = "charge"
        lacking = abs(difference) if missing else 0.0
        state = "matched"
        if missing:
            state = "leak" if self.state == "leak" else "waiting"
        return {
            "quantity": max(charged, scanned),
            "charged_quantity": charged,
            "scanned_quantity": scanned,
            "difference": difference,
            "missing": missing,
            "missing_quantity": lacking,
            "value": lacking * self._cost(),
            "state": state,
        }

    def _cost(self):
        return self.product_id.with_company(self.company_id).standard_price

    @api.model
    def _open_for(self, line, missing):
        """Values of a match that waits for the ``missing`` report of this line."""
        hours = line.company_id.med_match_hours
        waits = line.state == "waiting"
        charged = reported_by(line.source) == "charge"
        return {
            "company_id": line.company_id.id,
            "department_id": line.department_id.id,
            "product_id": line.product_id.id,
            "kind": line.kind,
            "quantity": line.quantity,
            "charged_quantity": line.quantity if charged else 0.0,
            "scanned_quantity": 0.0 if charged else line.quantity,
            "difference": line.quantity if charged else -line.quantity,
            "missing_quantity": line.quantity if missing else 0.0,
            "event_time": line.event_time,
            "other_line_id" if waits else "posting_line_id": line.id,
            "missing": missing,
            "due": line.event_time + timedelta(hours=hours),
            "value": line.quantity
            * line.product_id.with_company(line.company_id).standard_price,
        }

    @api.model
    def _cron_leakage(self):
        """What was not matched within its time becomes leakage."""
        overdue = self.search(
            [("state", "=", "waiting"), ("due", "<", fields.Datetime.now())]
        )
        overdue._look_again()
        overdue.filtered(lambda match: match.state == "waiting").state = "leak"

    def _look_again(self):
        """Two reports that arrived at the same moment did not see each other."""
        alone = self.filtered(lambda match: len(match.line_ids) == 1)
        alone.line_ids._settle_twins()
