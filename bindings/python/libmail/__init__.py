"""libmail: a mail server as a library.

    import libmail, smtplib

    with libmail.Server(accounts={"ann@example.com": "secret"}) as server:
        with smtplib.SMTP(*server.smtp) as smtp:
            smtp.sendmail("eve@example.net", ["ann@example.com"], "Subject: hello\\n\\nworld\\n")
        [message] = server.messages("ann@example.com")
        assert message.email["Subject"] == "hello"

Server      a whole mail server inside this process, ready in milliseconds
Directory   accounts and aliases of a config folder, and who gets mail for an address
Editor      changes to a config folder, while a server runs or not
Bayes       is it spam, how sure is that, and why: a classifier in a file
Message     a parsed message: header fields, addresses, MIME parts
smtp        the SMTP and LMTP server engine without I/O
Error       what all of them raise
"""

from . import smtp
from ._engine import Error
from .bayes import Bayes, Explanation, Reason, Verdict
from .directory import Alias, Diagnostic, Directory, Editor, Quota, Recipient, Resolution, Step, resolve
from .message import Address, Message, Part, parse_addresses, parse_date
from .server import ListenAddress, LogLine, Server, StoredMessage

__all__ = [
    "Address", "Alias", "Bayes", "Diagnostic", "Directory", "Editor", "Error", "Explanation", "ListenAddress", "LogLine",
    "Message", "Part", "Quota", "Reason", "Recipient", "Resolution", "Server", "Step", "StoredMessage", "Verdict",
    "parse_addresses", "parse_date", "resolve", "smtp",
]
for _name in __all__:
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = __name__
del _name
