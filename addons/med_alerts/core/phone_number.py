"""Telephone numbers as a text gateway wants them, by the tables of ``phonenumbers``."""

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat


class WrongNumber(ValueError):
    """No text can reach this; ``reason`` is one of the values below."""

    #: missing, unreadable, too_short, too_long, unassigned, not_mobile
    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


CAN_TEXT = {
    phonenumbers.PhoneNumberType.MOBILE,
    phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
    phonenumbers.PhoneNumberType.PERSONAL_NUMBER,
}
REASONS = {
    phonenumbers.ValidationResult.TOO_SHORT: "too_short",
    phonenumbers.ValidationResult.TOO_LONG: "too_long",
}


def mobile(text: str, region: str) -> str:
    """``text`` as E.164; ``region`` (ISO 3166) is where a number without + is dialled.

    >>> mobile("138 0013 8000", "CN")
    '+8613800138000'
    """
    if not (text or "").strip():
        raise WrongNumber("missing")
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException as error:
        raise WrongNumber("unreadable") from error
    if not phonenumbers.is_valid_number(number):
        why = phonenumbers.is_possible_number_with_reason(number)
        raise WrongNumber(REASONS.get(why, "unassigned"))
    if phonenumbers.number_type(number) not in CAN_TEXT:
        raise WrongNumber("not_mobile")
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)
