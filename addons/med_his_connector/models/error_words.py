"""What the layers below say about a failure, in the reader's language.

Below the models a failure is told in English, with values filled in: it goes into logs
and into answers to other systems. Whoever reads it on a screen reads it in their own
language, which is found here by the English text. What is not known here, such as a
database's own words, is shown as it came.
"""

import re
from functools import lru_cache

from odoo.tools.translate import LazyTranslate

_lt = LazyTranslate(__name__)

#: Where in a file: stands as the place of an error.
PLACES = (
    _lt("row %(number)s"),
    _lt("line %(number)s"),
)
#: HL7 messages and their fields.
MESSAGES = (
    _lt("NUL bytes: not text, or UTF-16 (send UTF-8)"),
    _lt("XML in UTF-16 is not read"),
    _lt("XML with too many elements"),
    _lt("a cancelled order with administrations"),
    _lt("a code or number is too long"),
    _lt("a credit with a negative quantity"),
    _lt("a deletion with a negative quantity"),
    _lt("a document type is declared"),
    _lt("a document type or entity is declared"),
    _lt("a message of it is not acceptable"),
    _lt("a negative quantity is asked for"),
    _lt("a result names no test"),
    _lt("a result without its number"),
    _lt("a transaction with a negative quantity"),
    _lt("%(place)s says %(said)s, there are %(found)s"),
    _lt("an appointment without SCH"),
    _lt("an order without an item"),
    _lt("another content is known by it"),
    _lt("another message with this id was received before"),
    _lt("batches are not accepted here"),
    _lt("before %(year)s"),
    _lt("bytes outside any MLLP frame"),
    _lt("expiry: %(why)s"),
    _lt("its batch was refused as a whole"),
    _lt("line %(number)s is no segment"),
    _lt("more than %(number)s"),
    _lt("more than %(number)s characters"),
    _lt("more than %(number)s fields"),
    _lt("more than %(number)s lines"),
    _lt("more than %(number)s messages in a batch"),
    _lt("more than %(number)s parts"),
    _lt("more than %(number)s repetitions"),
    _lt("more than %(number)s segments"),
    _lt("neither charge nor credit"),
    _lt("neither charge nor refund"),
    _lt("neither new nor cancelled"),
    _lt("no time is given anywhere"),
    _lt("not %(codec)s at byte %(byte)s (line %(line)s)"),
    _lt("not a day like YYYYMMDD"),
    _lt("not a plain number of at most 12 digits and 6 decimals"),
    _lt("not a time like YYYYMMDD[HHMM[SS]][+ZZZZ]"),
    _lt("not an action"),
    _lt("nothing is named that was merged"),
    _lt("older than the channel accepts"),
    _lt("one message in one frame, please"),
    _lt("one to five encoding characters"),
    _lt("only A and D are read"),
    _lt("the %(name)s is not the one on the label"),
    _lt("the UDI: %(why)s"),
    _lt("the appointment has no number"),
    _lt("the delimiters are not all different"),
    _lt("the entry names no charge"),
    _lt("the entry names no item"),
    _lt("the envelope holds no single HL7 message"),
    _lt("the envelope is no well-formed XML"),
    _lt("the escaped bytes are no text in this charset"),
    _lt("the field separator is missing"),
    _lt("the frame is larger than allowed"),
    _lt("the frame was not finished"),
    _lt("the line names no item"),
    _lt("the master file has no entries"),
    _lt("the message does not begin with MSH"),
    _lt("the message has no lines"),
    _lt("the message type is missing"),
    _lt("the offset from UTC is out of range"),
    _lt("the parser refused: %(why)s"),
    _lt("the quantity is empty"),
    _lt("the time lies in the future"),
    _lt("the time names no day"),
    _lt("there is no such time"),
    _lt("this character set is not known"),
    _lt("this is no version of HL7 v2"),
    _lt("this transaction is not known"),
    _lt("this type of message is not supported"),
    _lt("what takes back has a negative quantity"),
)
#: JSON, FHIR, files and rows of a view.
LINES = (
    _lt("%(number)s bytes"),
    _lt("If-None-Exist can only be identifier=system|value"),
    _lt("NUL in a text"),
    _lt("NaN and Infinity are no JSON"),
    _lt("a line must be an object"),
    _lt("a name that occurs twice in one object"),
    _lt("a number with too many digits"),
    _lt("a resource must be an object"),
    _lt("a return with a negative quantity"),
    _lt("another content was received under this identifier"),
    _lt("control characters"),
    _lt("empty: %(what)s"),
    _lt("half a character"),
    _lt("is in this bundle more than once"),
    _lt("is no code of its value set"),
    _lt("is not the type of the resource"),
    _lt("is required"),
    _lt("is required here"),
    _lt("its checksum is another one"),
    _lt("more than %(number)s bytes"),
    _lt("more than %(number)s entries"),
    _lt("more than %(number)s lines"),
    _lt("more than %(number)s lines cannot be read"),
    _lt("more than %(number)s values"),
    _lt("must be a list"),
    _lt("must be a list of objects"),
    _lt("must be a number"),
    _lt("must be a single value"),
    _lt("must be a text"),
    _lt("must be an object"),
    _lt("must be exact, without < or >"),
    _lt("neither text nor a number"),
    _lt("neither use nor return"),
    _lt("nested too deeply"),
    _lt("no column for: %(names)s"),
    _lt("no time is given"),
    _lt("no value in the column %(name)s"),
    _lt("not JSON at line %(line)s column %(column)s: %(why)s"),
    _lt("not UTF-8 at byte %(byte)s"),
    _lt("not an object"),
    _lt("only POST is supported"),
    _lt("only transaction and batch are supported"),
    _lt("points at no device kept here"),
    _lt("points at no entry of this bundle"),
    _lt("points at nothing that is here"),
    _lt("several resources fit the condition"),
    _lt("the %(name)s is not the one that the device's UDI bears"),
    _lt("the bundle is empty"),
    _lt("the case has no number"),
    _lt("the content is no longer kept"),
    _lt("the file is empty"),
    _lt("the line has no number"),
    _lt("the text is too long"),
    _lt("this Device is no longer kept: contain it"),
    _lt("this modifier is not understood"),
    _lt("this resource is not supported"),
)
#: What the fields of a line are, and why a label (UDI) cannot be read.
NAMES = (
    _lt("number of the line"),
    _lt("code of the item"),
    _lt("when it was used"),
    _lt("lot"),
    _lt("expiry"),
    _lt("serial"),
    _lt("cannot be read"),
    _lt("empty"),
    _lt("too_long"),
    _lt("unknown_identifier"),
    _lt("unclosed_bracket"),
    _lt("missing_value"),
    _lt("short_value"),
    _lt("long_value"),
    _lt("wrong_character"),
    _lt("wrong_check_digit"),
    _lt("wrong_date"),
    _lt("repeated_identifier"),
)
#: What the audit trail says of a change.
TRAIL = (
    _lt("%(number)s messages"),
    _lt("key %(name)s issued"),
    _lt("key %(name)s revoked"),
    _lt("key %(name)s is held by another name"),
    _lt("older than %(number)s days"),
    _lt("TLS: %(why)s"),
    _lt("HTTP: %(code)s, %(why)s"),
    _lt("a bearer key is required"),
    _lt("it is gone already"),
    _lt("its certificate is of nobody who may send here"),
    _lt("its network is not allowed"),
    _lt("send over HTTPS"),
    _lt("stopping"),
    _lt("this key has expired"),
    _lt("this key is not known"),
    _lt("this network is not allowed"),
    _lt("too many connections"),
    _lt("too many requests; wait a minute"),
    _lt("too many wrong keys; wait a minute"),
    _lt("certificate verify failed"),
    _lt("peer did not return a certificate"),
    _lt("wrong version number"),
    _lt("%(sign)s item %(change)s"),
    _lt("%(sign)s department %(change)s"),
    _lt("%(sign)s unit %(change)s"),
    _lt("%(sign)s procedure %(change)s"),
)
#: Lines to other systems, certificates, and the databases of others.
CONNECTIONS = (
    _lt("Connection refused"),
    _lt("Connection reset by peer"),
    _lt("Connection timed out"),
    _lt("ConnectionResetError"),
    _lt("Name or service not known"),
    _lt("Network is unreachable"),
    _lt("No route to host"),
    _lt("RemoteDisconnected"),
    _lt("TimeoutError"),
    _lt("Temporary failure in name resolution"),
    _lt("answer without MSA"),
    _lt("answered with another acknowledgement"),
    _lt("answered with something that is no frame"),
    _lt("closed without an answer"),
    _lt("hung up without an answer"),
    _lt("its certificate is of nobody who may receive here"),
    _lt("no answer in time"),
    _lt("there is no certificate to connect with"),
    _lt("timed out"),
    _lt("unreadable answer"),
    _lt("[Errno %(number)s] %(why)s"),
    _lt("certificate verify failed: %(why)s"),
    _lt("certificate has expired"),
    _lt("self-signed certificate"),
    _lt("self-signed certificate in certificate chain"),
    _lt("unable to get local issuer certificate"),
    _lt("Hostname mismatch, certificate is not valid for '%(host)s'."),
    _lt("IP address mismatch, certificate is not valid for '%(host)s'."),
    _lt("KEY_VALUES_MISMATCH"),
    _lt("EE_KEY_TOO_SMALL"),
    _lt("NO_START_LINE"),
    _lt("BAD_BASE64_DECODE"),
    _lt("sealed with the key %(name)s, which is not in the file"),
    _lt("the content was changed"),
    _lt("the content was changed, or belongs to another record"),
)
DATABASES = (
    _lt("connection to server at %(where)s failed: %(why)s"),
    _lt('could not translate host name "%(host)s" to address: %(why)s'),
    _lt('FATAL:  password authentication failed for user "%(user)s"'),
    _lt('FATAL:  database "%(name)s" does not exist'),
    _lt('FATAL:  role "%(user)s" does not exist'),
    _lt("SSL error: %(why)s"),
    _lt("server does not support SSL, but SSL was required"),
    _lt("canceling statement due to statement timeout"),
    _lt("permission denied for view %(name)s"),
    _lt("permission denied for table %(name)s"),
    _lt("permission denied for schema %(name)s"),
    _lt("there is no view %(name)s"),
    _lt("this is a database of Odoo, and no view of theirs"),
    _lt("""(2003, "Can't connect to MySQL server on '%(host)s' (%(why)s)")"""),
    _lt("""(1045, "Access denied for user '%(user)s' (using password: %(yes)s)")"""),
    _lt("""(1049, "Unknown database '%(name)s'")"""),
)
ALL = (*PLACES, *MESSAGES, *LINES, *NAMES, *TRAIL, *CONNECTIONS, *DATABASES)
VALUE = re.compile(r"%\((\w+)\)s")
#: OpenSSL's words, with what is for its own people before and after them.
OPENSSL = re.compile(r"\[\w+: \w+\] (.+?)(?: \(_ssl\.c:\d+\))?", re.DOTALL)


