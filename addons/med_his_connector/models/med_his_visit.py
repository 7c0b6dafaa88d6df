from odoo import api, fields, models

from ..core.values import naive
from ..core.version import version_of


class MedHisVisit(models.Model):
    """Where a visit stands, as the hospital's system last said; the visit is a token.

    admitted ──> discharged ──> admitted (discharge cancelled)
       └──> cancelled

    What is older than what is known changes nothing, in whichever order it arrives. The
    state and the place are each as old as what told them: a change of data (A08) says
    where the visit is and not that it was not discharged before.
    """

    _name = "med.his.visit"
    _description = "Visit"
    _order = "event_time desc, id desc"
    _rec_name = "token"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    token = fields.Char(
        string="Visit",
        required=True,
        readonly=True,
        help="Stands for the visit. It cannot be turned back into a patient.",
    )
    state = fields.Selection(
        [
            ("admitted", "Admitted"),
            ("discharged", "Discharged"),
            ("cancelled", "Admission cancelled"),
            ("merged", "Merged into another"),
        ],
        readonly=True,
        help="Empty where the visit was only heard of and nothing told its state.",
    )
    department_id = fields.Many2one(
        "med.department", readonly=True, index="btree_not_null", check_company=True
    )
    event_time = fields.Datetime(
        string="Since", required=True, readonly=True, help="When it came to this state."
    )
    # Of what tells the state and of what tells the place: core/version.py.
    state_version = fields.Char(readonly=True)
    place_version = fields.Char(readonly=True)
    message_id = fields.Many2one(
        "med.his.message",
        string="Last Message",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )

    _token_uniq = models.Constraint(
        "unique(company_id, token)", "This visit is known already."
    )

    @api.model
    def _hear(self, channel, message, news, token, department_id):
        """Take up one message's news of a visit; whether anything changed."""
        moment = naive(news.event_time)
        company = channel.company_id
        merged = self.env["med.encounter.merge"]._current(company, [token])
        token = merged.get(token, token)
        visit = self._known(company, token)
        version = version_of(news.event_time, receipt=message.id)
        values = {}
        if news.state and version > (visit.state_version or ""):
            values |= {
                "state": news.state,
                "state_version": version,
                "event_time": moment,
            }
        if department_id and version > (visit.place_version or ""):
            values |= {"department_id": department_id, "place_version": version}
        if visit and not values:
            return False  # written before what is known
        values["message_id"] = message.id
        if visit:
            visit.write(values)
        else:
            own = {"company_id": company.id, "token": token, "event_time": moment}
            self.create({**own, **values})
        return True

    @api.model
    def _known(self, company, token):
        return self.search([("company_id", "=", company.id), ("token", "=", token)])

    @api.model
    def _merge(self, channel, message, merge, token, into_token):
        """The visit ``token`` is ``into_token`` from now on.

        What was last said of the one that goes holds for the one that stays, as it
        would if it came after the merge.
        """
        company = channel.company_id
        moment = naive(merge.event_time)
        merges = self.env["med.encounter.merge"]
        merges._merge(company, token, into_token, moment)
        gone = self._known(company, token)
        if gone and gone.state != "merged":
            stays = merges._current(company, [token])[token]
            gone._hand_over(self._known(company, stays), stays)
        gone.write(
            {
                "state": "merged",
                "state_version": version_of(merge.event_time, receipt=message.id),
                "message_id": message.id,
                "event_time": moment,
            }
        )

    def _hand_over(self, visit, token):
        """Tell ``visit`` (empty where it is not known yet) what this one knows."""
        values = {}
        if (self.state_version or "") > (visit.state_version or ""):
            values |= {
                "state": self.state,
                "state_version": self.state_version,
                "event_time": self.event_time,
            }
        if (self.place_version or "") > (visit.place_version or ""):
            values |= {
                "department_id": self.department_id.id,
                "place_version": self.place_version,
            }
        if visit:
            visit.write(values)
        elif values:
            own = {
                "company_id": self.company_id.id,
                "token": token,
                "event_time": self.event_time,
                "message_id": self.message_id.id,
            }
            self.create({**own, **values})


class MedHisMessage(models.Model):
    _inherit = "med.his.message"

    @api.model
    def _apply_census(self, channel, message, news):
        """ADT: the state of a visit, or two that are one."""
        Visit, changed = self.env["med.his.visit"], 0
        for each in news:
            if hasattr(each, "gone"):
                tokens = [self._token(channel, one) for one in (each.gone, each.stays)]
                Visit._merge(channel, message, each, *tokens)
                changed += 1
                continue
            code = each.department_code
            match = self.env["med.his.code"]._match_departments(channel, {code} - {""})
            match = match.get(code)
            # A bed of a ward that is none of ours still tells the visit's state.
            usable = match and not match.problem and not match.ignored
            token = self._token(channel, each.encounter)
            changed += Visit._hear(channel, message, each, token, usable and match.id)
        return changed


class MedPointOfUse(models.AbstractModel):
    _inherit = "med.point.of.use"

    @api.model
    def _visit_of(self, code, department):
        """Warn where the hospital's system has the visit over, or elsewhere."""
        answer = super()._visit_of(code, department)
        token = answer.get("token") or self._visit_token(code, department)
        if not token:
            return answer
        # Nurses may not list visits; of the one in their hand they learn its state.
        company = department.company_id
        merged = self.env["med.encounter.merge"].sudo()._current(company, [token])
        visit = (
            self.env["med.his.visit"]
            .sudo()
            .search(
                [
                    ("company_id", "=", company.id),
                    ("token", "=", merged.get(token, token)),
                ],
                limit=1,
            )
        )
        warnings = list(answer.get("warnings") or [])
        since = visit.event_time and fields.Datetime.context_timestamp(
            self, visit.event_time
        )
        if visit.state == "discharged":
            warnings.append(
                self.env._(
                    "This visit was discharged on %(when)s. Check the wristband.",
                    when=since.strftime("%Y-%m-%d %H:%M"),
                )
            )
        elif visit.state == "cancelled":
            warnings.append(
                self.env._("The admission of this visit was cancelled. Check it.")
            )
        elif visit.department_id and visit.department_id != department:
            warnings.append(
                self.env._(
                    "This visit is in %(department)s at the moment.",
                    department=visit.department_id.display_name,
                )
            )
        return {**answer, "token": token, "warnings": warnings}
