from . import test_levels
from . import test_reorder_point
from . import test_life_cycle
from . import test_queue
from . import test_rights
from . import test_concurrency
from . import test_core_delivery
from . import test_delivery
