from . import comment_wizard
from . import med_alert_step
from . import med_alert_trace
from . import purchase_request_line_make_purchase_order
