// The real file system, but what is made through it belongs to somebody: root works for the mail
// user, whose server must be able to read, write and replace it.
//
// A file gets its owner before anything is in it, so no reader ever finds one that is closed to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mail/base/filesystem.h"

namespace mailctl {

/// A value.
struct Owner {
  std::uint32_t user = 0;
  std::uint32_t group = 0;
};

class OwnedFilesystem final : public mail::Filesystem {
 public:
  /// None: whoever runs the program, as always.
  explicit OwnedFilesystem(std::optional<Owner> owner) : owner_(owner) {}

  mail::StatusOr<std::unique_ptr<mail::File>> open(const std::string& path) override;
  mail::StatusOr<std::unique_ptr<mail::File>> create(const std::string& path,
                                                     std::uint32_t mode) override;
  mail::StatusOr<std::unique_ptr<mail::File>> open_append(const std::string& path,
                                                          std::uint32_t mode) override;
  mail::StatusOr<mail::FileInfo> info(const std::string& path) override;
  mail::StatusOr<std::vector<mail::DirectoryEntry>> list(const std::string& path) override;
  mail::StatusOr<std::string> resolve_links(const std::string& path) override;
  mail::Status make_directory(const std::string& path, std::uint32_t mode) override;
  mail::Status rename(const std::string& from, const std::string& to) override;
  mail::Status link(const std::string& from, const std::string& to) override;
  mail::Status unlink(const std::string& path) override;
  mail::Status remove_directory(const std::string& path) override;
  mail::Status set_owner(const std::string& path, std::uint32_t owner,
                         std::uint32_t group) override;
  mail::Status sync_directory(const std::string& path) override;

 private:
  std::optional<Owner> owner_;
};

}  // namespace mailctl
