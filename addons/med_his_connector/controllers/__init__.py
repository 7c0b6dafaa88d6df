from . import fhir
from . import feed
