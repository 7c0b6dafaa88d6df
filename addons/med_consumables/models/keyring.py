import logging
import os
from functools import lru_cache
from pathlib import Path

from odoo.exceptions import UserError
from odoo.tools import config

from ..core.sealing import SealError, new_key_line, read_keyring

_logger = logging.getLogger(__name__)

OTHERS_MAY_READ = 0o077


def key_path():
    """Where the key file is: MED_KEY_FILE, else med_key_file in the configuration."""
    return os.environ.get("MED_KEY_FILE") or config.get("med_key_file") or ""


def load_keyring(env):
    """The keys that seal content; a UserError says what to do where there are none."""
    path = key_path()
    if not path:
        raise UserError(
            env._(
                "There is no key to encrypt with.\n"
                "Name a key file in the variable MED_KEY_FILE, or as med_key_file in "
                "the server's configuration. 'odoo med_vault --make-key' makes one."
            )
        )
    try:
        return _read(path, os.stat(path).st_mtime_ns)
    except OSError as error:
        raise UserError(
            env._(
                "The key file %(path)s cannot be read: %(reason)s.\n"
                "Restore it from its backup; only a new database may have a new one "
                "('odoo med_vault --make-key').",
                path=path,
                reason=error.strerror,
            )
        )
    except SealError as error:
        raise UserError(
            env._(
                "The key file %(path)s cannot be used: %(reason)s.",
                path=path,
                reason=str(error),
            )
        )


def make_key_file():
    """Make the key file and return its path.

    Never writes over one (FileExistsError), for what it sealed would be lost; a
    ValueError says that no file is named.
    """
    path = key_path()
    if not path:
        raise ValueError("name the file in the variable MED_KEY_FILE first")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with os.fdopen(os.open(path, flags, 0o600), "w") as file:
        file.write(new_key_line() + "\n")
    return path


@lru_cache(maxsize=2)
def _read(path, changed_at):
    """Read once for every version of the file; ``changed_at`` tells them apart."""
    file = Path(path)
    if file.stat().st_mode & OTHERS_MAY_READ:
        _logger.warning("the key file %s can be read by others: chmod 600", path)
    return read_keyring(file.read_text())
