from collections import defaultdict

from markupsafe import Markup

from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..core.certificate import best
from .med_certificate import OF_ITEMS, OF_SUPPLIERS

PASSES = ("valid", "expiring")


class MedCertificate(models.Model):
    """Whether items and suppliers are covered on a day, and the words where not."""

    _inherit = "med.certificate"

    def _of_items(self, templates):
        """``{template: certificates}`` of registrations and filings, in few queries."""
        found = self.search(
            Domain("product_ids", "in", templates.ids)
            & Domain("kind", "in", OF_ITEMS)
            & self._that_count()
        )
        by_template = defaultdict(self.browse)
        for certificate in found:
            for template in certificate.product_ids & templates:
                by_template[template] |= certificate
        return by_template

    def _of_suppliers(self, partners):
        """``{commercial partner: certificates}``."""
        partners = partners.commercial_partner_id
        found = self.search(
            Domain("partner_id", "child_of", partners.ids)
            & Domain("kind", "in", OF_SUPPLIERS)
            & self._that_count()
        )
        return found.grouped(lambda licence: licence.partner_id.commercial_partner_id)

    def _that_count(self):
        return Domain("company_id", "in", (False, self.env.company.id))

    def _best(self, day):
        """(state, the certificate that decides) on ``day``."""
        horizon = self.env.company._med_certificate_steps()[0]
        states = {
            certificate: certificate._revision_value().state(day, horizon)
            for certificate in self
        }
        state = best(states.values())
        deciding = self.filtered(lambda certificate: states[certificate] == state)
        return state, deciding[:1]

    def _item_trouble(self, template, day, state):
        """Why ``template`` is not covered on ``day`` and what to do."""
        values = {
            "item": template.display_name,
            "number": self.display_name,
            "day": format_date(self.env, day),
            "end": format_date(self.env, self.valid_to) if self.valid_to else "",
            "start": format_date(self.env, self.valid_from) if self.valid_from else "",
        }
        if state == "missing":
            return self.env._(
                "%(item)s has no registration certificate or filing. Enter it under "
                "Certificates.",
                **values,
            )
        if state == "future":
            return self.env._(
                "%(item)s: certificate %(number)s is not valid before %(start)s, and "
                "%(day)s counts. Enter the revision that was valid then.",
                **values,
            )
        return self.env._(
            "%(item)s: certificate %(number)s was valid until %(end)s, and %(day)s "
            "counts. Enter its renewal, or choose another item.",
            **values,
        )

    def _licence_trouble(self):
        return [
            self.env._(
                "%(supplier)s: %(kind)s %(number)s was valid until %(end)s. Ask for "
                "the renewed one and enter it as the next revision.",
                supplier=licence.partner_id.commercial_partner_id.display_name,
                kind=dict(licence._fields["kind"]._description_selection(self.env))[
                    licence.kind
                ],
                number=licence.display_name,
                end=format_date(self.env, licence.valid_to),
            )
            for licence in self
        ]

    def _supplier_troubles(self, partners, day):
        """Sentences about licences that have run out without a renewal on ``day``."""
        troubles = []
        for licences in self._of_suppliers(partners).values():
            for of_kind in licences.grouped("kind").values():
                state, deciding = of_kind._best(day)
                if state not in (*PASSES, "future"):
                    troubles += deciding._licence_trouble()
        return troubles

    def _warn(self, document, troubles):
        """Show what is wrong to whoever presses the button, and keep it."""
        if not troubles:
            return
        title = self.env._("Certificates to look at")
        rows = Markup("").join(Markup("<li>%s</li>") % trouble for trouble in troubles)
        document.message_post(
            body=Markup("<p>%s</p><ul>%s</ul>") % (title, rows),
            subtype_xmlid="mail.mt_note",
        )
        self.env.user._bus_send(
            "simple_notification",
            {
                "title": title,
                "message": "\n".join(troubles),
                "type": "warning",
                "sticky": True,
            },
        )


class ProductTemplate(models.Model):
    """Items pass three gates: into the catalogue, onto an order, through receipt."""

    _inherit = "product.template"

    def _med_covered(self, days):
        """``{template: (state, deciding certificate)}`` for ``{template: day}``.

        States are those of ``core.certificate``, or ``missing``. Where no class is set
        no certificate is asked for: ``valid``.
        """
        today = self.env.company._med_day(fields.Datetime.now())
        # The gate judges for everybody alike, whoever presses the button.
        certificates = self.env["med.certificate"].sudo()._of_items(self)
        nothing = self.env["med.certificate"]
        covered = {}
        for template in self:
            own = certificates.get(template, nothing)
            if not own and not template.med_management_class:
                covered[template] = ("valid", own)
            else:
                covered[template] = own._best(days.get(template) or today)
        return covered

    def _med_certificate_troubles(self, days=None):
        """Sentences about those not covered; ``days`` as for ``_med_covered``."""
        days = days or {}
        today = self.env.company._med_day(fields.Datetime.now())
        items = self.filtered("med_consumable")
        return [
            certificate._item_trouble(template, days.get(template) or today, state)
            for template, (state, certificate) in items._med_covered(days).items()
            if state not in PASSES
        ]

    def _med_check_certificates(self, stage):
        """Ask the gate of ``stage``: catalogue, order or receipt.

        Returns the sentences to show and keep; raises a UserError where the company's
        policy is to block.
        """
        company = self.env.company
        if company._med_certificate_policy(stage) == "off":
            return []
        return company._med_gate(stage, self._med_certificate_troubles())
