// The parts of a checkup; each adds what it finds.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mail/directory/snapshot.h"
#include "mail/net/checkup.h"

namespace mail::net {

/// What is looked at, and what was found.
class Checkup {
 public:
  Checkup(Filesystem& where, const CheckupOptions& what);

  Filesystem& files;
  const CheckupOptions& options;
  directory::Settings settings;
  std::shared_ptr<const directory::Snapshot> snapshot;
  std::string hostname;
  std::vector<Finding> findings;

  void error(std::string area, std::string text, std::string fix) {
    add(Finding::Severity::kError, std::move(area), std::move(text), std::move(fix));
  }
  void warning(std::string area, std::string text, std::string fix) {
    add(Finding::Severity::kWarning, std::move(area), std::move(text), std::move(fix));
  }
  void note(std::string area, std::string text, std::string fix = {}) {
    add(Finding::Severity::kNote, std::move(area), std::move(text), std::move(fix));
  }

  /// True for the first kFindingsOfAKind of a kind; counts all.
  bool is_told(const std::string& kind) { return ++counts_[kind] <= kFindingsOfAKind; }
  std::size_t untold(const std::string& kind) const {
    const auto found = counts_.find(kind);
    return found == counts_.end() || found->second <= kFindingsOfAKind
               ? 0
               : found->second - kFindingsOfAKind;
  }

 private:
  void add(Finding::Severity severity, std::string area, std::string text, std::string fix) {
    findings.push_back({severity, std::move(area), std::move(text), std::move(fix)});
  }
  std::map<std::string, std::size_t> counts_;
};

void examine_hostname(Checkup& checkup);
void examine_ports(Checkup& checkup);
void examine_permissions(Checkup& checkup);
void examine_certificates(Checkup& checkup);
void examine_config(Checkup& checkup);
void examine_disk(Checkup& checkup);
void examine_clock(Checkup& checkup);

}  // namespace mail::net
