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
    unknown: models.Model  # of its lines, those for which nobody told of an amount yet

    @property
    def _differences(self):
        return self.line.difference_ids

    @property
    def quantity(self):
        more = sum(map(_signed, self._differences))
        return self.line.uom_id.round(self.line.quantity + more)

    @property
    def last_message(self):
        """The id of the message that said last what differs from those before it."""
        lines = self.line | self._differences
        changed = lines.amount_change_ids.message_id
        return max(0, *(lines.his_message_id | changed).ids)

    def shares(self, amount, quantity, missing):
        """``({line: amount}, amount of the difference)`` once ``amount`` is charged for
        the whole of ``quantity``, of which ``missing`` becomes a difference now.

        An amount is always told of the whole. Where each line has its own, what is more
        or less belongs to the difference, or to the first line if there is none. Where
        one has none, it bears its part by quantity, and the first line bears the rest.
        """
        currency = self.line.currency_id
        if not self.unknown:
            before = sum(map(_amount, self.line | self._differences))
            more = currency.round(amount - before)
            if missing or not more:
                return {}, more
            return {self.line: currency.round(_amount(self.line) + more)}, 0
        unit = amount / quantity
        now = {
            line: currency.round(unit * _signed(line))
            for line in self.unknown - self.line
        }
        part = currency.round(unit * missing)
        others = sum(now.get(line, _amount(line)) for line in self._differences)
        now[self.line] = currency.round(amount - others - part)
        if self.line not in self.unknown and now[self.line] == _amount(self.line):
            del now[self.line]
        return now, part


def _signed(line):
    return -line.quantity if line.kind == "return" else line.quantity


def _amount(line):
    """What is charged for it now: the last amount holds."""
    changes = line.amount_change_ids
    return changes[-1:].after if changes else line.charged_amount


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
            told = Told(before, unknown & (before | before.difference_ids))
            missing = before.uom_id.round(values["quantity"] - told.quantity)
            if missing and channel.changed_lines != "delta":
                kept.append((charge, values))  # a conflict
            elif values["his_message_id"] <= told.last_message:
                settled[charge.line_key] = before
            elif missing:
                changes, part = self._amount_changes(values, told, missing)
                amounts += changes
                delta = self._delta(charge, values, told, missing, part)
                kept.append(delta)
                instead[charge.line_key] = delta[0].line_key
            else:
                settled[charge.line_key] = before
                amounts += self._amount_changes(values, told)[0]
        if amounts:
            self.env["med.his.amount.change"]._keep(amounts)
        return kept, settled, instead

    @api.model
    def _without_amount(self, known):
        """Lines, with their differences, for which no amount is known: zero is one,
        NULL is none."""
        lines = self.env["med.consumption"].union(*known.values())
        lines |= lines.difference_ids
        if not lines:
            return lines
        lines.flush_recordset(["charged_amount", "charged_now"])
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM med_consumption WHERE id = ANY(%s)"
                " AND charged_amount IS NULL AND charged_now IS NULL",
                lines.ids,
            )
        )
        return lines.browse([id_ for (id_,) in rows])

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
    def _delta(self, charge, values, told, missing, amount):
        """The line that makes up the difference."""
        number = len(told.line.difference_ids) + 2
        back = missing < 0
        key = f"{charge.line_key}{JOINT}{number}"
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
    def _amount_changes(self, values, told, missing=0):
        """Rows of ``med.his.amount.change``, and the amount of what is ``missing``:
        none and False where the report says nothing of an amount."""
        amount = values.get("charged_amount", False)
        if amount is False:
            return [], False
        now, part = told.shares(amount, values["quantity"], missing)
        rows = [
            {
                "consumption_id": line.id,
                "message_id": values["his_message_id"],
                "before": _amount(line),
                "after": after,
            }
            for line, after in now.items()
        ]
        return rows, part
