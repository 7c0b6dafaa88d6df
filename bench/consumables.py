"""What the ledger of use costs: reports into lines, lines into stock, lines by lot."""

import resource
import time
from functools import partial
from itertools import groupby
from statistics import median

from odoo import fields

from bench._day_of_use import DayOfUse
from bench._full_shelves import ITEMS as ITEMS_OF_A_HOSPITAL
from bench._full_shelves import FullShelves
from bench._years_of_use import YearsOfUse

FLOOR = "med_consumables"

ROUNDS = 3
OVERVIEW = [
    "product_id",
    "location_id",
    "usable",
    "uom_id",
    "on_hand",
    "reserved",
    "in_transit",
    "held",
    "expired",
    "pending",
    "days_of_cover",
    "next_expiry",
    "value",
]
ITEMS = ["display_name", "qty_available", "free_qty", "virtual_available", "uom_id"]
SUMS = [*OVERVIEW[2:3], *OVERVIEW[4:]]
BATCH = 1_000
#: Looking is short and the machine is shared: more rounds make a steadier median.
VIEW_ROUNDS = 5


def posting(env, quick):
    """Events posted per second: a day of use, posted every hour; the median hour.

    The peer is one picking per event, confirmed, reserved and validated by Odoo's own
    buttons, on a sample of the same kind of events; the median tenth of it. Before, the
    same sample is posted both ways on equal departments, and stock, values and cost
    centres must be equal.
    """
    events, sample = (2_000, 100) if quick else (20_000, 1_000)
    day = DayOfUse(env, ["ours", "theirs"])
    shared = day.events(sample)
    tenth = sample // 10
    peer_speeds = [
        tenth / _seconds(env, partial(_one_picking_each, day, "theirs", some))
        for some in (shared[at : at + tenth] for at in range(0, sample, tenth))
    ]
    _record(day, shared, "ours", "sample")
    _seconds(env, lambda: _post(env))
    _must_be_equal(day)
    spent = recording = 0.0
    speeds = []
    for hour, in_hour in groupby(day.events(events), key=lambda event: event[0]):
        reports = day.reports(in_hour, "ours", f"hour {hour}")
        recording += _seconds(env, partial(env["med.consumption"]._record, reports))
        seconds = _seconds(env, lambda: _post(env))
        speeds.append(len(reports) / seconds)
        spent += seconds
    yield {
        "value": median(speeds),
        "unit": "events/s",
        "peer": "one picking per event",
        "peer_value": median(peer_speeds),
        "n": events,
        "whole_day": events / spent,
        "with_recording": events / (spent + recording),
        "peak_mb": _peak_mb(),
    }


def ledger_insert(env, quick):
    """Lines of use recorded per second, in batches of 1,000 as a busy channel has them.

    The peer creates one record at a time with the same values and commits each, as an
    interface over RPC would.
    """
    count, sample = (2_000, 50) if quick else (20_000, 500)
    day = DayOfUse(env, ["ours"])
    ledger = env["med.consumption"]
    speeds, peer_speeds = [], []
    for number in range(ROUNDS):
        reports = day.reports(day.events(count), "ours", f"his:{number}")
        batches = [reports[at : at + BATCH] for at in range(0, count, BATCH)]
        speeds.append(count / _seconds(env, partial(_record_each, ledger, batches)))
        single = day.reports(day.events(sample), "ours", f"his:single {number}")
        prepared = [[values] for values in ledger._prepare_reports(single)]
        seconds = _seconds(env, partial(_create_each, ledger, prepared))
        peer_speeds.append(sample / seconds)
    yield {
        "value": median(speeds),
        "unit": "lines/s",
        "peer": "one record created at a time",
        "peer_value": median(peer_speeds),
        "n": count,
        "peak_mb": _peak_mb(),
    }


def recall_5m(env, quick):
    """Seconds to find every unit of one lot among 5 million lines of use.

    The peer is Odoo's own way: the done moves of the lot, grouped by where they went,
    which says nothing of visits.
    """
    count = 100_000 if quick else 5_000_000
    years = YearsOfUse(env, count)
    chosen = years.random.sample(years.lots, ROUNDS)
    seconds, peer_seconds = [], []
    for lot in chosen:
        recall = env["med.recall"].create(
            {
                "subject": lot.name,
                "product_ids": lot.product_id.ids,
                "lot_names": lot.name,
            }
        )
        env.cr.commit()
        seconds.append(_seconds(env, partial(_find_units, recall)))
        peer_seconds.append(_seconds(env, partial(_moves_of_lot, lot)))
    yield {
        "value": median(seconds),
        "unit": "s",
        "peer": "moves of the lot by destination",
        "peer_value": median(peer_seconds),
        "n": count,
        "peak_mb": _peak_mb(),
    }


def _find_units(recall):
    recall.action_search()
    units = recall._find_units()
    if not any(spot.place == "used" for spot in units):
        raise AssertionError("no use of the lot was found")
    recall.env["med.consumption"]._lines_of_lots(recall.lot_ids).mapped("department_id")


def _moves_of_lot(lot):
    lot.env["stock.move.line"]._read_group(
        [("lot_id", "=", lot.id), ("state", "=", "done")],
        ["location_dest_id"],
        ["quantity:sum"],
    )


