from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import ConsumablesCase


@tagged("post_install", "-at_install")
class TestAdverseEvent(ConsumablesCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        group = "med_consumables.group_"
        cls.nurse = cls._user("nurse", group + "ward_user", [cls.icu])
        cls.other = cls._user("other", group + "ward_user", [cls.er])
        cls.auditor = cls._user("auditor", group + "auditor")
        cls.lot = cls._lot("OLD", -2)

    def _from(self, action, user):
        form = Form(
            self.env["med.adverse.event"]
            .with_user(user)
            .with_context(**action["context"])
        )
        form.manifestation = "手套破裂"
        return form.save()

    def test_a_form_starts_from_a_lot(self):
        event = self._from(self.lot.action_report_adverse_event(), self.nurse)
        self.assertEqual((event.product_id, event.lot_id), (self.gloves, self.lot))
        self.assertEqual((event.department_id, event.state), (self.icu, "draft"))
        self.assertTrue(event.name)

    def test_a_form_starts_from_an_incident(self):
        incident = self._use(1, lot_name="OLD").incident_id
        event = self._from(incident.action_report_adverse_event(), self.nurse)
        self.assertEqual(event.incident_id, incident)
        self.assertEqual(event.product_id, self.gloves)

    def test_it_is_reported_then_closed_and_can_be_corrected(self):
        event = self._from(self.lot.action_report_adverse_event(), self.nurse)
        event.action_report()
        self.assertEqual((event.state, event.reported_by_id), ("reported", self.nurse))
        event.action_correct()
        event.action_report()
        event.action_close()
        self.assertEqual(event.state, "closed")
        with self.assertRaises(UserError):
            event.write({"state": "draft"})
        with self.assertRaises(UserError):
            event.unlink()

    def test_a_ward_sees_its_own_and_the_auditor_writes_none(self):
        event = self._from(self.lot.action_report_adverse_event(), self.nurse)
        with self.assertRaises(AccessError):
            event.with_user(self.other).read(["name"])
        self.assertEqual(event.with_user(self.auditor).harm, "other")
        with self.assertRaises(AccessError):
            event.with_user(self.auditor).write({"harm": "death"})

    def test_the_form_has_the_device_and_room_for_the_patient(self):
        event = self._from(self.lot.action_report_adverse_event(), self.nurse)
        html, _type = self.env["ir.actions.report"]._render_qweb_html(
            "med_consumables.adverse_event_form", event.ids
        )
        for text in ("手套破裂", "OLD", "filled in by hand"):
            self.assertIn(text, html.decode())
