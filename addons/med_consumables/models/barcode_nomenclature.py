import re

from odoo import models

from ..core.udi import UdiError, gs1


class BarcodeNomenclature(models.Model):
    """A valid GS1 barcode is read, whatever else than Odoo's own rules it bears.

    Odoo gives up on the whole barcode where one element has no rule: production date
    (11), additional numbers (240), measures ... Here the full table of identifiers cuts
    the barcode; elements with a rule are answered as before, the others are left out.
    """

    _inherit = "barcode.nomenclature"

    def gs1_decompose_extended(self, barcode):
        read = super().gs1_decompose_extended(barcode)
        if read is not None or not barcode:
            return read
        return self._med_known_elements(barcode)

    def _med_known_elements(self, barcode):
        """Odoo's answer for the elements that it has rules for, None for no GS1."""
        text = self._med_element_string(barcode)
        try:
            elements = list(gs1.scanned(text))
        except UdiError:
            return None
        rules = self.rule_ids.filtered(lambda rule: rule.encoding == "gs1-128")
        known = []
        for element in elements:
            answer = self._med_by_rule(rules, element)
            if answer is False:
                return None
            if answer:
                known.append(answer)
        return known or None

    def _med_by_rule(self, rules, element):
        """The answer of the first rule that takes ``element``.

        None where no rule speaks of it; False where one does and its check fails.
        """
        text = element.identifier + element.value
        for rule in rules:
            match = re.fullmatch(rule.pattern, text)
            if match and len(match.groups()) >= 2:
                return self.parse_gs1_rule_pattern(match, rule) or False
        return None

    def _med_element_string(self, barcode):
        """``barcode`` without prefix, its separators as the standard has them."""
        for prefix in (*gs1.SYMBOLOGIES, gs1.FNC1):
            if barcode.startswith(prefix):
                barcode = barcode.removeprefix(prefix)
                break
        if self.gs1_separator_fnc1:
            barcode = re.sub(self.gs1_separator_fnc1, gs1.FNC1, barcode)
        return barcode
