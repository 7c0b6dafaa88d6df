import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import split_every

from ..core.change_reason import Basis, main_reason

#: Reorder rules that are computed, and committed, together.
BATCH = 2500
#: The night that has not come to its end yet.
NIGHT = "med_replenishment.night"
#: A night that has not ended by then is over: the next one begins anew.
NIGHT_LASTS = timedelta(hours=12)


class MedReorderProposal(models.Model):
    """The nightly run: demand and lead times in, proposals out."""

    _inherit = "med.reorder.proposal"

    @api.model
    def _cron_propose(self):
        """Every night: bring demand up to date, publish what is approved, propose.

        What the policy lets through is published at once; the rest waits for a person.
        Where the time of one go is over, or a go dies, the next one goes on there: each
        reorder rule has its turn once a night, however many they are.
        """
        # The alerts check everything later in the night: nothing is queued for them.
        self = self.with_context(med_nightly_run=True)  # noqa: PLW0642
        cron = self.env["ir.cron"]
        began, after = self._night()
        left = (
            self.env["stock.warehouse.orderpoint"]
            .search([("product_id.active", "=", True)])
            ._med_shelves_first(after)
        )
        cron._commit_progress(remaining=len(left) + (not began))
        try:
            if not began:
                began = self._begin_night(left)
                cron._commit_progress(1)
            while self._publish_approved(BATCH):
                cron._commit_progress()
            for ids in split_every(BATCH, left.ids):
                batch = left.browse(ids)
                left -= batch  # with none left the night has ended
                self._publish_by_policy(self._propose(batch))
                self._keep_night(began, len(left), batch[-1]._med_turn())
                if not cron._commit_progress(len(ids)):
                    break
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # Somebody wrote the same days or rules: the job comes back to these.
            self.env.cr.rollback()

    @api.model
    def _night(self):
        """The night that has not come to its end yet: when it began, and the turn of
        the reorder rule that was done last. None and None where there is none.
        """
        kept = self._kept_night()
        began = fields.Datetime.to_datetime(kept.get("began"))
        if not began or fields.Datetime.now() - began > NIGHT_LASTS:
            return None, None
        return began, kept.get("after")

    @api.model
    def _kept_night(self):
        """What is remembered of the last night: when it began, how many rules it had
        and are left, the turn of the last one done; or else when it ended."""
        # A job's own memory.
        kept = self.env["ir.config_parameter"].sudo().get_param(NIGHT)
        kept = json.loads(kept) if kept else {}
        return kept if isinstance(kept, dict) else {}

    @api.model
    def _keep_night(self, began, left, after=None, total=None):
        """Remember how far the night has come; with nothing ``left`` it has ended."""
        if total is None:
            total = self._kept_night().get("total", left)
        if left:
            began = fields.Datetime.to_string(began)
            night = {"began": began, "after": after, "left": left, "total": total}
        else:
            now = fields.Datetime.to_string(fields.Datetime.now())
            night = {"ended": now, "total": total}
        self.env["ir.config_parameter"].sudo().set_param(NIGHT, json.dumps(night))

    @api.model
    def _begin_night(self, orderpoints):
        """Make what all of them read, once a night; returns when the night began."""
        began = fields.Datetime.now()
        # Marks first: whether a request was in vain depends on them.
        self.env["med.demand.day"]._mark_stockouts(orderpoints)
        self.env["med.demand.day"]._refresh_in_turn()
        self.env["med.supplier.performance"]._refresh()
        self._keep_night(began, len(orderpoints), total=len(orderpoints))
        return began

    @api.model
    def _propose(self, orderpoints):
        """Propose levels for ``orderpoints``; returns the new proposals.

        What nobody has decided is replaced; what is approved is left until it is
        published, and what is locked is left alone: of these only the forecast is kept,
        which alerts and transfers read. No proposal is made where the figures are what
        holds already, or what was rejected last.
        """
        proposals = self.browse()
        for company, ours in orderpoints.grouped("company_id").items():
            for ids in split_every(BATCH, ours.ids):
                batch = self.with_company(company)
                proposals |= batch._propose_batch(ours.browse(ids))
        return proposals

    def _propose_batch(self, orderpoints):
        company = orderpoints.company_id
        today = company._med_day(fields.Datetime.now())
        inputs = self._inputs(orderpoints, company, today)
        values = self._compute_figures(inputs, company, today)
        published = self._published_last(orderpoints)
        for vals, orderpoint, department in zip(
            values, orderpoints, inputs.departments, strict=True
        ):
            vals |= {
                "orderpoint_id": orderpoint.id,
                "company_id": company.id,
                "product_id": orderpoint.product_id.id,
                "location_id": orderpoint.location_id.id,
                "department_id": department.id,
                "date": today,
                "current_min": orderpoint.product_min_qty,
                "current_max": orderpoint.product_max_qty,
            }
            vals["change"] = self._change(vals)
            vals["reason"] = self._main_reason(vals, published.get(orderpoint.id))
        orderpoints._med_keep_forecast(values)
        return self._replace_undecided(orderpoints, values)

    @api.model
    def _change(self, vals):
        """The larger change of the two levels, as a share of what holds now."""
        pairs = (
            (vals["reorder_point"], vals["current_min"]),
            (vals["order_up_to"], vals["current_max"]),
        )
        return max(abs(new - old) / max(old, 1.0) for new, old in pairs)

    @api.model
    def _main_reason(self, vals, published):
        """Which input moved most since ``published``, the proposal that holds."""
        if vals["problem"]:
            return False
        if published and not published._is_what_holds():
            return "hand"
        before = published and self._basis(published)
        return main_reason(before or None, self._basis(vals))

    @api.model
    def _basis(self, figures):
        """A proposal, or the values of one, as what its levels rest on."""
        safety, point = figures["safety_stock"], figures["reorder_point"]
        return Basis(
            figures["daily_mean"],
            figures["daily_sigma"],
            figures["lead_days"],
            figures["service_level"],
            figures["minimum_held"] + abs(figures["need_factor"] - 1.0),
            figures["known_use"],
            min(safety / point, 1.0) if point > 0 else 0.5,
        )
