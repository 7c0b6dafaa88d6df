"""What each fault of a file means and what to do: the sentences people read."""

from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

TEXTS = {
    "missing": _lt("“%(heading)s” is empty. Fill it in."),
    "error_value": _lt(
        "The sheet shows an error in this cell. Mend the formula or enter the value."
    ),
    "formula": _lt(
        "The cell holds a formula without its result. Open the file in your "
        "spreadsheet program and save it, or enter the value."
    ),
    "control_character": _lt("The cell holds invisible characters. Type it anew."),
    "too_long": _lt("The text has more than %(length)s characters. Shorten it."),
    "digits_lost": _lt(
        "The spreadsheet took this code for a number and lost digits of it. "
        "Format the column as text and enter the code again."
    ),
    "not_a_number": _lt("“%(value)s” is no number. Enter digits only."),
    "too_large": _lt("The number is larger than any real one. Check it."),
    "too_small": _lt(
        "“%(value)s” is less than the smallest part of the unit. Check the unit."
    ),
    "negative": _lt(
        "A quantity below zero is only known of a use, which is then a return."
    ),
    "zero": _lt("A quantity is more than zero. Enter it or delete the row."),
    "not_a_day": _lt("“%(value)s” is no day. Write it as 2025-03-05."),
    "ambiguous_day": _lt(
        "“%(value)s” could be two days. Write the year first: 2025-03-05."
    ),
    "future": _lt("“%(value)s” has not come yet. Check the day."),
    "too_early": _lt("“%(value)s” lies before the year 2000. Check the day."),
    "ordered_after": _lt("The goods came before they were ordered. Check both days."),
    "after_opening": _lt(
        "Since %(opening)s use is reported here directly; this row would count "
        "it twice. Leave out rows from that day on."
    ),
    "not_yes_or_no": _lt("“%(value)s” means neither yes nor no. Enter 是 or 否."),
    "unknown_word": _lt("“%(value)s” is not known here. Known are: %(known)s."),
    "insurance_code": _lt(
        "“%(value)s” is not a national insurance code: it has C and then 14, "
        "19 or 26 digits."
    ),
    "check_digit": _lt(
        "The check digit of “%(value)s” is wrong. Read it from the pack again."
    ),
    "twice": _lt(
        "The code “%(value)s” stands in row %(first)s already. Keep one of the rows."
    ),
    "unknown_item": _lt(
        "No item has the code “%(value)s”. Import the item list first, or "
        "correct the code."
    ),
    "ambiguous_item": _lt(
        "Several items have the code “%(value)s”: %(other)s. Use the item code."
    ),
    "unknown_department": _lt(
        "No department is called “%(value)s”. Use its code, or create it under "
        "Configuration › Departments."
    ),
    "ambiguous_department": _lt(
        "Several departments are called “%(value)s”. Use the code."
    ),
    "unknown_unit": _lt(
        "No unit is called “%(value)s”. Create it, or use the name of a unit "
        "that exists."
    ),
    "unit_differs": _lt(
        "The item is kept in %(other)s, the file says “%(value)s”. Convert the "
        "quantity, or have the item's unit changed."
    ),
    "tracking_differs": _lt(
        "The item is tracked by %(other)s. An import does not change how stock "
        "is tracked; do it on the item."
    ),
    "unknown_category": _lt(
        "No category is called “%(value)s”. Correct it, or tick “Make Missing "
        "Categories”."
    ),
    "identifier_taken": _lt(
        "“%(value)s” is the device identifier of %(other)s. One of the two is wrong."
    ),
    "changed_report": _lt(
        "This line was imported before with another %(other)s. If the first "
        "was wrong, record a return for it and give this row a new line number."
    ),
    "refused": _lt("The row was refused: %(error)s"),
    "near_name": _lt(
        "The name is nearly that of %(other)s. If it is the same item, use its code."
    ),
    "price_kept": _lt(
        "The item's cost is %(other)s and stays so: it comes from receipts."
    ),
    "unknown_supplier": _lt(
        "No supplier is called “%(value)s”; the name is kept as text."
    ),
    "counted_twice": _lt(
        "The ledger has use of %(other)s in this time from elsewhere. If these "
        "requisitions are the same use, it counts twice: choose “Never” for "
        "requisitions."
    ),
}
#: What the texts may name; each fault's ``data`` has what is true of it.
UNNAMED = dict.fromkeys(("known", "first", "length", "other", "opening", "error"), "")
