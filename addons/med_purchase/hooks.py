def post_init_hook(env):
    """Confirmed orders are locked from the first day, in existing companies, too."""
    env["res.company"].with_context(active_test=False).search([]).po_lock = "lock"
