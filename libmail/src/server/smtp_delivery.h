#pragma once

#include <vector>

#include "mail/base/task.h"
#include "mail/smtp/reply.h"
#include "server/connection.h"
#include "server/smtp_transaction.h"
#include "server/trace_header.h"

namespace mail::server {

/// Stores the message of a transaction for all its recipients. The replies to give: one, or in LMTP
/// one for each recipient. Positive only for what a power cut can no longer lose. `facts` says who
/// sent it; id and time are filled in here. Everything referred to outlives the task.
Task<std::vector<smtp::Reply>> deliver(Connection& connection, const Transaction& transaction,
                                       TraceFacts facts);

}  // namespace mail::server
