from . import test_alert_request
from . import test_contract
from . import test_cost_shares
from . import test_purchase_order
from . import test_packs
from . import test_request
from . import test_request_guard
from . import test_request_parts
