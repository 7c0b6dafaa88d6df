def post_init_hook(env):
    """Companies that never chose a horizon leave Odoo's year for the short one."""
    env["res.company"]._med_shorten_horizon()
