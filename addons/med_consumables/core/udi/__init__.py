"""What the barcode on a pack says: device identifier, lot, serial, dates.

A unique device identification (UDI) is a device identifier (DI: whose product, in
which pack) and production identifiers (PI: lot, serial, dates). Packs carry both in
one barcode or in two; the carriers read here are

- GS1 element strings (``gs1``), as scanned, with FNC1 and a symbology prefix, or as
  printed, with brackets; bare GTINs with a right check digit;
- HIBC (``hibc``) and ISBT 128 of ICCBBA (``isbt``);
- MA (ZIIOT) and AHM (Ali Health) with lettered segments (``segmented``);
- anything else: the hospital's own code (院内码).
"""

from . import gs1
from .identification import Udi, UdiConflict, UdiError, merge
from .reading import parse

__all__ = ["Udi", "UdiConflict", "UdiError", "gs1", "merge", "parse"]
