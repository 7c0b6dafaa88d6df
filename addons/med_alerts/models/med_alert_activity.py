from collections import Counter
from datetime import timedelta

from odoo import fields, models
from odoo.addons.med_consumables.models.rows import insert_rows
from odoo.tools import SQL

ACTIVITY = "med_alerts.mail_activity_type_alert"


class MedAlert(models.Model):
    """Whoever must act has it among their activities, and follows the alert.

    The first night of a hospital asks for tens of thousands of activities at once, so
    that those of a batch are inserted together.
    """

    _inherit = "med.alert"

    def _make_activities(self, reason):
        """One activity for each person to act; an open one is brought up to date.

        It shows at once in the person's list of activities. No e-mail per alert: a
        bad night would send a hundred of them.
        """
        quiet = self.with_context(mail_activity_quick_update=True)
        have = {
            (activity.res_id, activity.user_id): activity
            for activity in quiet.activity_search([ACTIVITY])
        }
        fresh = []
        for alert in quiet:
            for person in alert._people(reason):
                activity = have.pop((alert.id, person), None)
                if activity:
                    activity.write(alert._prepare_activity(person))
                else:
                    fresh.append((alert, person))
        if reason != "escalated":
            # Whoever was asked before and is not asked now need not act.
            self.env["mail.activity"].union(*have.values()).unlink()
        self._insert_activities(fresh)

    def _prepare_activity(self, person):
        self.ensure_one()
        spoken = self.with_context(lang=person.lang)
        today = fields.Date.context_today(self.with_context(tz=person.tz))
        return {
            "user_id": person.id,
            "summary": spoken.name,
            "date_deadline": today + timedelta(days=self.level_id.react_days),
        }

    def _insert_activities(self, fresh):
        """New activities, for pairs (alert, person): all that ``create`` does beside
        records is done here once for each person.
        """
        if not fresh:
            return
        rows = []
        for alert, person in fresh:
            values = alert._prepare_activity(person)
            rows.append(
                {
                    **values,
                    "res_id": alert.id,
                    "res_name": values["summary"],
                    "user_tz": person.tz,
                }
            )
        insert_rows(
            self.env["mail.activity"],
            rows,
            {
                "activity_type_id": self.env.ref(ACTIVITY).id,
                "automated": True,
                "res_model_id": self.env["ir.model"]._get_id(self._name),
                "res_model": self._name,
                "date_done": False,
            },
        )
        self._have_followed(fresh)
        self._move_counters(rows)
        self.browse([alert.id for alert, _person in fresh]).invalidate_recordset(
            [name for name in self._fields if "activity_" in name], flush=False
        )

    def _have_followed(self, pairs):
        """Have each person follow the alert; who does already is left alone."""
        subtypes, _internal, _external = self.env[
            "mail.message.subtype"
        ].default_subtypes(self._name)
        followers = self.env["mail.followers"]
        followers.flush_model()
        self.env.cr.execute(
            SQL(
                """
                WITH fresh AS (
                    INSERT INTO mail_followers (res_model, res_id, partner_id)
                    SELECT %s, pair.alert_id, pair.partner_id
                    FROM unnest(%s::int[], %s::int[]) AS pair (alert_id, partner_id)
                    ON CONFLICT DO NOTHING RETURNING id
                )
                INSERT INTO mail_followers_mail_message_subtype_rel
                    (mail_followers_id, mail_message_subtype_id)
                SELECT fresh.id, subtype.id FROM fresh, unnest(%s::int[]) subtype (id)
                """,
                self._name,
                [alert.id for alert, _person in pairs],
                [person.partner_id.id for _alert, person in pairs],
                subtypes.ids,
            )
        )
        followers.invalidate_model(flush=False)
        self.browse([alert.id for alert, _person in pairs]).invalidate_recordset(
            ["message_follower_ids", "message_partner_ids", "message_is_follower"],
            flush=False,
        )

    def _move_counters(self, rows):
        """The number beside the clock of whoever has something to do today."""
        today = fields.Date.today()
        due = Counter(row["user_id"] for row in rows if row["date_deadline"] <= today)
        for person in self.env["res.users"].browse(due):
            person._bus_send(
                "mail.activity/updated",
                {"activity_created": True, "count_diff": due[person.id]},
            )
