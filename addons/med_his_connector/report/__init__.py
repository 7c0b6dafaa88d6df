from . import med_his_cause
from . import med_his_balance
