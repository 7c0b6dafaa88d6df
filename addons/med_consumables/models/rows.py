"""Many records of one model inserted by one statement.

For records that a batch makes by the hundred and whose every value is known beforehand.
What ``create`` also does is kept: defaults, log columns, computed fields that were not
given, dependents in other models and caches. What is left out is what it does record by
record: access checks, constraints and the overrides of ``create``.
"""

from functools import cache, partial

from odoo.fields import Datetime
from odoo.tools import SQL
from odoo.tools.misc import clean_context


def insert_rows(model, rows, same=None, settled=(), keep=False):
    """Insert ``rows``, dicts with the same stored fields; returns the records in order.

    ``same`` holds the fields that are equal in all rows. Values are as ``create`` takes
    them; money must be rounded. ``settled`` lists ``(records, field names)`` that are
    right already and need not be computed again because of these rows. ``keep`` leaves
    the values in the cache, for records that are looked at right away.
    """
    if not rows:
        return model.browse()
    given = [*rows[0], *(same or {})]
    constant = {**_defaults(model, given), **(same or {})}
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    records = model.browse(_next_ids(model, len(rows)))
    names, values, source = ["id"], [SQL("v.id")], [_array(records._ids, "int4")]
    for name, column in columns.items():
        field = model._fields[name]
        names.append(name)
        values.append(SQL("v.%s", SQL.identifier(name)))
        source.append(_array([_plain(field, value) for value in column], _type(field)))
    for name, value in constant.items():
        field = model._fields[name]
        names.append(name)
        values.append(_cast(_converted(model, field, value), _type(field)))
    model.env.cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM unnest(%s) AS v(%s)",
            SQL.identifier(model._table),
            SQL(", ").join(map(SQL.identifier, names)),
            SQL(", ").join(values),
            SQL(", ").join(source),
            SQL(", ").join(SQL.identifier(name) for name in ["id", *columns]),
        )
    )
    _tell_dependents(records, given, settled)
    if keep:
        _remember(records, columns, constant)
    return records


def _remember(records, columns, constant):
    """Keep in the cache what was written, as ``create`` does."""
    fields = records._fields
    for name, column in columns.items():
        # The same few values come again and again: units, kinds, departments.
        convert = cache(partial(fields[name].convert_to_cache, record=records))
        fields[name]._insert_cache(records, map(convert, column))
    for name, value in constant.items():
        field = fields[name]
        value = field.convert_to_cache(value, records)
        field._insert_cache(records, [value] * len(records))


def cached_ids(records, name):
    """The ids that the many2one ``name`` of each record points at, None for none.

    A thousand lines that point at forty departments need no thousand records for it.
    """
    cache = records._fields[name]._get_cache(records.env)
    if any(id_ not in cache for id_ in records._ids):
        records.fetch([name])
    return [cache[id_] for id_ in records._ids]


def _defaults(model, given):
    """Values of the columns that nobody gave, as ``create`` would fill them."""
    names = [
        name
        for name, field in model._fields.items()
        if field.store and field.column_type and name not in given and name != "id"
    ]
    now = Datetime.now()
    logged = {
        "create_uid": model.env.uid,
        "write_uid": model.env.uid,
        "create_date": now,
        "write_date": now,
    }
    log_columns = {name: logged[name] for name in logged if model._log_access}
    asked = [name for name in names if name not in logged]
    # A default of the context is the business of forms.
    plain = model.with_context(  # pylint: disable=context-overridden
        clean_context(model.env.context)
    )
    return {**plain.default_get(asked), **log_columns}


def _next_ids(model, count):
    return [
        row[0]
        for row in model.env.execute_query(
            # OFFSET 0: the sequence is looked up once, not for each number.
            SQL(
                "SELECT nextval(sequence.name) FROM generate_series(1, %s), "
                "(SELECT pg_get_serial_sequence(%s, 'id') AS name OFFSET 0) sequence",
                count,
                model._table,
            )
        )
    ]


def _tell_dependents(records, given, settled):
    """Have computed what depends on the new records, and forget what is stale."""
    model, env = records.browse(), records.env
    fields = model._fields
    for name in given:
        for inverse in env.registry.field_inverses[fields[name]]:
            env[inverse.model_name].invalidate_model([inverse.name], flush=False)
    protected = [([fields[name] for name in given], records)]
    protected += [
        ([others._fields[name] for name in names], others) for others, names in settled
    ]
    with env.protecting(protected):
        records.modified(
            [name for name, field in fields.items() if field.store], create=True
        )


def _array(values, type_):
    return _cast(list(values), f"{type_}[]")


def _cast(value, type_):
    return SQL("%s::%s", value, SQL(type_))


def _type(field):
    return field.column_type[1].split("(")[0]


def _plain(field, value):
    """``value`` as its column takes it: False is no value, but for a boolean."""
    return value if field.type == "boolean" or value is not False else None


def _converted(model, field, value):
    if field.type == "monetary":
        return value or 0.0
    return field.convert_to_column_insert(value, model)