def one_view_5m(env, quick):
    """Seconds to use the one view of stock: 1.2 million rows, 5 million ledger lines.

    Search by name, filters, groups, then the first page, which is the figure. The peer
    is the first page of Odoo's own list of items with their quantities, which knows
    neither departments nor what is usable. A thousand lines of use were just recorded
    and not counted by the job yet, as in the middle of a day.
    """
    count, items = (100_000, 1_000) if quick else (5_000_000, ITEMS_OF_A_HOSPITAL)
    shelves = FullShelves(env, count, items)
    _record(shelves, shelves.events(BATCH), "ours", "his:now")
    view = env["med.stock.overview"]
    rows = view.search_count([])
    for what, work in _ways_to_look(shelves, view).items():
        seconds = [_seconds(env, work) for _round in range(VIEW_ROUNDS)]
        yield {
            "value": median(seconds),
            "unit": "s",
            "what": what,
            "slowest": max(seconds),
            "n": count,
            "rows": rows,
        }
    overview = partial(_first_page, view, OVERVIEW)
    of_items = partial(_first_page, env["product.product"], ITEMS)
    seconds = [_seconds(env, overview) for _round in range(VIEW_ROUNDS)]
    peer_seconds = [_seconds(env, of_items) for _round in range(ROUNDS)]
    yield {
        "value": median(seconds),
        "unit": "s",
        "what": "first page",
        "slowest": max(seconds),
        "peer": "items with their quantities",
        "peer_value": median(peer_seconds),
        "n": count,
        "rows": rows,
        "peak_mb": _peak_mb(),
    }


def _ways_to_look(shelves, view):
    """``{what a person does: function}``; each as the list's own request."""
    item = shelves.products[:1]
    ward = shelves.departments["ours"][0]

    def page(domain, order=None):
        return partial(_first_page, view, OVERVIEW, domain, order, least=1)

    def groups(*by):
        return partial(_groups, view, by)

    return {
        "one item": page([("product_id", "=", item.id)]),
        "search by name": page([("product_id", "ilike", "catheter 12")]),
        "search by a common word": page([("product_id", "ilike", "catheter")]),
        "one ward": page([("department_id", "=", ward.id)]),
        "less than a week of cover": page([("days_of_cover", "<", 7)]),
        "expired": page([("on_hand", ">", 0), ("next_expiry", "<", "today +30d")]),
        "nothing usable": page([("usable", "<=", 0)]),
        "by value": page([], "value desc"),
        "by days of cover": page([], "days_of_cover"),
        "grouped by department": groups("department_id"),
        "grouped by category and kind of place": groups("categ_id", "place_kind"),
        "grouped by ABC": groups("med_abc"),
    }


def _groups(view, by):
    sums = [f"{name}:{view._fields[name].aggregator}" for name in SUMS]
    if not view.formatted_read_group([], list(by), sums):
        raise AssertionError("there are no groups")


def _first_page(model, names, domain=(), order=None, least=80):
    named = {"fields": {"display_name": {}}}
    fields_asked = {
        name: named if model._fields[name].type == "many2one" else {} for name in names
    }
    page = model.web_search_read(
        list(domain), fields_asked, limit=80, order=order, count_limit=10_001
    )
    if len(page["records"]) < least:
        raise AssertionError("the page is not full")


def _record_each(ledger, batches):
    for reports in batches:
        ledger._record(reports)
        ledger.env.cr.commit()
        ledger.env.invalidate_all()


def _create_each(ledger, batches):
    for values in batches:
        ledger.create(values)
        ledger.env.cr.commit()


def _must_be_equal(day):
    ours, theirs = day.end_state("ours"), day.end_state("theirs")
    for what in ours:
        if not ours[what] or ours[what] != theirs[what]:
            raise AssertionError(f"the end states differ in {what}")


def _record(day, events, set_name, source):
    day.env["med.consumption"]._record(day.reports(events, set_name, source))
    day.env.cr.commit()


def _seconds(env, work):
    """Duration of ``work()`` with its writes and its commit, from a cold cache."""
    env.invalidate_all()
    started = time.perf_counter()
    work()
    env.cr.commit()
    return time.perf_counter() - started


def _peak_mb():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def _post(env):
    ledger = env["med.consumption"]
    while ledger._post_pending():
        env.cr.commit()
        env.invalidate_all()
    if ledger.search_count([("state", "!=", "posted")]):
        raise AssertionError("some events were not posted")


def _one_picking_each(day, set_name, events):
    env = day.env
    for _hour, _second, department, product, quantity in events:
        ward = day.departments[set_name][department]
        places = {
            "location_id": ward.stock_location_id.id,
            "location_dest_id": ward.consumption_location_id.id,
        }
        move = {
            "product_id": day.products[product].id,
            "product_uom_qty": quantity,
            **places,
        }
        picking = env["stock.picking"].create(
            {
                "picking_type_id": ward.warehouse_id.int_type_id.id,
                "move_ids": [fields.Command.create(move)],
                **places,
            }
        )
        picking.action_confirm()
        picking.action_assign()
        picking.button_validate()
        env.cr.commit()
        if picking.state != "done":
            raise AssertionError(f"{picking.name} is {picking.state}")
