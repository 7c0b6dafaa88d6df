"""Defaults of the context: any caller may send one for any field."""


def without_defaults(records, names):
    """The records without the defaults of these fields in their context.

    A check of what ``create`` is given does not see them, and ``create`` fills them in,
    for a superuser, too.
    """
    context = records.env.context
    kept = {
        name: value
        for name, value in context.items()
        if not (name.startswith("default_") and name.removeprefix("default_") in names)
    }
    if len(kept) == len(context):
        return records
    # Keys are taken out, so that the whole of it is given anew.
    return records.with_context(kept)  # pylint: disable=context-overridden
