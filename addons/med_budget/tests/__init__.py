from . import test_availability
from . import test_budget
from . import test_figures
from . import test_order_check
