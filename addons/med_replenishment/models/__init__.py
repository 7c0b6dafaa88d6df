from . import res_company
from . import res_config_settings
from . import med_demand_day
from . import stock_warehouse_orderpoint
from . import med_reorder_proposal
from . import med_reorder_computation
