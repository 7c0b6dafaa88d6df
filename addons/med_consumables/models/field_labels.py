"""Fields by the names that people read."""


def labels_of(model, names):
    """The labels of these fields in the reader's language, for a sentence."""
    return ", ".join(
        model._fields[name]._description_string(model.env) for name in names
    )
