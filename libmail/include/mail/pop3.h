// POP3 (RFC 1939): the server engine. Start at mail/pop3/server_session.h; docs/pop3.md tells the
// rest.
#pragma once

#include "mail/pop3/maildrop.h"
#include "mail/pop3/server_session.h"
