"""Keys and passwords under audit: who made or took away which, never what it is."""

from odoo import models

from .med_audited_prices import HIDDEN


class ResUsersApikeys(models.Model):
    """A key opens what its owner may do to a program; making one gives rights."""

    _inherit = "res.users.apikeys"

    def _generate(self, scope, name, expiration_date):
        key = super()._generate(scope, name, expiration_date)
        made = self.sudo().search(  # for the trail, whoever makes it
            [("user_id", "=", self.env.uid)], order="id desc", limit=1
        )
        made._med_log_keys("create")
        return key

    def unlink(self):
        self._med_log_keys("unlink")
        return super().unlink()

    def _med_log_keys(self, action):
        if not self.env.registry.ready:
            return
        rows = []
        for key in self:
            said = "\n".join(
                f"{key._fields[name]._description_string(self.env)}: {key[name]}"
                for name in ("name", "scope", "expiration_date")
                if key[name]
            )
            rows.append(
                {
                    "action": action,
                    "subject": "right",
                    "model": key._name,
                    "res_id": key.id,
                    "record_name": key.user_id.display_name,
                    "new_value": said if action == "create" else None,
                    "old_value": said if action == "unlink" else None,
                }
            )
        self.env["med.audit.entry"]._log(rows)


class ResUsers(models.Model):
    _inherit = "res.users"

    def _set_password(self):
        result = super()._set_password()
        if self.env.registry.ready:
            changed = [("password", HIDDEN, HIDDEN)]
            self._med_log("write", dict.fromkeys(self, changed))
        return result
