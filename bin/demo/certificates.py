"""Licences of suppliers, and certificates as they are in life: some need somebody.

Two registrations run out soon (one with its renewal at hand), one has run out, one is
the second revision of its number. One supplier's operating licence has run out.
"""

from datetime import timedelta

from .products import QUIET

# kind -> (number, days since its begin, days that it holds)
LICENCES = {
    "business_licence": ("91320000MA1Y{:06d}", 2000, None),
    "operating_licence": ("苏药监械经营许2022{:04d}号", 1200, 1826),
    "authorisation": ("SQ-{:04d}", 250, 365),
    "quality_agreement": ("ZL-{:04d}", 400, 730),
}


def set_up(env, partners, staff, today):
    env = env(
        context={**env.context, **QUIET, "mail_activity_quick_update": True},
    )
    keeper = staff["store"]
    certificates = env["med.certificate"].search([], order="name")
    certificates.responsible_id = keeper
    renewed, soon, ended, second = certificates.sorted("valid_to")[:4]
    _ends(renewed, today + timedelta(days=20))
    renewed.action_renew()
    _ends(soon, today + timedelta(days=55))
    _ends(ended, today - timedelta(days=12))
    _had_a_first_revision(second)
    _limited(certificates - (renewed | soon | ended | second))
    _licences(env, partners, keeper, today)
    steps = env.company._med_certificate_steps()
    certificates.search(
        [("state", "in", ("expiring", "expired")), ("next_ids", "=", False)]
    )._tell(steps)


def _ends(certificate, day):
    certificate.valid_to = day


def _had_a_first_revision(certificate):
    start = certificate.valid_from
    certificate.revision = 2
    certificate.flush_recordset()
    certificate.previous_id = certificate.copy(
        {
            "name": certificate.name,
            "revision": 1,
            "valid_from": start - timedelta(days=1826),
            "valid_to": start - timedelta(days=1),
        }
    )


def _limited(certificates):
    """A certificate that covers a quantity, most of which is used up."""
    received = certificates._received_under()
    limited = certificates.filtered(lambda one: received.get(one.id))[:1]
    limited.quantity_limit = round(received.get(limited.id, 0.0) * 1.1)


def _licences(env, partners, keeper, today):
    values = []
    for number, partner in enumerate(partners.values(), start=1):
        for kind, (form, since, holds) in LICENCES.items():
            begin = today - timedelta(days=since + 13 * number % 110)
            values.append(
                {
                    "name": form.format(number),
                    "kind": kind,
                    "holder": partner.name,
                    "partner_id": partner.id,
                    "valid_from": begin,
                    "valid_to": holds and begin + timedelta(days=holds),
                    "responsible_id": keeper.id,
                }
            )
    licences = env["med.certificate"].create(values)
    late = licences.filtered(lambda licence: licence.kind == "operating_licence")[-1:]
    late.valid_to = today - timedelta(days=3)
