from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..core.twin import Group, Report, gather

#: What the rest of a charge is posted as that nobody scanned.
REMAINDER = "remainder"
#: Reports of the ward itself; charges come from channels named ``his:...``.
BY_WARD = ("scan", "manual", REMAINDER)
CHARGE = "his:"
#: A group in one of these states may still take reports of the side that lacks some.
OPEN = ("waiting", "leak", "alone", "matched")
#: A line in one of these states moves stock or has moved it.
MOVES_STOCK = ("posted", "incident", "recorded")


def reported_by(source):
    """``scan`` or ``charge``; nothing where only this source can report a use."""
    if source in BY_WARD:
        return "scan"
    return "charge" if source.startswith(CHARGE) else None


class MedConsumption(models.Model):
    """One use, one stock effect, though the ward scans it and HIS charges it.

    Per department and class one source moves stock (``med.stock.source``). The other
    reports of the same use are matched to it and never post, in whichever order they
    arrive and however many there are: one charge of three and three scans of one are
    one use. The lines stay as they were reported; what became of them is their state:

        waiting ──> matched       never posts: the other source moves stock
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

    def _before_post(self):
        """Pair reports that were recorded at the same moment, before either posts.

        Their twins are of the same departments, which nobody else posts meanwhile.
        """
        result = super()._before_post()
        self.filtered(
            lambda line: (
                line.source in BY_WARD and not line.match_id and line.encounter_token
            )
        )._settle_twins()
        return result

    def _settle_twins(self):
        """Find the other reports of each line's use, or wait where policy says.

        Only one source of a use moves stock; see ``med.consumption.match._settle``.
        """
        lines = self.filtered(
            lambda line: reported_by(line.source) and not line.historical
        )
        if not lines:
            return
        lines = lines._without_cancelled()
        policy = self.env["med.stock.source"]._sources_of(lines)
        matches = self.env["med.consumption.match"]
        for line, (match, twin) in lines._find_groups(policy):
            matches |= line._join(match or twin.match_id, twin)
        matches._settle()
        # A line that was found by another one is settled too.
        (lines - matches.line_ids).filtered(lambda line: not line.match_id)._wait(
            policy
        )

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

    def _find_groups(self, policy):
        """``[(line, (match, lone line))]``: what each line joins, in few queries."""
        joins = []
        for company, lines in self._by_company().items():
            window = timedelta(hours=company.med_match_hours)
            candidates = self.search(lines._twin_domain(window))
            if not candidates:
                continue
            groups = {}
            for candidate in candidates:
                key = (candidate.match_id, candidate.browse())
                if not candidate.match_id:
                    key = (candidate.match_id, candidate)
                groups.setdefault(key, self.browse())
                groups[key] |= candidate
            reports = [line._as_report(policy[line] == "first") for line in lines]
            joins += [
                (self.browse(key), group)
                for key, group in gather(
                    reports,
                    [told._as_group(key) for key, told in groups.items()],
                    window,
                )
            ]
        return joins

    def _twin_domain(self, window):
        moments = self.mapped("event_time")
        sources = {reported_by(source) for source in set(self.mapped("source"))}
        wanted = Domain.FALSE
        for source, others, lacking in (
            ("scan", Domain("source", "=like", CHARGE + "%"), ">"),
            ("charge", Domain("source", "in", BY_WARD), "<"),
        ):
            if source in sources:
                wanted |= others & (
                    Domain("match_id", "=", False)
                    | Domain("match_id.state", "in", OPEN)
                    & Domain("match_id.difference", lacking, 0)
                )
        # Reports of one batch may belong together as well.
        return (
            Domain("company_id", "in", self.company_id.ids)
            & Domain("product_id", "in", self.product_id.ids)
            & Domain("department_id", "in", self.department_id.ids)
            & Domain("event_time", ">=", min(moments) - window)
            & Domain("event_time", "<=", max(moments) + window)
            & Domain("historical", "=", False)
            & wanted
        )

    def _as_report(self, strict=False):
        return Report(
            key=self.id,
            what=(self.department_id.id, self.product_id.id, self.kind),
            moment=self.event_time,
            by_ward=reported_by(self.source) == "scan",
            quantity=self.quantity,
            token=self.encounter_token or None,
            lot=self.serial or self.lot_name or None,
            strict=strict,
        )

    def _as_group(self, key):
        """The group of these reports of one side, with what the other side lacks."""
        first = self.sorted("id")[0]
        group = Group.alone(key, first._as_report())
        for line in self - first:
            group.take(line._as_report())
        if match := self.match_id:
            group.more = abs(match.difference)
            group.by_ward = match.difference < 0
            group.moment = match.event_time
        return group

    def _join(self, match, twin):
        """Put this line into the group of ``match``, or make one with ``twin``.

        Returns the match; nothing where both have moved stock: a person must look.
        """
        others = match.line_ids if match else twin
        others = others.filtered(
            lambda line: reported_by(line.source) != reported_by(self.source)
        )
        Match = self.env["med.consumption.match"]
        if self.state == "posted" and "posted" in others.mapped("state"):
            return Match
        old = Match.browse(self.match_id.ids)
        if not match:
            match = old or Match._quiet().create(Match._open_for(twin, False))
            twin.match_id = match
        self.match_id = match
        if old and old != match:
            old._quiet().write({"state": "cancelled", "difference": 0.0})
        return match

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
        Match = self.env["med.consumption.match"]._quiet()
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

    def _stock_lines(self):
        """The lines that moved stock for this one: itself, or its other reports."""
        self.ensure_one()
        if self.state != "matched":
            return self
        return self.match_id.line_ids.filtered(lambda line: line.state in MOVES_STOCK)
