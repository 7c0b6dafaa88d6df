from dataclasses import dataclass, replace

from odoo import api, models
from odoo.addons.med_consumables.models.med_consumption_record import IDENTITY
from odoo.tools import SQL

#: Between the number of a line and that of its correction: ``T1~2`` corrects ``T1``.
JOINT = "~"
SAME = [name for name in IDENTITY if name not in ("quantity", "reversal_of_id")]


@dataclass(slots=True)
class Told:
    """A line as it stands with all that was reported of it later."""

    line: models.Model
    is_unknown: bool = False  # nobody told of an amount yet

    @property
    def _changes(self):
        return self.line.amount_change_ids

    @property
    def quantity(self):
        more = sum(
            -each.quantity if each.kind == "return" else each.quantity
            for each in self.line.difference_ids
        )
        return self.line.uom_id.round(self.line.quantity + more)

    @property
    def own_amount(self):
        """Of the first line alone."""
        return self._changes[-1:].after if self._changes else self.line.charged_amount

    @property
    def more_amount(self):
        return sum(self.line.difference_ids.mapped("charged_amount"))

    @property
    def amount(self):
        return self.line.currency_id.round(self.own_amount + self.more_amount)

    @property
    def last_message(self):
        """The id of the message that said last what differs from those before it."""
        lines = self.line | self.line.difference_ids
        return max(0, *lines.his_message_id.ids, *self._changes.message_id.ids)


class MedHisMessageDelta(models.Model):
    """A line that is reported again, with another quantity or amount.

    What was reported stays as it is. Another quantity is a conflict, unless the channel
    says that the last report holds: then the difference is recorded, never the whole a
    second time. More is a use of its own, less is a return of the first line; both bear
    its number with ``~2``, ``~3`` and so on. Another amount moves no stock and holds up
    nothing: the last one holds, whatever the channel says. Anything else that differs
    (item, department, visit, time) is a conflict.

    A message that is older than what stands changes nothing: so each can be replayed.
    """

    _inherit = "med.his.message"

    @api.model
    def _with_deltas(self, channel, lines, known):
        """``lines`` with differences in place of changed ones; ``{key: line}`` of those
        that say again what stands after corrections; and ``{key: its difference's}``.
        """
        kept, settled, instead, amounts = [], {}, {}, []
        unknown = self._without_amount(known)
        for charge, values in lines:
            before = known.get(charge.line_key)
            if not self._is_told_again(before, charge, values):
                kept.append((charge, values))
                continue
            told = Told(before, before.id in unknown)
            missing = before.uom_id.round(values["quantity"] - told.quantity)
            if missing and channel.changed_lines != "delta":
                kept.append((charge, values))  # a conflict
            elif values["his_message_id"] <= told.last_message:
                settled[charge.line_key] = before
            elif missing:
                delta = self._delta(charge, values, told, missing)
                kept.append(delta)
                instead[charge.line_key] = delta[0].line_key
            else:
                settled[charge.line_key] = before
                amounts += self._amount_change(values, told)
        if amounts:
            self.env["med.his.amount.change"]._keep(amounts)
        return kept, settled, instead

    @api.model
    def _without_amount(self, known):
        """Ids of the lines for which no amount is known: zero is one, NULL is none."""
        lines = self.env["med.consumption"].union(*known.values())
        if not lines:
            return set()
        lines.flush_recordset(["charged_amount", "charged_now"])
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM med_consumption WHERE id = ANY(%s)"
                " AND charged_amount IS NULL AND charged_now IS NULL",
                lines.ids,
            )
        )
        return {id_ for (id_,) in rows}

    @api.model
    def _is_told_again(self, before, charge, values):
        """Whether it is the same use, whatever it now says of quantity and amount."""
        if not before or charge.kind == "return":
            return False
        stored = {
            name: before[name].id
            if before._fields[name].type == "many2one"
            else before[name]
            for name in SAME
        }
        return all((values[name] or False) == (stored[name] or False) for name in SAME)

    @api.model
    def _delta(self, charge, values, told, missing):
        """The line that makes up the difference."""
        number = len(told.line.difference_ids) + 2
        back = missing < 0
        key = f"{charge.line_key}{JOINT}{number}"
        amount = values.get("charged_amount", False)
        if amount is not False:
            amount = told.line.currency_id.round(amount - told.amount)
        values = {
            **values,
            "kind": "return" if back else charge.kind,
            "quantity": abs(missing),
            "external_key": key,
            "difference_of_id": told.line.id,
            "charged_amount": amount,
            # What was told is the whole, of which this is a part.
            "charged_told": False,
            "charged_currency_id": False,
        }
        charge = replace(
            charge,
            line_key=key,
            kind=values["kind"],
            reversal_of=told.line.external_key if back else "",
            reversal_certain=back,
        )
        return charge, values

    @api.model
    def _amount_change(self, values, told):
        """Rows of ``med.his.amount.change``; none where it says the same or nothing."""
        amount = values.get("charged_amount", False)
        if amount is False or (amount == told.amount and not told.is_unknown):
            return []
        return [
            {
                "consumption_id": told.line.id,
                "message_id": values["his_message_id"],
                "before": told.own_amount,
                "after": told.line.currency_id.round(amount - told.more_amount),
            }
        ]
