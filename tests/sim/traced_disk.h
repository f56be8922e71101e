// The disk with a witness.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mail/base/filesystem.h"
#include "sim/trace.h"

namespace mail::sim {

/// Passes everything on, and writes into the trace each change of a file or directory and each
/// failure. What only looks, and succeeds, leaves no line: there is too much of it.
class TracedDisk final : public Filesystem {
 public:
  TracedDisk(Filesystem& disk, Trace& trace) : disk_(disk), trace_(trace) {}

  StatusOr<std::unique_ptr<File>> open(const std::string& path) override;
  StatusOr<std::unique_ptr<File>> create(const std::string& path, std::uint32_t mode) override;
  StatusOr<std::unique_ptr<File>> open_append(const std::string& path, std::uint32_t mode) override;
  StatusOr<FileInfo> info(const std::string& path) override;
  StatusOr<std::vector<DirectoryEntry>> list(const std::string& path) override;
  StatusOr<std::string> resolve_links(const std::string& path) override;
  Status make_directory(const std::string& path, std::uint32_t mode) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status link(const std::string& from, const std::string& to) override;
  Status unlink(const std::string& path) override;
  Status remove_directory(const std::string& path) override;
  Status set_owner(const std::string& path, std::uint32_t owner, std::uint32_t group) override;
  Status sync_directory(const std::string& path) override;

 private:
  Filesystem& disk_;
  Trace& trace_;
};

}  // namespace mail::sim
