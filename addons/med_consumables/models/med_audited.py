from odoo import api, models

#: Longer texts are cut in the trail; the record has them whole.
LONGEST = 2000


class MedAudited(models.AbstractModel):
    """Each change of a field that matters is an entry of the audit trail.

    It does not matter who changes it, a person over RPC or a program with full rights.
    Modules being installed or upgraded leave no trail: the system is not in use then.
    """

    _name = "med.audited"
    _description = "With an Audit Trail"
    _med_audit_subject = "master"

    @api.model
    def _med_audited_fields(self):
        """Names of the fields whose changes are kept."""
        return ()

    def _med_is_audited(self):
        """The records of self that are under audit."""
        return self

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        if self.env.registry.ready:
            kept = records._med_is_audited()
            kept._med_log(
                "create",
                {record: [(None, None, record._med_summary())] for record in kept},
            )
        return records

    def write(self, vals):
        names = [name for name in self._med_audited_fields() if name in vals]
        if not names or not self.env.registry.ready:
            return super().write(vals)
        before, audited = self._med_picture(names), self._med_is_audited()
        result = super().write(vals)
        after = self._med_picture(names)
        # A change that takes a record out of audit is the last one to be kept.
        (audited | self._med_is_audited())._med_log(
            "write",
            {
                record: [
                    (name, *self._med_difference(before[record][name], new))
                    for name, new in after[record].items()
                    if new != before[record][name]
                ]
                for record in self
            },
        )
        return result

    def unlink(self):
        kept = self.browse()
        if self.env.registry.ready:
            kept = self._med_is_audited()
        rows = kept._med_rows(
            "unlink", {record: [(None, record._med_summary(), None)] for record in kept}
        )
        result = super().unlink()
        self.env["med.audit.entry"]._log(rows)
        return result

    def _med_log(self, action, changes):
        rows = self._med_rows(action, changes)
        if rows:
            self.env["med.audit.entry"]._log(rows)

    def _med_rows(self, action, changes):
        # Names are read for the trail, whatever the person may read.
        return [
            {
                "action": action,
                "subject": record._med_audit_subject,
                "model": record._name,
                "res_id": record.id,
                "record_name": record._med_audit_name(),
                "company_id": record._med_audit_company().id,
                "field_name": name,
                "old_value": old and old[:LONGEST],
                "new_value": new and new[:LONGEST],
            }
            for record in self.sudo()
            for name, old, new in changes.get(record, ())
        ]

    def _med_audit_name(self):
        """Under which name people find the record in the trail."""
        return self.display_name

    def _med_audit_company(self):
        if self._name == "res.company":
            return self
        company = self._fields.get("company_id")
        return self.company_id if company else self.env["res.company"]

    def _med_picture(self, names):
        """``{record: {name: value}}``; see ``_med_value``."""
        return {
            record: {name: self._med_value(plain, name) for name in names}
            for record, plain in zip(self, self.sudo(), strict=True)  # see _med_rows
        }

    @api.model
    def _med_value(self, record, name):
        """As it is read; of records (id, name) of each, for names are not unique."""
        field = self._fields[name]
        if field.relational:
            return frozenset(
                (each.id, each.display_name or "") for each in record[name]
            )
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(record[name], "")
        if field.type == "boolean":
            return self.env._("Yes") if record[name] else self.env._("No")
        value = record[name]
        return "" if value is False or value is None else str(value)

    @api.model
    def _med_difference(self, old, new):
        if not isinstance(new, frozenset):
            return old, new
        gone, come = old - new, new - old
        namesakes = {name for _id, name in gone} & {name for _id, name in come}
        return tuple(
            "\n".join(
                sorted(
                    f"{name} ({number})" if name in namesakes else name
                    for number, name in side
                )
            )
            for side in (gone, come)
        )

    def _med_summary(self):
        """What a new or deleted record says: one line a field."""
        self.ensure_one()
        empty = ("", frozenset(), self.env._("No"))
        plain = self.sudo()  # see _med_rows
        lines = []
        for name in self._med_audited_fields():
            value = self._med_value(plain, name)
            if value not in empty:
                text = value
                if isinstance(value, frozenset):
                    text = ", ".join(sorted(each for _id, each in value))
                label = self._fields[name]._description_string(self.env)
                lines.append(f"{label}: {text}")
        return "\n".join(lines)
