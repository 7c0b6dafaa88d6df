from . import med_record_use
from . import med_requisition_reason
from . import med_requisition_receipt
from . import med_requisition_return
from . import med_requisition_substitute
from . import med_transfer_decline
