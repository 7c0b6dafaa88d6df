from . import test_availability
from . import test_budget
from . import test_budget_alerts
from . import test_figures
from . import test_months
from . import test_order_check
from . import test_request_check
