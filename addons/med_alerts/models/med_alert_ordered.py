from odoo import api, models


class MedAlert(models.Model):
    """Already ordered: where enough is on its way nobody need act."""

    _inherit = "med.alert"

    @api.model
    def _see_what_is_ordered(self, rule, measures, loud, calls):
        """Whom to call: nobody where enough is on its way.

        ``measures`` are the living alerts, ``loud`` those opened or worse in this run.
        What is no longer on its way is open again, and somebody is called.
        """
        lost = set()
        if rule._kind_facts().covered:
            alerts = self.union(*measures)
            coming = alerts._coverage()
            for alert in alerts:
                measure = measures[alert]
                units = coming.get(alert.id, 0.0) * measure.per_unit
                covered = alert.level_id._is_covered(measure, units)
                if covered and not alert.covered:
                    alert.write({"covered": True, "call_at": False})
                    alert._move("ordered")
                elif alert.covered and not covered:
                    alert.covered = False
                    alert._move("not_ordered")
                    lost.add(alert)
            loud = {alert for alert in loud if not alert.covered}
        calls["opened"] += loud - lost
        calls["not_ordered"] += lost
