"""libmail: a mail server as a library.

    import libmail, smtplib

    with libmail.Server(accounts={"ann@example.com": "secret"}) as server:
        with smtplib.SMTP(*server.smtp) as smtp:
            smtp.sendmail("eve@example.net", ["ann@example.com"], "Subject: hello\\n\\nworld\\n")
        [message] = server.messages("ann@example.com")
        assert message.email["Subject"] == "hello"

Server      a whole mail server inside this process, ready in milliseconds
Directory   a config folder: accounts, aliases, quotas, who gets mail for an address; read and changed
Settings    the settings of a config folder: values, where they come from, what they mean
Maildir     one account's mail on disk: folders, messages, flags
Bayes       is it spam, how sure is that, and why: a classifier in a file
Message     a parsed message: header fields, addresses, MIME parts
smtp        the SMTP and LMTP server engine without I/O
Error       what all of them raise, with a subclass for each kind
"""

from . import smtp
from ._engine import (
    AlreadyExists, DeadlineExceeded, Error, FailedPrecondition, InvalidArgument, NotFound, PermissionDenied,
    ResourceExhausted, Unavailable)
from .bayes import Bayes, Explanation, Reason, Verdict
from .directory import (
    AccessRule, Account, Alias, AppPassword, Diagnostic, Directory, Quota, Recipient, Relay, Resolution, Step, Transaction,
    resolve)
from .maildir import Folder, FolderInfo, FolderStatus, Maildir, MaildirMessage, Usage
from .message import Address, Message, Part, parse_addresses, parse_date
from .server import ListenAddress, LogLine, Server, StoredMessage
from .settings import Setting, Settings

__all__ = [
    "AccessRule", "Account", "Address", "Alias", "AlreadyExists", "AppPassword", "Bayes", "DeadlineExceeded", "Diagnostic",
    "Directory",
    "Error", "Explanation", "FailedPrecondition", "Folder", "FolderInfo", "FolderStatus", "InvalidArgument",
    "ListenAddress", "LogLine", "Maildir", "MaildirMessage", "Message", "NotFound", "Part", "PermissionDenied", "Quota",
    "Reason", "Recipient", "Relay", "Resolution", "ResourceExhausted", "Server", "Setting", "Settings", "Step",
    "StoredMessage", "Transaction", "Unavailable", "Usage", "Verdict", "parse_addresses", "parse_date", "resolve", "smtp",
]
for _name in __all__:
    if isinstance(globals()[_name], type):
        globals()[_name].__module__ = __name__
del _name
