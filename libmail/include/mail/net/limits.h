#pragma once

#include <cstddef>

#include "mail/base/time.h"

namespace mail::net {

/// How much of the machine a server takes. A value.
struct Limits {
  std::size_t loops = 0;  // threads that serve connections; 0: one a core,
                          // one in all without a config folder
  // Threads for files and password hashes, at most. Most of them wait for the disk: as many
  // deliveries as wait at the same time share a commit of the file system.
  std::size_t workers = 64;
  /// At one time, and at most three quarters of the descriptors that the system allows. When all
  /// are taken, the oldest that has not logged in makes room (MAX_CONNECTIONS).
  std::size_t connections = 20'000;
  /// To each of SMTP (with submission), IMAP and POP3; this machine's own addresses are free, 0: no
  /// limit (SMTPD_CLIENT_CONNECTION_COUNT_LIMIT).
  std::size_t connections_per_address = 50;
  Duration stop_grace = seconds(5);  // for connections to say goodbye when the server stops
};

}  // namespace mail::net
