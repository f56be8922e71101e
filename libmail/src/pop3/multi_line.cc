// A message is copied once, into the output: its small ones then leave in one write with the
// answers around them, and where a dot must be doubled costs nothing more.
//
// Lines are what ends in LF, with or without CR: the store hands out CRLF only, but a lone LF, if
// there ever were one, must not let "." end the response for a client that counts it as a line end.
//
// Tested by tests/unit/pop3/multi_line_test.cc.
#include "pop3/multi_line.h"

#include <algorithm>

#include "mail/base/absl.h"

namespace mail::pop3 {
namespace {

constexpr std::string_view kEnd = ".\r\n";

class Message : public MultiLine {
 public:
  Message(std::unique_ptr<ByteSource> source, std::optional<std::uint32_t> lines)
      : source_(std::move(source)), lines_(lines) {}

  bool write(std::string& out, std::size_t enough) override {
    while (!is_cut_ && source_->remaining() != 0) {
      if (out.size() >= enough) return false;
      const std::string_view there = source_->available();
      if (there.empty()) return false;
      const std::string_view piece = there.substr(0, enough - out.size());
      source_->consume(take(out, piece));
    }
    if (!is_at_line_start_) out += last_ == '\r' ? "\n" : "\r\n";
    out += kEnd;
    return true;
  }

 private:
  /// Appends `piece`, up to where TOP ends; returns what was used of it.
  std::size_t take(std::string& out, std::string_view piece) {
    std::size_t used = 0;
    while (used < piece.size() && !is_cut_) {
      if (is_at_line_start_ && piece[used] == '.') out += '.';
      const std::size_t newline = piece.find('\n', used);
      const std::size_t end = newline == piece.npos ? piece.size() : newline + 1;
      const std::string_view line = piece.substr(used, end - used);
      out += line;
      used = end;
      if (newline != piece.npos) {
        end_line(line);
      } else {
        begin_line(line);
      }
    }
    return used;
  }

  void begin_line(std::string_view part) {
    is_blank_ = is_blank_ && part == "\r" && is_at_line_start_;
    is_at_line_start_ = false;
    last_ = part.back();
  }

  void end_line(std::string_view rest) {
    const bool is_blank =
        is_at_line_start_ ? rest == "\r\n" || rest == "\n" : is_blank_ && rest == "\n";
    is_at_line_start_ = true;
    is_blank_ = true;
    if (!lines_) return;
    if (is_in_body_) {
      --*lines_;
    } else if (is_blank) {
      is_in_body_ = true;
    }
    is_cut_ = is_in_body_ && *lines_ == 0;
  }

  std::unique_ptr<ByteSource> source_;
  std::optional<std::uint32_t> lines_;  // still to come of the body: TOP
  bool is_at_line_start_ = true;
  bool is_blank_ = true;  // the line under way has nothing but, perhaps, a CR
  bool is_in_body_ = false;
  bool is_cut_ = false;
  char last_ = '\n';
};

class List : public MultiLine {
 public:
  List(Listing listing, const Maildrop& maildrop, const std::vector<bool>& is_deleted)
      : listing_(listing), maildrop_(maildrop), is_deleted_(is_deleted) {}

  bool write(std::string& out, std::size_t enough) override {
    for (; number_ <= maildrop_.size(); ++number_) {
      if (is_deleted_[number_ - 1]) continue;
      if (out.size() >= enough) return false;
      if (listing_ == Listing::kSizes) {
        append(out, number_, ' ', maildrop_.octets(number_), "\r\n");
      } else {
        append(out, number_, ' ', maildrop_.unique_id(number_), "\r\n");
      }
    }
    out += kEnd;
    return true;
  }

 private:
  Listing listing_;
  const Maildrop& maildrop_;
  const std::vector<bool>& is_deleted_;
  std::uint32_t number_ = 1;
};

}  // namespace

std::unique_ptr<MultiLine> write_message(std::unique_ptr<ByteSource> message,
                                         std::optional<std::uint32_t> lines) {
  return std::make_unique<Message>(std::move(message), lines);
}

std::unique_ptr<MultiLine> write_listing(Listing listing, const Maildrop& maildrop,
                                         const std::vector<bool>& is_deleted) {
  return std::make_unique<List>(listing, maildrop, is_deleted);
}

}  // namespace mail::pop3
