from odoo import api, models

from .rows import insert_rows


class MedConsumption(models.Model):
    """Recording by the thousand: the lines of a report are inserted together.

    What ``create`` does record by record is done here once for all: values are checked
    against their fields, and companies by the different pairs that occur.
    """

    _inherit = "med.consumption"

    @api.model_create_multi
    def create(self, vals_list):
        if not vals_list:
            return self.browse()
        model = self.browse()
        model.check_access("create")
        lines = insert_rows(model, self._as_rows(vals_list), keep=True)
        if self._crosses_companies(vals_list):
            lines._check_company()
        reversals = [
            line.id
            for line, vals in zip(lines, vals_list, strict=True)
            if vals.get("reversal_of_id")
        ]
        self.browse(reversals)._check_reversal()
        lines.check_access("create")
        return lines

    def _as_rows(self, vals_list):
        """The same columns for all lines, with values that their fields take."""
        names = list(dict.fromkeys(name for vals in vals_list for name in vals))
        self._check_selections(names, vals_list)
        sparse = [name for name in names if any(name not in v for v in vals_list)]
        default = {**dict.fromkeys(names, False), **self.default_get(sparse)}
        return [{**default, **vals} for vals in vals_list]

    def _check_selections(self, names, vals_list):
        for name in names:
            field = self._fields[name]
            if field.type == "selection":
                wrong = {vals.get(name) or False for vals in vals_list}
                wrong -= {False, *field.get_values(self.env)}
                if wrong:
                    raise ValueError(f"Wrong value for {field}: {wrong}")

    def _crosses_companies(self, vals_list):
        """Whether a line points at a record of another company than its own."""
        for name, field in self._fields.items():
            if field.type != "many2one" or not field.check_company:
                continue
            pairs = {(vals.get(name), vals["company_id"]) for vals in vals_list}
            records = self.env[field.comodel_name].browse(
                {id_ for id_, _company in pairs if id_}
            )
            # Whoever reports need not read what the report points at.
            company = {record.id: record.company_id.id for record in records.sudo()}
            if any(company.get(id_, own) not in (own, False) for id_, own in pairs):
                return True
        return False
