from collections import defaultdict
from datetime import UTC
from decimal import Decimal
from zoneinfo import ZoneInfo

from odoo import fields, models

from ..core import outbound, outbound_fhir, outbound_fhir_item


class MedHisOutboundContent(models.Model):
    """What a message says, written in the moment in which it is sent."""

    _inherit = "med.his.outbound"

    place_ids = fields.Many2many(
        "med.department",
        string="Levels Of",
        readonly=True,
        help="Where something of the item lay, or shall lie, when this was written. "
        "The next message says of each whether anything is left.",
    )

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
            item = self._item()
            if channel.transport == "out_fhir":
                return outbound_fhir_item.item_transaction(item, envelope.now)
            return outbound.item_message(envelope, item)
        charge = self._charge()
        if charge and channel.transport == "out_fhir":
            return outbound_fhir.charge_item(charge, self._own_number())
        return charge and outbound.charge_message(envelope, charge)

    def _told_by(self):
        """By what the receiver knows this message at every try."""
        if self.channel_id.transport == "out_fhir":
            if self.kind == "item":
                return ""  # each entry of a transaction bears its own condition
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
            expires=product.use_expiration_date,
            traced=product.tracking != "none",
            manufacturer=product.med_manufacturer or "",
            specification=product.med_specification or "",
            barcode=product.barcode or "",
            places=self._places(product) if channel.sends_stock else None,
        )

    def _places(self, product):
        """Where the item lies in this company's departments, with its lots; and where
        it was last said to lie, so that what is used up does not stay there for ever.
        """
        departments = self.env["med.department"].search(
            [
                ("company_id", "=", self.company_id.id),
                ("stock_location_id", "!=", False),
            ]
        )
        by_place = departments.grouped("stock_location_id")
        places = departments.stock_location_id
        pars, lots = self._pars(product, places), self._lots(product, places)
        filled = places.filtered(lambda place: place in pars or place in lots)
        told = self._told_before().stock_location_id & places
        self.place_ids = self.env["med.department"].union(
            *(by_place[place][0] for place in filled)
        )
        return tuple(
            outbound.OutPlace(
                code=self._their_code("department", by_place[place][0]),
                name=by_place[place][0].name,
                par=pars.get(place),
                lots=tuple(lots.get(place, ())),
            )
            for place in places & (filled | told)
        )

    def _told_before(self):
        """Departments that the receiver may believe to have some: as the last message
        that it acknowledged said, and those after it, which it may have got too."""
        own = [
            ("channel_id", "=", self.channel_id.id),
            ("product_id", "=", self.product_id.id),
            ("kind", "=", "item"),
            ("id", "<=", self.id),
        ]
        last = self.search([*own, ("state", "=", "sent")], order="id desc", limit=1)
        return self.search([*own, ("id", ">=", last.id or 0)]).place_ids

    def _pars(self, product, places):
        levels = self.env["stock.warehouse.orderpoint"].search(
            [("product_id", "=", product.id), ("location_id", "in", places.ids)]
        )
        return {
            each.location_id: _decimal(each.product_max_qty, product.uom_id)
            for each in levels
        }

    def _lots(self, product, places):
        """``{place: [lot]}``; what has come to nothing is left out."""
        lots = defaultdict(list)
        for quant in self.env["stock.quant"].search(
            [("product_id", "=", product.id), ("location_id", "in", places.ids)],
            order="id",
        ):
            quantity = _decimal(quant.quantity, product.uom_id)
            if not quantity:
                continue
            last_day = quant.lot_id.expiration_date
            lots[quant.location_id].append(
                outbound.OutLot(
                    number=quant.lot_id.name or "",
                    expiry=last_day.date() if last_day else None,
                    quantity=quantity,
                )
            )
        return lots

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
