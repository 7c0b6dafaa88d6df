from dataclasses import dataclass, replace

from odoo import api, models
from odoo.addons.med_consumables.models.med_consumption import IDENTITY
from odoo.fields import Domain

#: Between the number of a line and that of its correction: ``T1~2`` corrects ``T1``.
JOINT = "~"
SAME = [name for name in IDENTITY if name not in ("quantity", "reversal_of_id")]


@dataclass(slots=True)
class Told:
    """A line as it stands with all its corrections."""

    line: models.Model
    corrections: models.Model

    def _sum(self, name):
        lines = self.line | self.corrections
        sign = {line: -1 if line.kind == "return" else 1 for line in lines}
        if name == "charged_amount":  # it bears its sign
            return sum(lines.mapped(name))
        return sum(sign[line] * line[name] for line in lines)

    @property
    def quantity(self):
        return self.line.uom_id.round(self._sum("quantity"))

    @property
    def amount(self):
        return self.line.currency_id.round(self._sum("charged_amount"))


class MedHisMessageDelta(models.Model):
    """A line that is reported again with another quantity, where the channel says that
    the last report holds: the difference is recorded, never the whole a second time.

    What was reported stays as it is. More is a use of its own, less is a return of the
    first line; both bear its number with ``~2``, ``~3`` and so on. Anything else that
    differs (item, department, visit, time) is a conflict, whatever the channel says.
    """

    _inherit = "med.his.message"

    @api.model
    def _with_deltas(self, channel, lines, known):
        """``lines`` with differences in place of changed ones; ``{key: line}`` of those
        that say again what stands after corrections; and ``{key: its difference's}``.
        """
        if channel.changed_lines != "delta":
            return lines, {}, {}
        changed = {
            charge.line_key
            for charge, values in lines
            if self._differs(known.get(charge.line_key), charge, values)
        }
        if not changed:
            return lines, {}, {}
        told = self._told(channel, {key: known[key] for key in changed})
        kept, settled, instead = [], {}, {}
        for charge, values in lines:
            if charge.line_key not in changed:
                kept.append((charge, values))
            elif delta := self._delta(charge, values, told[charge.line_key]):
                kept.append(delta)
                instead[charge.line_key] = delta[0].line_key
            else:
                settled[charge.line_key] = told[charge.line_key].line
        return kept, settled, instead

    @api.model
    def _differs(self, before, charge, values):
        """Whether only the quantity is another one than was reported, or may be after
        corrections."""
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
    def _told(self, channel, lines):
        """``{key: Told}``; the corrections of all of them in one query."""
        found = self.env["med.consumption"].search(
            Domain("company_id", "=", channel.company_id.id)
            & Domain("source", "=", channel._source())
            & Domain.OR(
                Domain("external_key", "=like", _literal(key) + JOINT + "%")
                for key in lines
            )
        )
        return {
            key: Told(
                line,
                found.filtered(lambda each, key=key: _corrects(each.external_key, key)),
            )
            for key, line in lines.items()
        }

    @api.model
    def _delta(self, charge, values, told):
        """The line that makes up the difference; None where there is none."""
        missing = told.line.uom_id.round(values["quantity"] - told.quantity)
        if not missing:
            return None
        number = len(told.corrections) + 2
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
            "charged_amount": amount,
        }
        charge = replace(
            charge,
            line_key=key,
            kind=values["kind"],
            reversal_of=told.line.external_key if back else "",
            reversal_certain=back,
        )
        return charge, values


def _literal(key):
    return key.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _corrects(external_key, key):
    start, joint, number = external_key.rpartition(JOINT)
    return bool(joint) and start == key and number.isdigit()
