// IMAP4rev1 (RFC 3501): the server engine, its commands as values, LIST patterns. Start at
// mail/imap/server_session.h; docs/imap.md tells the rest.
#pragma once

#include "mail/imap/command.h"
#include "mail/imap/list_pattern.h"
#include "mail/imap/server_session.h"
