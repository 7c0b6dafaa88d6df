import logging
import os
from functools import lru_cache
from pathlib import Path

from odoo.exceptions import UserError
from odoo.tools import config

from ..core.sealing import SealError, read_keyring

_logger = logging.getLogger(__name__)

OTHERS_MAY_READ = 0o077


def key_path():
    """Where the key file is: MED_KEY_FILE, else med_key_file in the configuration."""
    return os.environ.get("MED_KEY_FILE") or config.get("med_key_file") or ""


def load_keyring(env):
    """The keys that seal messages; a UserError says what to do where there are none."""
    path = key_path()
    if not path:
        raise UserError(
            env._(
                "There is no key to encrypt messages with.\n"
                "Name a key file in the variable MED_KEY_FILE, or as med_key_file in "
                "the server's configuration. 'odoo med_gateway --make-key' makes one."
            )
        )
    try:
        return _read(path, os.stat(path).st_mtime_ns)
    except OSError as error:
        raise UserError(
            env._(
                "The key file %(path)s cannot be read: %(reason)s.\n"
                "Restore it from its backup; only a new database may have a new one "
                "('odoo med_gateway --make-key').",
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


@lru_cache(maxsize=2)
def _read(path, changed_at):
    """Read once for every version of the file; ``changed_at`` tells them apart."""
    file = Path(path)
    if file.stat().st_mode & OTHERS_MAY_READ:
        _logger.warning("the key file %s can be read by others: chmod 600", path)
    return read_keyring(file.read_text())
