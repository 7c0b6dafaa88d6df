from odoo import api, fields, models


class MedEncounterMerge(models.Model):
    """Two visits that turned out to be one: the token that went, and what stays.

    The ledger keeps what was reported under the old token, for it never changes; what
    looks at a visit looks at the tokens merged into it as well.
    """

    _name = "med.encounter.merge"
    _description = "Merged Visit"
    _order = "id desc"
    _rec_name = "token"

    company_id = fields.Many2one("res.company", required=True, readonly=True)
    token = fields.Char(string="Went", required=True, readonly=True)
    into_token = fields.Char(string="Stays", required=True, readonly=True, index=True)
    merged_at = fields.Datetime(required=True, readonly=True)

    _token_uniq = models.Constraint(
        "unique(company_id, token)", "This visit was merged before."
    )

    @api.model
    def _merge(self, company, token, into_token, merged_at):
        """Take ``token`` for ``into_token`` from now on; repeated, it changes nothing.

        Chains are kept short: whatever was merged into ``token`` follows it.
        """
        into_token = self._current(company, [into_token]).get(into_token, into_token)
        if token == into_token:
            return
        own = self.search([("company_id", "=", company.id), ("token", "=", token)])
        if own:
            own.write({"into_token": into_token, "merged_at": merged_at})
        else:
            self.create(
                {
                    "company_id": company.id,
                    "token": token,
                    "into_token": into_token,
                    "merged_at": merged_at,
                }
            )
        self.search(
            [("company_id", "=", company.id), ("into_token", "=", token)]
        ).into_token = into_token
        self.env["med.case"].search(
            [("company_id", "=", company.id), ("encounter_token", "=", token)]
        ).encounter_token = into_token

    @api.model
    def _current(self, company, tokens):
        """``{token: token that stays}`` of those that went."""
        merges = self.search_fetch(
            [("company_id", "=", company.id), ("token", "in", list(tokens))],
            ["token", "into_token"],
        )
        return {merge.token: merge.into_token for merge in merges}
