from . import test_acknowledgement
from . import test_charges
from . import test_framing
from . import test_hl7_message
from . import test_masking
from . import test_mutations
from . import test_sealing
