from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import split_every

#: More reorder rules than this are computed by a job, not while somebody waits.
AT_ONCE = 100
#: Reorder rules that the job computes, and commits, together.
BATCH = 500


class MedSpecialNeed(models.Model):
    """The switch of an epidemic, and the levels that follow it.

    Of a few reorder rules they are computed while one waits. Of more a job does it that
    begins at once, goes on where it was cut off, and tells who threw the switch.
    """

    _inherit = "med.special.need"

    levels_wanted = fields.Boolean(
        string="Levels Being Computed",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="A job computes the levels of all reorder rules that this switch touches.",
    )
    levels_wanted_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    levels_done_until = fields.Json(readonly=True, copy=False)

    def action_switch_on(self):
        """It has come: the levels that it touches are computed anew."""
        return self._switch(True)

    def action_switch_off(self):
        """It is over: the levels that it touched are computed anew."""
        return self._switch(False)

    def _switch(self, on):
        """Throw the switch; who presses twice has done no more than once."""
        self.check_access("write")
        if self.filtered(lambda need: need.kind != "epidemic"):
            raise UserError(
                self.env._("Only an epidemic is switched; other needs have their days.")
            )
        thrown = self.filtered(lambda need: need.switched_on != on)
        thrown.write({"switched_on": on, "switched_at": fields.Datetime.now()})
        rules = thrown._orderpoints()
        if not rules:
            return False
        if len(rules) <= AT_ONCE:
            return rules.action_med_propose()
        # What the job remembers; see the access check above.
        thrown.sudo().write(
            {
                "levels_wanted": True,
                "levels_wanted_by_id": self.env.uid,
                "levels_done_until": False,
            }
        )
        # A planner asks for it; the job belongs to root.
        self.env.ref("med_replenishment.ir_cron_switch").sudo()._trigger()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "title": self.env._("Switched on")
                if on
                else self.env._("Switched off"),
                "message": self.env._(
                    "The levels of %(count)s reorder rules are being computed. You get "
                    "a message when the proposals are there.",
                    count=len(rules),
                ),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _cron_switch(self):
        """Compute the levels that wait for it; cut off, it goes on where it was."""
        cron = self.env["ir.cron"]
        waiting = self.search([("levels_wanted", "=", True)], order="switched_at, id")
        if not waiting:
            return
        cron._commit_progress(remaining=len(waiting))
        try:
            self.env["med.demand.day"]._refresh_if_free()
            for need in waiting:
                if not need._compute_levels(cron):
                    break
                need._tell_of_levels()
                if not cron._commit_progress(1):
                    break
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # Somebody wrote the same rules: the job comes back to these.
            self.env.cr.rollback()

    def _compute_levels(self, cron):
        """Propose levels for what this need touches; False where time is over."""
        rules = self._orderpoints()._med_shelves_first(self.levels_done_until or None)
        for ids in split_every(BATCH, rules.ids):
            batch = rules.browse(ids)
            self.env["med.reorder.proposal"]._propose(batch)
            self.levels_done_until = batch[-1]._med_turn()
            if not cron._commit_progress():
                return False
        return True

    def _tell_of_levels(self):
        """All are computed: say so to who threw the switch."""
        asker = self.levels_wanted_by_id
        need = self.with_context(lang=asker.lang)
        rules = self._orderpoints()
        count = self.env["med.reorder.proposal"].search_count(
            [("orderpoint_id", "in", rules.ids), ("state", "=", "proposed")]
        )
        need.message_post(
            body=need.env._(
                "The levels of %(rules)s reorder rules were computed: %(count)s "
                "proposals wait for a decision.",
                rules=len(rules),
                count=count,
            ),
            partner_ids=asker.partner_id.ids,
        )
        self.write({"levels_wanted": False, "levels_done_until": False})
