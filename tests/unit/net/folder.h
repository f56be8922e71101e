#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include <stdlib.h>

#include "mail/base/absl.h"

namespace mail::net::test {

/// A folder of its own, removed at the end.
class TestFolder {
 public:
  TestFolder() {
    char name[] = "/tmp/mail-net-XXXXXX";
    path_ = mkdtemp(name);
  }
  ~TestFolder() { std::filesystem::remove_all(path_); }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  std::string operator/(std::string_view name) const { return cat(path_, "/", name); }
  const std::string& path() const { return path_; }
  void write(std::string_view name, std::string_view text) const {
    std::ofstream(*this / name, std::ios::binary) << text;
  }

 private:
  std::string path_;
};

}  // namespace mail::net::test
