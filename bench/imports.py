"""What it costs to bring in a hospital: its item list, and years of its history."""

import resource
import time

from bench import _hospital_files as files

FLOOR = "med_consumables"


def items(env, quick):
    """Rows per second of an item list: checked, then imported in committed portions.

    The peer is Odoo's own import of a sample of the same items, in one transaction as
    it does it, with neither a check of the whole file nor an identification, ABC or
    undo. Every thousandth row is faulty and must be named.
    """
    count, sample = (1_000, 100) if quick else (20_000, 1_000)
    files.make_categories(env)
    env.cr.commit()
    peer_seconds = _seconds(lambda: _own_import(env, sample))
    env.cr.rollback()
    file = files.as_workbook(files.ITEM_HEADERS, files.item_rows(count))
    yield {
        **_figures(env, "items", file, count, count // 1_000),
        "peer": "Odoo's own import",
        "peer_value": sample / peer_seconds,
    }


def history(env, quick):
    """Rows per second of years of use, returns and waste, of 20,000 items.

    They become lines of the ledger that move no stock. Every ten-thousandth row is
    faulty. The memory is that of the whole bench: it does not grow with the file.
    """
    count, items = (5_000, 500) if quick else (200_000, 20_000)
    files.make_categories(env)
    files.make_departments(env)
    file = files.as_workbook(files.ITEM_HEADERS, files.item_rows(items))
    _import(env, "items", file)
    file = files.as_text(files.HISTORY_HEADERS, files.history_rows(count, items))
    yield _figures(env, "history", file, count, None)


def _figures(env, kind, file, count, faulty):
    job, checking, importing = _import(env, kind, file)
    if job.state != "done" or job.rows_done != count:
        raise AssertionError(f"{job.state}: {job.rows_done} of {count} rows")
    if faulty is not None and job.rows_faulty != faulty:
        raise AssertionError(f"{job.rows_faulty} faulty rows, not {faulty}")
    return {
        "value": count / importing,
        "unit": "rows/s",
        "n": count,
        "check_seconds": checking,
        "import_seconds": importing,
        "faulty": job.rows_faulty,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def _import(env, kind, file):
    """Check and import a file as the job does; the import, and seconds of both."""
    job = env["med.import"].create(
        {
            "kind": kind,
            "file": file,
            "filename": "hospital.xlsx",
            "lang": "en_US",
            "skip_faulty": True,
        }
    )
    env.cr.commit()
    checking = _seconds(lambda: _run(job, job.action_check))
    if job.state != "checked":
        raise AssertionError(f"{job.state}: {job.refusal}")
    importing = _seconds(lambda: _run(job, job.action_import))
    return job, checking, importing


def _run(job, action):
    action()
    job.env.cr.commit()
    job._cron_work()


def _own_import(env, count):
    """The same items by the method behind Odoo's import screen."""
    names = ["default_code", "name", "med_specification", "uom_id", "categ_id"]
    names += ["standard_price", "med_value_class", "med_consumable", "is_storable"]
    names += ["tracking"]
    value_class = dict(env["product.template"]._fields["med_value_class"].selection)
    rows = [
        [code, name, size, "Units", category, str(price)]
        + [value_class["high" if kind == "高值" else "low"], "True", "True", "By Lots"]
        for code, name, size, _unit, category, price, kind in files.item_rows(count)
    ]
    result = env["product.template"].load(names, rows)
    if not result["ids"]:
        raise AssertionError(result["messages"][:3])


def _seconds(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
