from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import ConsumablesCase


class CertificateCase(ConsumablesCase):
    """A supplier, gloves of class II, and certificates around today."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.company._med_day(fields.Datetime.now())
        cls.supplier = cls.env["res.partner"].create(
            {"name": "Kangheng", "is_company": True}
        )
        cls.gloves.med_management_class = "2"
        cls.template = cls.gloves.product_tmpl_id

    @classmethod
    def _certificate(cls, start=-1000, end=500, **values):
        """A certificate of the gloves, valid over days counted from today."""
        return cls.env["med.certificate"].create(
            {
                "name": "苏械注准20202640001",
                "product_ids": [Command.set(cls.template.ids)],
                "valid_from": cls.today + timedelta(days=start),
                "valid_to": cls.today + timedelta(days=end),
                **values,
            }
        )

    @classmethod
    def _licence(cls, start=-1000, end=500, **values):
        return cls._certificate(
            start,
            end,
            **{
                "name": "苏药监械经营许20200001号",
                "kind": "operating_licence",
                "partner_id": cls.supplier.id,
                "product_ids": [],
                **values,
            },
        )


@tagged("post_install", "-at_install")
class TestCertificate(CertificateCase):
    def _activities(self, certificate):
        return certificate.activity_ids.mapped("summary")

    def _night(self):
        with self.enter_registry_test_mode():
            self.env.ref(
                "med_consumables.ir_cron_certificate_ladder"
            ).method_direct_trigger()

    def test_states_follow_the_calendar_and_filters_agree(self):
        certificates = {
            "future": self._certificate(1, 900, name="A"),
            "valid": self._certificate(-900, 181, name="B"),
            "expiring": self._certificate(-900, 180, name="C"),
            "expired": self._certificate(-900, -1, name="D"),
        }
        for state, certificate in certificates.items():
            self.assertEqual(certificate.state, state)
            found = certificate.search([("state", "=", state), ("name", "<", "E")])
            self.assertEqual(found, certificate, state)
        open_end = self._certificate(name="E")
        open_end.valid_to = False
        self.assertEqual(open_end.state, "valid")
        self.assertIn(open_end, open_end.search([("state", "=", "valid")]))
        self.assertNotIn(open_end, open_end.search([("state", "!=", "valid")]))

    def test_a_renewal_is_the_next_revision_of_the_same_number(self):
        first = self._certificate(-1000, 20)
        renewed = self.env["med.certificate"].browse(first.action_renew()["res_id"])
        self.assertEqual((renewed.name, renewed.revision), (first.name, 2))
        self.assertEqual(renewed.valid_from, first.valid_to + timedelta(days=1))
        self.assertEqual(renewed.product_ids, self.template)
        self.assertEqual((first.state, renewed.state), ("expiring", "future"))
        renewed.valid_from = self.today
        self.assertEqual((first.state, renewed.state), ("superseded", "valid"))
        self.assertEqual(first.action_renew()["res_id"], renewed.id)

    def test_a_revision_begins_after_the_one_before(self):
        first = self._certificate(-1000, 20)
        renewed = self.env["med.certificate"].browse(first.action_renew()["res_id"])
        for day in (first.valid_from, False):
            with self.assertRaisesRegex(ValidationError, "must begin after"):
                renewed.valid_from = day

    def test_the_number_tells_kind_class_and_origin(self):
        form = Form(self.env["med.certificate"])
        form.name = "国械备20151134号"
        self.assertEqual(form.kind, "filing")
        certificate = form.save()
        self.assertEqual(
            (certificate.management_class, certificate.origin, certificate.first_year),
            ("1", "imported", "2015"),
        )
        self.assertFalse(certificate.non_standard)

    def test_an_old_number_is_kept_and_marked(self):
        certificate = self._certificate(name="国食药监械(准)字2013第3461234号")
        self.assertTrue(certificate.non_standard)
        self.assertEqual(certificate.class_conflict, self.template.display_name)

    def test_a_licence_names_its_holder(self):
        with self.assertRaisesRegex(ValidationError, "name the supplier"):
            self._licence(partner_id=False)

    def test_files_belong_to_the_certificate(self):
        file = self.env["ir.attachment"].create({"name": "scan.pdf", "raw": b"%PDF"})
        certificate = self._certificate(attachment_ids=[Command.set(file.ids)])
        self.assertEqual(
            (file.res_model, file.res_id), ("med.certificate", certificate.id)
        )

    def test_each_rung_tells_the_responsible_person_once(self):
        keeper = self._user("keeper", "med_consumables.group_storekeeper")
        certificate = self._certificate(-900, 100, responsible_id=keeper.id)
        self._night()
        self._night()
        self.assertEqual(len(certificate.activity_ids), 1)
        self.assertEqual(certificate.activity_ids.user_id, keeper)
        self.assertIn("100 days", self._activities(certificate)[0])
        self.assertEqual(certificate.told_rung, 180)

    def test_missed_nights_are_made_up_for(self):
        certificate = self._certificate(-900, 100)
        self._night()
        certificate.valid_to = self.today + timedelta(days=20)  # 90 and 60 were missed
        self._night()
        self.assertEqual(certificate.told_rung, 30)
        self.assertEqual(len(certificate.activity_ids), 1)
        self.assertIn("20 days", self._activities(certificate)[0])

    def test_an_expired_certificate_is_told_once_more(self):
        certificate = self._certificate(-900, -3)
        self._night()
        self.assertIn("has expired", self._activities(certificate)[0])
        certificate.activity_ids.action_feedback("Renewal asked for")
        self._night()
        self.assertFalse(certificate.activity_ids)

    def test_a_renewed_certificate_bothers_nobody(self):
        certificate = self._certificate(-900, 20)
        self._night()
        certificate.action_renew()
        self._night()
        self.assertFalse(certificate.activity_ids)

    def test_the_ladder_is_the_companys(self):
        self.company.med_certificate_ladder = "20"
        certificate = self._certificate(-900, 100)
        self._night()
        self.assertFalse(certificate.activity_ids)
        with self.assertRaisesRegex(ValidationError, "numbers from 1 to 3650"):
            self.company.med_certificate_ladder = "soon"

    def test_a_supplier_shows_the_worst_of_his_licences(self):
        self._licence(name="L1")
        self.assertEqual(self.supplier.med_licence_state, "valid")
        self._licence(-1000, -1, name="L2", kind="business_licence")
        self.supplier.invalidate_recordset()
        self.assertEqual(self.supplier.med_licence_count, 2)
        self.assertEqual(self.supplier.med_licence_state, "expired")

    def test_roles_read_all_and_only_the_store_writes(self):
        certificate = self._certificate()
        for login, group in (("n", "ward_user"), ("a", "auditor")):
            user = self._user(login, f"med_consumables.group_{group}", [self.icu])
            own = certificate.with_user(user)
            self.assertEqual(own.read(["state"])[0]["state"], "valid")
            self.assertTrue(own.search([("state", "=", "valid")]))
            with self.assertRaises(AccessError):
                own.write({"valid_to": self.today})
            with self.assertRaises(AccessError):
                own.action_renew()
        keeper = self._user("keeper", "med_consumables.group_storekeeper")
        certificate.with_user(keeper).write({"scope": "Sizes S to L"})
        with self.assertRaises(AccessError):
            certificate.with_user(keeper).unlink()

    def test_a_certificate_of_another_company_is_not_seen(self):
        other = self.env["res.company"].create({"name": "Other hospital"})
        certificate = self._certificate(company_id=other.id, product_ids=[])
        keeper = self._user("keeper", "med_consumables.group_storekeeper")
        self.assertFalse(
            certificate.with_user(keeper).search([("id", "=", certificate.id)])
        )
