from . import test_core_forecast
from . import test_core_levels
from . import test_demand
from . import test_proposal
from . import test_lead_time
from . import test_rights
from . import test_company
from . import test_scheduler
