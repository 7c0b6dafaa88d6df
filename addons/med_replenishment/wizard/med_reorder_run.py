from odoo import api, fields, models
from odoo.exceptions import UserError


class MedReorderRun(models.TransientModel):
    """The nightly computation, begun by a planner and watched while it works.

    The job itself remembers how far it has come; this only looks. Whoever closes the
    window loses nothing.
    """

    _name = "med.reorder.run"
    _description = "Computation of Reorder Levels"

    begun_at = fields.Datetime(
        readonly=True, default=fields.Datetime.now, string="Asked for"
    )
    state = fields.Selection(
        [("waiting", "Waiting"), ("working", "Working"), ("done", "Done")],
        compute="_compute_progress",
    )
    rules_total = fields.Integer(string="Reorder Rules", compute="_compute_progress")
    rules_done = fields.Integer(string="Computed", compute="_compute_progress")
    progress = fields.Float(compute="_compute_progress")
    waiting_count = fields.Integer(
        string="Proposals to Decide", compute="_compute_progress"
    )

    @api.model
    def action_begin(self):
        """Ask for the nightly job now; one that is at work already is watched."""
        self.env["med.reorder.proposal"].check_access("write")
        # A planner asks for it; the job belongs to root.
        job = self.env.ref("med_replenishment.ir_cron_propose").sudo()
        if not job.active:
            raise UserError(
                self.env._(
                    "The job “%(job)s” is switched off. Ask an administrator to "
                    "switch it on.",
                    job=job.name,
                )
            )
        run = self.create({})
        # Its row is locked while it works: then nothing more is to be asked for.
        if job.try_lock_for_update(allow_referencing=True):
            job._trigger()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Compute Reorder Levels"),
            "res_model": self._name,
            "res_id": run.id,
            "view_mode": "form",
            "target": "new",
        }

    def action_view_proposals(self):
        return self.env["ir.actions.act_window"]._for_xml_id(
            "med_replenishment.med_reorder_proposal_action"
        )

    @api.depends("begun_at")
    def _compute_progress(self):
        Proposal = self.env["med.reorder.proposal"]
        night = Proposal._kept_night()
        began, _after = Proposal._night()
        ended = fields.Datetime.to_datetime(night.get("ended"))
        to_decide = Proposal.search_count([("state", "=", "proposed")])
        for run in self:
            total, left = night.get("total", 0), night.get("left", 0)
            if began:
                run.state = "working"
            elif ended and ended >= run.begun_at:
                run.state, left = "done", 0
            else:
                run.state, total, left = "waiting", 0, 0
            run.rules_total, run.rules_done = total, total - left
            run.progress = 100 * (total - left) / total if total else 0.0
            run.waiting_count = to_decide
