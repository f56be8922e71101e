// The place to start for the net module: the server as a whole, and what it is made with.
#pragma once

#include "mail/net/checkup.h"  // IWYU pragma: export
#include "mail/net/helper.h"
#include "mail/net/identity.h"  // IWYU pragma: export
#include "mail/net/limits.h"    // IWYU pragma: export
#include "mail/net/server.h"    // IWYU pragma: export