def in_words(env, text):
    """A failure's English text in the language of ``env``; unknown text as it is."""
    if not text or env.lang in (None, "en_US"):
        return text or ""
    if match := OPENSSL.fullmatch(text):
        return in_words(env, match[1])
    exact, patterns = _known()
    if text in exact:
        return env._(exact[text])
    for pattern, term in patterns:
        if match := pattern.fullmatch(text):
            values = {k: in_words(env, v) for k, v in match.groupdict().items()}
            return env._(term) % values
    return text


def joined(env, *parts):
    """Cause, place and detail as one line, with the colons of the reader's language."""
    said = [part for part in parts if part]
    line = said[0] if said else ""
    for part in said[1:]:
        line = env._("%(first)s: %(then)s", first=line, then=part)
    return line


@lru_cache(maxsize=1)
def _known():
    """``({text: term}, [(pattern, term)])``, the pattern that says most first."""
    exact, patterns = {}, []
    for term in ALL:
        source = term._source
        if not VALUE.search(source):
            exact[source] = term
            continue
        pieces = VALUE.split(source)
        pieces[::2] = map(re.escape, pieces[::2])
        pieces[1::2] = [f"(?P<{name}>.+?)" for name in pieces[1::2]]
        patterns.append((re.compile("".join(pieces), re.DOTALL), term))
    patterns.sort(key=lambda each: len(VALUE.sub("", each[1]._source)), reverse=True)
    return exact, patterns
