from odoo import api, fields, models

from ..models.error_words import in_words

#: So many messages are tried out; a mend that frees these frees the others too.
LARGEST = 200


class MedHisTrial(models.TransientModel):
    """What would become of messages if they were tried again now."""

    _name = "med.his.trial"
    _description = "Dry Run"

    message_ids = fields.Many2many(
        "med.his.message",
        readonly=True,
        help="All of them, also those beyond the first ones that were tried out.",
    )
    asked_count = fields.Integer(
        string="Of Messages", readonly=True, help="What is recorded in earnest."
    )
    line_ids = fields.One2many("med.his.trial.line", "trial_id", readonly=True)
    message_count = fields.Integer(string="Tried Out", readonly=True)
    would_record = fields.Integer(
        string="Would Be Recorded", compute="_compute_figures"
    )
    would_remain = fields.Integer(string="Would Remain", compute="_compute_figures")
    line_count = fields.Integer(string="Lines", compute="_compute_figures")

    @api.depends("line_ids.after")
    def _compute_figures(self):
        for trial in self:
            freed = trial.line_ids.filtered(
                lambda line: line.after in ("processed", "ignored")
            )
            trial.would_record = len(freed)
            trial.would_remain = len(trial.line_ids - freed)
            trial.line_count = sum(trial.line_ids.mapped("line_count"))

    @api.model
    def _of(self, messages):
        """Try out the first of ``messages`` and keep what would have happened."""
        asked, messages = messages, messages[:LARGEST]
        before = {message.id: message.state for message in messages}
        outcomes = messages._try_out()
        return self.create(
            {
                "message_ids": asked.ids,
                "asked_count": len(asked),
                "message_count": len(messages),
                "line_ids": [
                    fields.Command.create(
                        {
                            "message_id": message.id,
                            "before": before[message.id],
                            "after": outcomes[message.id].pop("state"),
                            **outcomes[message.id],
                        }
                    )
                    for message in messages
                ],
            }
        )

    def action_record(self):
        """Do in earnest what was tried out, and with the others of the same cause."""
        self.message_ids.action_retry()
        return {"type": "ir.actions.act_window_close"}


class MedHisTrialLine(models.TransientModel):
    """One message of a dry run: where it is, and where it would be."""

    _name = "med.his.trial.line"
    _description = "Message of a Dry Run"
    _order = "id"

    trial_id = fields.Many2one("med.his.trial", required=True, ondelete="cascade")
    message_id = fields.Many2one("med.his.message", readonly=True, ondelete="cascade")
    before = fields.Selection(
        selection=lambda self: self._message_selection("state"),
        string="Now",
        readonly=True,
    )
    after = fields.Selection(
        selection=lambda self: self._message_selection("state"),
        string="Would Be",
        readonly=True,
    )
    error_code = fields.Selection(
        selection=lambda self: self._message_selection("error_code"),
        string="Cause",
        readonly=True,
    )
    cause_code = fields.Char(string="Code", readonly=True)
    error_text = fields.Char(readonly=True)
    error_detail = fields.Char(string="Detail", compute="_compute_error_detail")
    line_count = fields.Integer(string="Lines", readonly=True)

    @api.depends("error_text")
    @api.depends_context("lang")
    def _compute_error_detail(self):
        for line in self:
            line.error_detail = in_words(self.env, line.error_text)

    def _message_selection(self, name):
        return (
            self.env["med.his.message"]._fields[name]._description_selection(self.env)
        )
