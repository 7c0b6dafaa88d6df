"""What one stock move of a posting will hold, before it is made."""

from collections import defaultdict


class PlannedMove:
    """One product that a department used, or gave back, on one of the hospital's days.

    ``returned`` is the move of the use that a return gives back, else empty. ``spots``
    is ``{(lot id, place id): [(line, quantity, use)]}``: the place is on the shelf, and
    ``use`` is the allocation that is given back.
    """

    def __init__(self, department, shelf, product, returned):
        self.department = department
        self.shelf = shelf
        self.product = product
        self.returned = returned
        self.spots = defaultdict(list)

    @property
    def place_of_use(self):
        return self.department.consumption_location_id

    @property
    def source(self):
        return self.place_of_use if self.returned else self.shelf

    @property
    def destination(self):
        return self.shelf if self.returned else self.place_of_use

    @property
    def entries(self):
        """``[(spot, line, quantity, use)]`` in the order of the spots."""
        return [
            (spot, *entry) for spot, entries in self.spots.items() for entry in entries
        ]

    @property
    def quantity(self):
        return float(sum(quantity for _spot, _line, quantity, _use in self.entries))

    @property
    def quantity_by_spot(self):
        return {
            spot: float(sum(quantity for _line, quantity, _use in entries))
            for spot, entries in self.spots.items()
        }

    def event_time(self, now):
        """The last use of the day; a clock ahead of ours does not move stock ahead."""
        return min(now, max(line.event_time for _spot, line, *_rest in self.entries))
