from zoneinfo import ZoneInfo

from odoo import api, models
from odoo.exceptions import UserError

from ..core.values import naive
from .hold import holds
from .med_his_code import UNKNOWN, Match
from .outcome import PASSING, Settled, behind, ignored, unexpected, waits


class MedHisMessageMap(models.Model):
    """From a sender's codes to our records: department, product, unit, visit."""

    _inherit = "med.his.message"

    @api.model
    def _map_all(self, channel, works, outcomes, gate):
        """Turn charges into ledger values; all codes are looked up at once.

        ``gate`` tells who must wait behind a message that is stuck.
        """
        charges = [charge for work in works for charge in work.charges]
        Code = self.env["med.his.code"]
        items = {
            code for each in charges for code in (each.item_code, *each.alternates)
        }
        known = Code._match_items(channel, items)
        maps = {
            "items": known,
            "problems": Code._item_problems(channel, items, known),
            "departments": Code._match_departments(
                channel, {each.department_code for each in charges} - {""}
            ),
            "units": Code._match_units(channel, {each.uom for each in charges} - {""}),
            "currencies": self._currencies(charges),
        }
        mapped = []
        for work in works:
            if blocker := gate.blocker(work.message):
                outcomes[work.message] = behind(blocker)
                gate.shut(work.message)
                continue
            try:
                self._map_work(channel, work, **maps)
            except Settled as settled:
                outcomes[work.message] = settled.outcome
                if holds(settled.outcome.state, settled.outcome.error_code):
                    gate.shut(work.message)
            except (UserError, *PASSING):
                raise  # of the server, and not of this message
            except Exception as error:  # noqa: BLE001
                outcomes[work.message] = unexpected(work.message, error)
            else:
                mapped.append(work)
        return mapped

    @api.model
    def _map_work(self, channel, work, **maps):
        for charge in work.charges:
            values = self._map(channel, charge, **maps)
            if values is None:
                work.skipped += 1
            else:
                values["his_message_id"] = work.message.id
                work.lines.append((charge, values))
        if not work.lines and not work.remaining:
            raise ignored("no_effect", work.skipped)

    @api.model
    def _map(self, channel, charge, items, problems, departments, units, currencies):
        """Ledger values of one charge; None where one of its codes is left out."""
        item = self._match_item(charge, items, problems)
        department = self._match_department(channel, charge, departments)
        if item.ignored or department.ignored:
            return None
        product = self.env["product.product"].browse(item.id)
        return {
            "department_id": department.id,
            "product_id": product.id,
            "quantity": self._quantity(charge, item, product, units),
            "kind": charge.kind,
            "event_time": naive(charge.event_time),
            "source": channel._source(),
            "external_key": charge.line_key,
            "lot_name": charge.lot or False,
            "serial": charge.serial or False,
            "encounter_token": self._token(channel, charge.encounter),
            **self._charged(channel, charge, currencies),
        }

    @api.model
    def _match_item(self, charge, items, problems):
        """The code of the line, else another code of the same item that is known.

        Where several items share the charged code, another code may tell which it is.
        """
        match = items.get(charge.item_code, UNKNOWN)
        for alternate in charge.alternates:
            if not match.problem:
                break
            other = items.get(alternate, UNKNOWN)
            usable = not other.problem and not other.ignored
            if usable and (not match.ids or other.ids <= match.ids):
                match = other
        if match.problem:
            # A code of the taxonomy that says what to do.
            code = problems.get(charge.item_code, "unknown_item")
            code = "ambiguous_item" if match.ids else code
            raise waits(code, charge.position, cause=charge.item_code)
        return match

    @api.model
    def _match_department(self, channel, charge, departments):
        if not charge.department_code:
            if not channel.department_id:
                raise waits("department_missing", charge.position)
            return Match(frozenset(channel.department_id.ids))
        match = departments.get(charge.department_code, UNKNOWN)
        if match.problem:
            raise waits(
                "unknown_department", charge.position, cause=charge.department_code
            )
        return match

    @api.model
    def _quantity(self, charge, item, product, units):
        """The quantity in the product's unit; what that unit cannot hold must wait."""
        quantity = self._in_own_unit(charge, charge.quantity, item, product, units)
        rounded = product.uom_id.round(quantity)
        if not rounded or abs(rounded - quantity) > 1e-9 * max(1.0, quantity):
            raise waits("quantity_precision", charge.position)
        return rounded

    @api.model
    def _in_own_unit(self, charge, quantity, item, product, units):
        """A factor of the code map holds for whatever unit the sender names."""
        quantity = float(quantity)
        if charge.uom and not (item.mapped and item.factor != 1):
            quantity = self._convert(charge, quantity, product, units)
        return quantity * item.factor

    @api.model
    def _convert(self, charge, quantity, product, units):
        match = units.get(charge.uom, UNKNOWN)
        if match.ignored:
            return quantity
        candidates = self.env["uom.uom"].browse(match.ids)
        candidates = candidates.filtered(
            lambda unit: unit._has_common_reference(product.uom_id)
        )
        if len(candidates) != 1:
            code = "ambiguous_unit" if candidates else "unknown_unit"
            raise waits(code, charge.position, cause=charge.uom)
        return candidates._compute_quantity(quantity, product.uom_id, round=False)

    @api.model
    def _currencies(self, charges):
        codes = {each.currency for each in charges} - {""}
        found = self.env["res.currency"].search([("name", "in", list(codes))])
        return {currency.name: currency for currency in found}

    @api.model
    def _charged(self, channel, charge, currencies):
        """What was charged, in the company's currency; nothing where it is not known:
        stock does not wait for the rate of a currency."""
        company = channel.company_id
        own = company.currency_id
        told = currencies.get(charge.currency or own.name, own)
        if charge.amount is None or (charge.currency and told.name != charge.currency):
            return {"charged_amount": False}
        sign = -1 if charge.kind == "return" else 1
        amount = sign * float(charge.amount)
        if told == own:
            return {"charged_amount": own.round(amount)}
        day = charge.event_time.astimezone(ZoneInfo(channel.tz)).date()
        return {
            "charged_amount": told._convert(amount, own, company, day),
            "charged_told": told.round(amount),
            "charged_currency_id": told.id,
        }

    @api.model
    def _token(self, channel, encounter):
        if not encounter:
            return False
        company = str(channel.company_id.id)
        return self._keyring().token(encounter.kind, encounter.identifier, company)
