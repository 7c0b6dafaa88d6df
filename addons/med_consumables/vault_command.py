"""What ``odoo med_vault`` does."""

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry

from .core.sealing import SealError
from .models.keyring import load_keyring, make_key_file


def make_key():
    """Make the key file; the exit status."""
    try:
        path = make_key_file()
    except ValueError as error:
        _say(f"There is no place for the key file: {error}.")
        return 2
    except FileExistsError as error:
        _say(f"{error.filename} exists already and is left as it is.")
        return 1
    _say(f"Made {path}. Keep a copy where the database's backups are not.")
    return 0


def run(database, rotate=False):
    """Rotate where asked, then say which keys are needed; the exit status."""
    with Registry(database).cursor() as cr:
        env = api.Environment(cr, SUPERUSER_ID, {})
        try:
            newest = load_keyring(env).name
            if rotate:
                _rotate(env)
        except (UserError, SealError) as error:
            cr.rollback()
            _say(f"The vault cannot be sealed anew: {error}")
            return 1
        by_key = env["med.vault"]._entries_by_key()
    for name, count in sorted(by_key.items()):
        note = "the newest key" if name == newest else "an older key, still needed"
        _say(f"{count} entries are sealed with {name}, {note}")
    if not by_key:
        _say("The vault is empty.")
    return 0


def _rotate(env):
    left = None
    while left is None or left:
        left = env["med.vault"]._rotate()
        env.cr.commit()
        _say(f"{left} entries left")


def _say(text):
    """To whoever started the command."""
    print(text, flush=True)  # noqa: T201  pylint: disable=print-used
