from collections import defaultdict
from datetime import UTC
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo import models

from ..core import outbound, outbound_fhir


class MedHisOutboundContent(models.Model):
    """What a message says, written in the moment in which it is sent."""

    _inherit = "med.his.outbound"

    def _content(self, now):
        """The bytes to send; None for a charge whose visit is not known."""
        self.ensure_one()
        channel = self.channel_id
        envelope = outbound.Envelope(
            control_id=self.control_id,
            now=now.astimezone(ZoneInfo(channel.tz)),
            facility=channel.company_id.name,
            receiver=channel.out_application or "",
            receiver_facility=channel.out_facility or "",
            codec=channel.charset,
            test=channel.test_mode,
        )
        if self.kind == "item":
            return outbound.item_message(envelope, self._item())
        charge = self._charge()
        if charge and channel.transport == "out_fhir":
            return outbound_fhir.charge_item(charge, self._own_number())
        return charge and outbound.charge_message(envelope, charge)

    def _told_by(self):
        """By what the receiver knows this message at every try."""
        if self.channel_id.transport == "out_fhir":
            return outbound_fhir.condition(self._own_number())
        return self.control_id

    def _own_number(self):
        return f"MED-{self.consumption_id.id}"

    def _charge(self):
        line, channel = self.consumption_id, self.channel_id
        visit = self.env["med.his.charge.visit"]._visit(
            line.company_id, line.encounter_token
        )
        if not visit:
            return None
        zone = ZoneInfo(channel.tz)
        product = line.product_id
        # What takes a charge back bears the charge's own number.
        number = (line.reversal_of_id or line).id
        return outbound.OutCharge(
            number=f"MED-{number}",
            credit=self.kind == "refund",
            when=line.event_time.replace(tzinfo=UTC).astimezone(zone),
            code=product.med_charge_code or self._their_code("item", product),
            name=product.name,
            quantity=_decimal(line.quantity, line.uom_id),
            department=self._their_code("department", line.department_id),
            visit=visit.number,
            record=visit.record,
            own_code=product.default_code or "",
            lot=line.lot_name or "",
            serial=line.serial or "",
        )

    def _item(self):
        product, channel = self.product_id, self.channel_id
        product = product.with_context(lang=channel.company_id.partner_id.lang)
        return outbound.OutItem(
            code=product.med_hospital_code or product.default_code or str(product.id),
            name=product.name,
            active=product.active,
            unit=product.uom_id.name,
            charge_code=product.med_charge_code or "",
            chargeable=product.med_chargeable,
            traced=product.tracking != "none",
            places=self._places(product) if channel.sends_stock else None,
        )

    def _places(self, product):
        """Where the item lies in this company's departments, with its lots."""
        departments = self.env["med.department"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("stock_location_id", "!=", False),
            ]
        )
        by_place = departments.grouped("stock_location_id")
        levels = self.env["stock.warehouse.orderpoint"].search(
            [
                ("product_id", "=", product.id),
                ("location_id", "in", departments.stock_location_id.ids),
            ]
        )
        pars = {each.location_id: each.product_max_qty for each in levels}
        lots = defaultdict(list)
        for quant in self.env["stock.quant"].search(
            [
                ("product_id", "=", product.id),
                ("location_id", "in", departments.stock_location_id.ids),
            ],
            order="id",
        ):
            lots[quant.location_id].append(
                outbound.OutLot(
                    number=quant.lot_id.name or "",
                    expiry=quant.lot_id.expiration_date.date()
                    if quant.lot_id.expiration_date
                    else None,
                    quantity=_decimal(quant.quantity, product.uom_id),
                )
            )
        return tuple(
            outbound.OutPlace(
                code=self._their_code("department", by_place[place][0]),
                name=by_place[place][0].name,
                par=_decimal(pars[place], product.uom_id) if place in pars else None,
                lots=tuple(lots.get(place, ())),
            )
            for place in departments.stock_location_id
            if place in pars or place in lots
        )

    def _their_code(self, kind, record):
        """The code that the receiver knows a record by: as mapped, else our own."""
        name = {"item": "product_id", "department": "department_id"}[kind]
        mapped = self.env["med.his.code"].search(
            [
                ("channel_id", "=", self.channel_id.id),
                ("kind", "=", kind),
                (name, "=", record.id),
            ],
            limit=1,
        )
        if mapped:
            return mapped.code
        return (record.default_code if kind == "item" else record.code) or ""


def _decimal(quantity, unit):
    return Decimal(str(unit.round(quantity)))
