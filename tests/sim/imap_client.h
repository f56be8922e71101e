// The IMAP side of the simulated clients.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/dialog.h"
#include "sim/model.h"
#include "sim/world.h"

namespace mail::sim {

/// One connection that logs in, keeps its view of the selected folder as RFC 3501 tells a client
/// to, and holds the server to it: numbers, counts and UIDs must agree with all that was said
/// before.
class ImapConnection {
 public:
  ImapConnection(Simulation& sim, std::string name, std::unique_ptr<SimTransport> transport)
      : sim_(sim), name_(std::move(name)), dialog_(sim.scheduler, std::move(transport)) {}

  /// An untagged line; each literal stands in it as "{n}".
  struct Line {
    std::string text;
    std::vector<std::string> literals;
  };
  /// A tagged answer and what came before it. A value.
  struct Answer {
    std::string status;  // "OK", "NO", "BAD"; empty: the connection failed
    std::string text;    // behind the status
    std::vector<Line> lines;

    bool is_ok() const { return status == "OK"; }
    /// What stands behind "[NAME " in the answer or an untagged OK.
    std::optional<std::string> code(std::string_view name) const;
  };
  struct Fetched {
    std::uint32_t uid = 0;
    std::string flags;
    std::optional<std::string> body;
  };

  Task<bool> log_in(std::string account, server::Protocol protocol);
  Task<Answer> command(std::string text);
  /// APPEND: the literal goes out when the server asks for it.
  Task<Answer> append(std::string folder, std::string flags, std::string bytes);
  /// False: it was refused or the connection failed.
  Task<bool> select(std::string folder);
  /// Reads what comes until `deadline` or until `until` messages exist; then DONE. The tagged
  /// answer.
  Task<Answer> idle(TimePoint deadline, std::optional<std::uint32_t> until = std::nullopt);

  static std::vector<Fetched> fetched(const Answer& answer);
  /// "3:5,9" as numbers.
  static std::vector<std::uint32_t> numbers_of(std::string_view set);

  bool failed() const { return dialog_.failed(); }
  Dialog& dialog() { return dialog_; }
  const std::string& folder() const { return folder_; }
  std::uint32_t uid_next() const { return uid_next_; }
  std::uint32_t uid_validity() const { return uid_validity_; }
  /// UIDs by sequence number; 0 where not yet told.
  const std::vector<std::uint32_t>& uids() const { return uids_; }

 private:
  Task<std::optional<Line>> read_line(TimePoint deadline);
  void take(const Line& line, bool may_expunge);
  void take_fetch(std::uint32_t sequence, std::string_view text);
  void expect(bool condition, std::string_view what, const Line& line);

  Simulation& sim_;
  const std::string name_;
  Dialog dialog_;
  std::uint64_t tag_ = 0;
  std::string folder_;
  std::uint32_t uid_next_ = 0;
  std::uint32_t uid_validity_ = 0;
  std::vector<std::uint32_t> uids_;
};

/// Does `actions` random things to an account's INBOX and Archive, over as many connections as that
/// takes; tells the model what it asked and learned.
Task<void> imap_client(Simulation& sim, Model& model, std::string name, std::string account,
                       std::size_t actions);

/// In a calm world: reads everything that every account holds and lets the model judge it.
Task<void> judge_everything(Simulation& sim, Model& model);

}  // namespace mail::sim
