from . import models
from . import wizard
from . import controllers
from .models.med_stock_triggers import drop_triggers


def uninstall_hook(env):
    """Take the triggers off Odoo's own tables before what they write to goes."""
    drop_triggers(env.cr)
