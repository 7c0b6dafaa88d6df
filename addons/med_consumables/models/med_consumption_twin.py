from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..core.twin import Report, pair

#: Reports of the ward itself; charges come from channels named ``his:...``.
BY_WARD = ("scan", "manual")
CHARGE = "his:"
#: A line whose match is in one of these states may still be half of a pair.
UNSETTLED = ("waiting", "leak", "alone")


def reported_by(source):
    """``scan`` or ``charge``; nothing where only this source can report a use."""
    if source in BY_WARD:
        return "scan"
    return "charge" if source.startswith(CHARGE) else None


class MedConsumption(models.Model):
    """One use, one stock effect, though the ward scans it and HIS charges it.

    Per department and class one source moves stock (``med.stock.source``). The other
    report of the same use is matched to it and never posts, in whichever order they
    arrive. The lines stay as they were reported; what became of them is their state:

        waiting ──> matched       never posts: the other report moves stock
           └──> recorded          a person let it post alone
    """

    _inherit = "med.consumption"

    state = fields.Selection(
        selection_add=[
            ("waiting", "Waits for the other report"),
            ("matched", "Same use as another report"),
        ],
        ondelete={"waiting": "set default", "matched": "set default"},
    )
    match_id = fields.Many2one(
        "med.consumption.match",
        string="Charge and Scan",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.filtered(lambda line: line.state == "recorded")._settle_twins()
        return lines

    @api.model
    def _post_pending(self, domain=None, limit=1000):
        self._settle_crossed()
        return super()._post_pending(domain, limit)

    def _settle_crossed(self):
        """Pair reports that were recorded at the same moment, before either posts."""
        crossed = self.search(
            [
                ("state", "=", "recorded"),
                ("source", "in", BY_WARD),
                ("match_id", "=", False),
                ("encounter_token", "!=", False),
            ]
        )
        crossed._settle_twins()

    def _settle_twins(self):
        """Find the other report of each line's use, or wait for it where policy says.

        Exactly one line of a pair moves stock; see ``_roles``.
        """
        lines = self.filtered(
            lambda line: reported_by(line.source) and not line.historical
        )
        if not lines:
            return
        lines = lines._without_cancelled()
        policy = self.env["med.stock.source"]._sources_of(lines)
        pairs = lines._find_twins(policy)
        for line, twin in pairs.items():
            line._match_with(twin)
        # A line that was found by another one is settled too.
        found = self.union(*pairs.keys(), *pairs.values()) if pairs else self.browse()
        (lines - found).filtered(lambda line: not line.match_id)._wait(policy)

    def _without_cancelled(self):
        """Settle returns of what waits still: nothing happened after all."""
        taken_back = self.filtered(
            lambda line: (
                line.kind == "return"
                and line.reversal_of_id.state == "waiting"
                and line.uom_id.compare(line.quantity, line.reversal_of_id.quantity)
                == 0
            )
        )
        for line in taken_back:
            match = line.reversal_of_id.match_id
            (line | line.reversal_of_id)._set_outcome(
                state="matched", match_id=match.id
            )
            match.state = "cancelled"
        return self - taken_back

    def _by_company(self):
        """Lines by company; nearly always all are of one."""
        companies = self.company_id
        return {companies: self} if len(companies) == 1 else self.grouped("company_id")

    def _find_twins(self, policy):
        """``{line: earlier line of the same use}``, in one query."""
        pairs = {}
        for company, lines in self._by_company().items():
            window = timedelta(hours=company.med_match_hours)
            candidates = self.search(lines._twin_domain(window))
            if not candidates:
                continue
            found = pair(
                [line._as_report(policy[line] == "first") for line in lines],
                [line._as_report(False) for line in candidates],
                window,
            )
            pairs.update(
                {self.browse(key): self.browse(twin) for key, twin in found.items()}
            )
        return {
            line: twin
            for line, twin in pairs.items()
            # Two lines that moved stock stay as they are: a person must look.
            if (line.state, twin.state) != ("posted", "posted")
        }

    def _twin_domain(self, window):
        moments = self.mapped("event_time")
        sources = {reported_by(source) for source in set(self.mapped("source"))}
        wanted = Domain.FALSE
        if "scan" in sources:
            wanted |= Domain("source", "=like", CHARGE + "%")
        if "charge" in sources:
            wanted |= Domain("source", "in", BY_WARD)
        return (
            Domain("company_id", "in", self.company_id.ids)
            & Domain("product_id", "in", self.product_id.ids)
            & Domain("department_id", "in", self.department_id.ids)
            & Domain("event_time", ">=", min(moments) - window)
            & Domain("event_time", "<=", max(moments) + window)
            & Domain("historical", "=", False)
            & (
                Domain("match_id", "=", False)
                | Domain("match_id.state", "in", UNSETTLED)
            )
            & wanted
        )

    def _as_report(self, strict):
        return Report(
            key=self.id,
            what=(
                self.department_id.id,
                self.product_id.id,
                self.kind,
                self.uom_id.round(self.quantity),
            ),
            moment=self.event_time,
            by_ward=reported_by(self.source) == "scan",
            token=self.encounter_token or None,
            lot=self.serial or self.lot_name or None,
            strict=strict,
        )

    def _match_with(self, twin):
        """Make one use of two reports; see ``_roles`` for which of them moves stock."""
        posts, never = self._roles(twin)
        Match = self.env["med.consumption.match"].with_context(
            tracking_disable=True, mail_create_nolog=True
        )
        old = Match.browse((twin.match_id | self.match_id).ids)
        match = old[:1] or Match.create(Match._open_for(posts, False))
        match.write(
            {
                "posting_line_id": posts.id,
                "other_line_id": never.id,
                "missing": False,
                "state": "matched",
            }
        )
        (old - match).write({"state": "cancelled"})
        never._set_outcome(state="matched", match_id=match.id)
        posts.match_id = match
        if posts.state == "waiting":
            posts._set_outcome(state="recorded")

    def _roles(self, twin):
        """(the line that moves stock, the one that never does).

        Whichever moved stock already; else the earlier one that need not wait.
        """
        for state in ("posted", "incident", "recorded"):
            for line, other in ((twin, self), (self, twin)):
                if line.state == state:
                    return line, other
        return twin, self

    def _wait(self, policy):
        """Hold back what must not move stock, and note what is to be charged."""
        silent = self.filtered(
            lambda line: policy[line] not in ("first", reported_by(line.source))
        )
        if silent:
            silent._set_outcome(state="waiting")
        charged = (self - silent).filtered(
            lambda line: policy[line] == "scan" and line.product_id.med_chargeable
        )
        Match = self.env["med.consumption.match"].with_context(
            tracking_disable=True, mail_create_nolog=True
        )
        missing = {"scan": "charge", "charge": "scan"}
        waiting = silent | charged
        matches = Match.create(
            [
                Match._open_for(line, missing[reported_by(line.source)])
                for line in waiting
            ]
        )
        for line, match in zip(waiting, matches, strict=True):
            line.match_id = match

    def _stock_line(self):
        """The line that moved stock for this one: itself, or its twin."""
        self.ensure_one()
        return self.match_id.posting_line_id if self.state == "matched" else self
