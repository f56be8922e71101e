// A client's view of a folder, kept by the book: EXISTS only grows it, EXPUNGE alone shrinks it and
// never arrives while a command that uses sequence numbers is answered (RFC 3501 §7.4.1), FETCH
// never gives a number a second UID, UIDs ascend.
//
// Tested by tests/sim/delivery_test.cc.
#include <algorithm>
#include <charconv>

#include "sim/imap_client.h"

namespace mail::sim {

namespace {

std::uint32_t number_at(std::string_view text) {
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// "{123}" or "{123+}" at the end of a line.
std::optional<std::size_t> literal_size(std::string_view line) {
  if (!line.ends_with('}')) return std::nullopt;
  const std::size_t open = line.rfind('{');
  if (open == std::string_view::npos) return std::nullopt;
  return number_at(line.substr(open + 1));
}

/// What follows `label` up to the next blank or bracket.
std::optional<std::string_view> word_after(std::string_view text, std::string_view label) {
  const std::size_t at = text.find(label);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(at + label.size());
  return rest.substr(0, rest.find_first_of(" )]"));
}

}  // namespace

std::optional<std::string> ImapConnection::Answer::code(std::string_view name) const {
  const std::string start = cat("[", name, " ");
  const auto find = [&](std::string_view in) -> std::optional<std::string> {
    const std::size_t at = in.find(start);
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view rest = in.substr(at + start.size());
    return std::string(rest.substr(0, rest.find(']')));
  };
  if (auto found = find(text)) return found;
  for (const Line& line : lines) {
    if (!line.text.starts_with("* OK ")) continue;
    if (auto found = find(line.text)) return found;
  }
  return std::nullopt;
}

std::vector<std::uint32_t> ImapConnection::numbers_of(std::string_view set) {
  std::vector<std::uint32_t> numbers;
  while (!set.empty()) {
    const std::string_view item = set.substr(0, set.find(','));
    set.remove_prefix(std::min(set.size(), item.size() + 1));
    const std::size_t colon = item.find(':');
    const std::uint32_t first = number_at(item);
    const std::uint32_t last =
        colon == std::string_view::npos ? first : number_at(item.substr(colon + 1));
    for (std::uint32_t n = first; n <= last; ++n) numbers.push_back(n);
  }
  return numbers;
}

std::vector<ImapConnection::Fetched> ImapConnection::fetched(const Answer& answer) {
  std::vector<Fetched> all;
  for (const Line& line : answer.lines) {
    if (line.text.find(" FETCH (") == std::string::npos) continue;
    const auto uid = word_after(line.text, "UID ");
    if (!uid) continue;
    Fetched message;
    message.uid = number_at(*uid);
    const std::size_t flags = line.text.find("FLAGS (");
    if (flags != std::string::npos) {
      message.flags = line.text.substr(flags + 7, line.text.find(')', flags) - flags - 7);
    }
    if (!line.literals.empty()) message.body = line.literals.front();
    all.push_back(std::move(message));
  }
  return all;
}

void ImapConnection::expect(bool condition, std::string_view what, const Line& line) {
  if (!condition) sim_.broken(cat(name_, " in ", folder_, ": ", what, ": ", line.text));
}

void ImapConnection::take_fetch(std::uint32_t sequence, std::string_view text) {
  const Line line{std::string(text), {}};
  if (sequence == 0 || sequence > uids_.size()) {
    expect(false, "FETCH of a number that does not exist", line);
    return;
  }
  const auto word = word_after(text, "UID ");
  if (!word) return;
  const std::uint32_t uid = number_at(*word);
  std::uint32_t& known = uids_[sequence - 1];
  expect(known == 0 || known == uid, cat("the number had UID ", known), line);
  known = uid;
  // Neighbours that are known must be smaller before, larger after.
  for (std::size_t i = sequence - 1; i-- > 0;) {
    if (uids_[i] == 0) continue;
    expect(uids_[i] < uid, "UIDs do not ascend", line);
    break;
  }
  for (std::size_t i = sequence; i < uids_.size(); ++i) {
    if (uids_[i] == 0) continue;
    expect(uids_[i] > uid, "UIDs do not ascend", line);
    break;
  }
}

void ImapConnection::take(const Line& line, bool may_expunge) {
  std::string_view text = line.text;
  if (!text.starts_with("* ")) return;
  text.remove_prefix(2);
  if (const auto code = word_after(text, "[UIDNEXT ")) uid_next_ = number_at(*code);
  if (const auto code = word_after(text, "[UIDVALIDITY ")) uid_validity_ = number_at(*code);
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos || text[0] < '0' || text[0] > '9') return;
  const std::uint32_t number = number_at(text);
  const std::string_view what = text.substr(blank + 1);
  if (what == "EXISTS") {
    expect(number >= uids_.size(), cat("EXISTS shrinks ", uids_.size()), line);
    uids_.resize(number);
  } else if (what == "EXPUNGE") {
    expect(may_expunge, "EXPUNGE while numbers must stay", line);
    expect(number >= 1 && number <= uids_.size(), "EXPUNGE of no message", line);
    if (number >= 1 && number <= uids_.size()) {
      uids_.erase(uids_.begin() + static_cast<std::ptrdiff_t>(number) - 1);
    }
  } else if (what.starts_with("FETCH ")) {
    take_fetch(number, what);
  }
}

Task<std::optional<ImapConnection::Line>> ImapConnection::read_line(TimePoint deadline) {
  Line line;
  auto first = co_await dialog_.line_before(deadline);
  if (!first) co_return std::nullopt;
  line.text = std::move(*first);
  for (;;) {
    const auto size = literal_size(line.text);
    if (!size) co_return line;
    auto literal = co_await dialog_.octets(*size);
    if (!literal) co_return std::nullopt;
    line.literals.push_back(std::move(*literal));
    auto rest = co_await dialog_.line();
    if (!rest) co_return std::nullopt;
    line.text += *rest;
  }
}

Task<bool> ImapConnection::log_in(std::string account, server::Protocol protocol) {
  if (server::has_implicit_tls(protocol)) {
    const bool shaken = co_await dialog_.start_tls();
    if (!shaken) co_return false;
  }
  const auto greeting = co_await dialog_.line();
  if (!greeting) co_return false;
  if (!greeting->starts_with("* OK ")) {
    sim_.broken(cat(name_, " was greeted with ", *greeting));
    co_return false;
  }
  const auto answer = co_await command(cat("LOGIN ", account, " ", kPassword));
  // A login may be refused for a moment, when the disk is in trouble; never for good.
  if (answer.status == "BAD") sim_.broken(cat(name_, ": LOGIN ", answer.text));
  co_return answer.is_ok();
}

Task<ImapConnection::Answer> ImapConnection::command(std::string text) {
  const std::string tag = cat("a", ++tag_);
  const bool may_expunge =
      !(text.starts_with("FETCH ") || text.starts_with("STORE ") || text.starts_with("SEARCH "));
  sim_.trace.add(name_, text.substr(0, 100));
  Answer answer;
  const bool sent = co_await dialog_.send(cat(tag, " ", text, "\r\n"));
  if (!sent) co_return answer;
  for (;;) {
    auto line = co_await read_line(sim_.scheduler.now() + minutes(10));
    if (!line) {
      // A client that waits no longer leaves.
      dialog_.transport().close();
      co_return answer;
    }
    if (line->text.starts_with(tag + " ")) {
      const std::string_view rest = std::string_view(line->text).substr(tag.size() + 1);
      answer.status = rest.substr(0, rest.find(' '));
      answer.text = rest.substr(std::min(rest.size(), answer.status.size() + 1));
      sim_.trace.add(name_, cat(answer.status, " ", answer.text));
      if (answer.status == "BAD") sim_.broken(cat(name_, ": ", text, ": BAD ", answer.text));
      co_return answer;
    }
    take(*line, may_expunge);
    answer.lines.push_back(std::move(*line));
  }
}

Task<ImapConnection::Answer> ImapConnection::append(std::string folder, std::string flags,
                                                    std::string bytes) {
  const std::string tag = cat("a", ++tag_);
  sim_.trace.add(name_, cat("APPEND ", folder));
  Answer answer;
  const std::string start = cat(tag, " APPEND ", folder, " (", flags, ") {", bytes.size(), "}\r\n");
  const bool started = co_await dialog_.send(start);
  if (!started) co_return answer;
  bool is_invited = false;
  for (;;) {
    auto line = co_await read_line(sim_.scheduler.now() + minutes(10));
    if (!line) {
      dialog_.transport().close();
      co_return answer;
    }
    if (line->text.starts_with("+") && !is_invited) {
      is_invited = true;
      const bool sent = co_await dialog_.send(bytes + "\r\n");
      if (!sent) co_return answer;
      continue;
    }
    if (line->text.starts_with(tag + " ")) {
      const std::string_view rest = std::string_view(line->text).substr(tag.size() + 1);
      answer.status = rest.substr(0, rest.find(' '));
      answer.text = rest.substr(std::min(rest.size(), answer.status.size() + 1));
      sim_.trace.add(name_, cat(answer.status, " ", answer.text));
      co_return answer;
    }
    take(*line, true);
    answer.lines.push_back(std::move(*line));
  }
}

Task<bool> ImapConnection::select(std::string folder) {
  folder_ = folder;
  uids_.clear();
  uid_next_ = 0;
  uid_validity_ = 0;
  const auto answer = co_await command("SELECT " + folder);
  if (!answer.is_ok()) folder_.clear();
  if (answer.is_ok() && (uid_next_ == 0 || uid_validity_ == 0)) {
    sim_.broken(cat(name_, ": SELECT ", folder, " tells no UIDNEXT or UIDVALIDITY"));
  }
  co_return answer.is_ok();
}

Task<ImapConnection::Answer> ImapConnection::idle(TimePoint deadline,
                                                  std::optional<std::uint32_t> until) {
  const std::string tag = cat("a", ++tag_);
  Answer answer;
  const bool sent = co_await dialog_.send(tag + " IDLE\r\n");
  if (!sent) co_return answer;
  bool is_done = false;
  for (;;) {
    const TimePoint patience = sim_.scheduler.now() + minutes(10);
    const TimePoint end = is_done ? patience : deadline;
    auto line = co_await read_line(end);
    if (!line && (is_done || dialog_.failed())) {
      dialog_.transport().close();
      co_return answer;
    }
    if (line && line->text.starts_with(tag + " ")) {
      answer.status = line->text.substr(tag.size() + 1, 2);
      co_return answer;
    }
    if (line) {
      take(*line, true);
      answer.lines.push_back(std::move(*line));
    }
    if (!is_done && (!line || (until && uids_.size() >= *until))) {
      is_done = true;
      const bool told = co_await dialog_.send("DONE\r\n");
      if (!told) co_return answer;
    }
  }
}

}  // namespace mail::sim
