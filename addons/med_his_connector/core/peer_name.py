"""Who the other side of a TLS connection is, by its certificate.

A certificate names its holder in the subject's common name (CN) and as alternative
names (SAN). A channel pins the names that may send: a certificate of the right
authority is not enough.
"""

import re


def names_of(certificate: dict | None) -> tuple[str, ...]:
    """The names in a certificate as ``ssl`` gives it, CN first, without repetition.

    >>> names_of({"subject": ((("commonName", "his"),),),
    ...           "subjectAltName": (("DNS", "his"), ("IP Address", "10.1.2.3"))})
    ('his', '10.1.2.3')
    """
    if not certificate:
        return ()
    subject = [
        value
        for part in certificate.get("subject", ())
        for kind, value in part
        if kind == "commonName"
    ]
    others = [value for _kind, value in certificate.get("subjectAltName", ())]
    return tuple(dict.fromkeys(subject + others))


def read_pins(text: str) -> frozenset[str]:
    """The names of a list with commas, or one a line. A name may have spaces in it, so
    they part none: ``Ward HIS`` must not let in whoever is called ``HIS``."""
    names = (name.strip() for name in text.replace(",", "\n").splitlines())
    return frozenset(name.casefold() for name in names if name)


def is_pinned(names, pins: frozenset[str]) -> bool:
    """Whether one of the certificate's names is on the list, whole and as it is."""
    return any(name.casefold() in pins for name in names)


def is_host(text: str | None) -> bool:
    """Whether it can be the name or address of a machine.

    >>> is_host("his.hospital"), is_host("10.1.2.3"), is_host("fe80::1")
    (True, True, True)
    >>> is_host("his..hospital"), is_host("http://his"), is_host("")
    (False, False, False)
    """
    try:
        (text or "").encode("idna")
    except UnicodeError:
        return False
    return bool(text) and not re.search(r"[\s/?#@\[\]]", text)
