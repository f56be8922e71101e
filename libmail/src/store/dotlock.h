// Dovecot's dot-locks: whoever creates `<file>.lock` may change the file.
#pragma once

#include <memory>
#include <string>

#include "store/maildir_files.h"

namespace mail::store {

/// Held until destroyed.
class Dotlock {
 public:
  /// Waits for another holder at most `options.lock_wait`. Fails: Unavailable.
  static StatusOr<Dotlock> acquire(MaildirFiles& files, std::string path);

  Dotlock(Dotlock&&) noexcept = default;
  Dotlock& operator=(Dotlock&&) = delete;
  ~Dotlock();

 private:
  Dotlock(Filesystem& fs, std::string path, std::unique_ptr<File> file);

  Filesystem* fs_;
  std::string path_;
  std::unique_ptr<File> file_;  // null after a move
};

}  // namespace mail::store
