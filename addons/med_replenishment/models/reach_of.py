"""What policies and clinical needs name, as sets of ids: looked up once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Ids that say what a reorder rule is about."""

    company: int
    product: int
    category: int
    department: int


def places_of(orderpoints, departments):
    """``{orderpoint: Place}``; ``departments`` is ``{location id: department}``."""
    return {
        rule: Place(
            rule.company_id.id,
            rule.product_id.id,
            rule.product_id.categ_id.id,
            departments[rule.location_id.id].id,
        )
        for rule in orderpoints
    }


def with_all_below(records):
    """Ids of ``records`` and of all below them, archived ones too; None for none."""
    if not records:
        return None
    model = records.with_context(active_test=False)
    return frozenset(model.search([("id", "child_of", records.ids)])._ids)


def names(ids, id_):
    """Whether ``id_`` is among ``ids``; None names all."""
    return ids is None or id_ in ids
