"""Many rows from one: copies of a record made by SQL, for sizes the ORM is slow at."""

from odoo.tools import SQL


def copy_rows(record, source, **changed):
    """A copy of ``record`` for each row of the table ``source``.

    ``changed`` maps columns to SQL, which may name ``source``; the others are as in
    ``record``.
    """
    env, table = record.env, record._table
    columns = [
        name
        for [name] in env.execute_query(
            SQL(
                "SELECT column_name::text FROM information_schema.columns "
                "WHERE table_schema = current_schema AND table_name = %s "
                "AND is_generated = 'NEVER'",
                table,
            )
        )
    ]
    env.cr.execute(
        SQL(
            "INSERT INTO %s (%s) SELECT %s FROM %s, %s old WHERE old.id = %s",
            SQL.identifier(table),
            SQL(", ").join(map(SQL.identifier, columns)),
            SQL(", ").join(
                changed.get(name, SQL.identifier("old", name)) for name in columns
            ),
            SQL.identifier(source),
            SQL.identifier(table),
            record.id,
        )
    )
