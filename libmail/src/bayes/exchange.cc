// Lines of a backup. A line that is not understood refuses the whole: half a table would classify
// worse than none.
//
// Tested by tests/unit/bayes/exchange_test.cc.
#include "mail/bayes/exchange.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "bayes/sink.h"

namespace mail::bayes {
namespace {

constexpr std::uint64_t kDaySeconds = 86400;
constexpr std::uint64_t kMostCount = (1 << 24) - 1;
constexpr std::int64_t kMostWeight = (1 << 23) - 1;
constexpr std::uint64_t kMostToken = (std::uint64_t{1} << 40) - 1;
constexpr std::size_t kMostFields = 6;

void append_hex(std::string& to, std::uint64_t number, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    to += "0123456789abcdef"[(number >> shift) & 15];
  }
}

void append_hex(std::string& to, const std::array<std::uint64_t, 2>& numbers) {
  append_hex(to, numbers[0], 16);
  append_hex(to, numbers[1], 16);
}

template <typename Number>
bool parse(std::string_view text, Number& number, int base = 10) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  return error == std::errc{} && end == text.data() + text.size();
}

bool parse_hex(std::string_view text, std::array<std::uint64_t, 2>& numbers) {
  return text.size() == 32 && parse(text.substr(0, 16), numbers[0], 16) &&
         parse(text.substr(16), numbers[1], 16);
}

struct Fields {
  std::array<std::string_view, kMostFields> at;
  std::size_t count = 0;
};

Fields fields_of(std::string_view line) {
  Fields fields;
  while (fields.count < kMostFields) {
    const std::size_t tab = line.find('\t');
    fields.at[fields.count++] = line.substr(0, tab);
    if (tab == line.npos) break;
    line.remove_prefix(tab + 1);
  }
  return fields;
}

/// Collects lines; `table` comes last, when the messages are counted.
struct Reader {
  std::optional<crypto::HashKey> key;
  std::array<std::uint64_t, 2> counts{};
  std::vector<Bucket> buckets;
  std::vector<TrainedMessage> messages;

  bool take(const Fields& fields) {
    const auto& at = fields.at;
    if (at[0] == "v" && fields.count == 3) return take_variable(at[1], at[2]);
    if (at[0] == "k" && fields.count == 2) return parse_hex(at[1], key.emplace());
    if (at[0] == "t" && fields.count == 6) return take_token(fields);
    if (at[0] != "s" || fields.count != 3 || (at[1] != "s" && at[1] != "h")) return false;
    TrainedMessage message{{}, at[1] == "s" ? Class::kSpam : Class::kHam};
    if (!parse_hex(at[2], message.digest)) return false;
    messages.push_back(message);
    return true;
  }

  bool take_variable(std::string_view value, std::string_view name) {
    std::uint64_t number = 0;
    if (!parse(value, number)) return false;
    if (name.starts_with("db_version")) return number == 3;
    if (number > kMostCount) return false;
    if (name == "num_spam") counts[static_cast<std::size_t>(Class::kSpam)] = number;
    if (name == "num_nonspam") counts[static_cast<std::size_t>(Class::kHam)] = number;
    return name == "num_spam" || name == "num_nonspam";
  }

  bool take_token(const Fields& fields) {
    std::uint64_t spam = 0;
    std::uint64_t ham = 0;
    std::uint64_t seconds = 0;
    std::uint64_t token = 0;
    std::int64_t weight = 0;
    if (!parse(fields.at[1], spam) || !parse(fields.at[2], ham) || !parse(fields.at[3], seconds) ||
        !parse(fields.at[4], token, 16) || !parse(fields.at[5], weight)) {
      return false;
    }
    const std::uint64_t day = seconds / kDaySeconds;
    if (spam > kMostCount || ham > kMostCount || token == 0 || token > kMostToken ||
        day > std::numeric_limits<std::uint16_t>::max() || weight > kMostWeight ||
        weight < -kMostWeight) {
      return false;
    }
    Bucket& bucket = buckets.emplace_back();
    bucket.token = token;
    bucket.ham = ham;
    bucket.spam = spam;
    bucket.weight = weight;
    bucket.day = day;
    return true;
  }
};

}  // namespace

std::string write_backup(Database& database) {
  std::string text;
  const crypto::HashKey key = database.key();
  database.read([&](const Table& table) {
    text =
        cat("v\t3\tdb_version # this must be the first line!!!\nv\t", table.messages(Class::kSpam),
            "\tnum_spam\nv\t", table.messages(Class::kHam), "\tnum_nonspam\nk\t");
    append_hex(text, key);
    text += '\n';
    for (const Bucket& bucket : table.sorted()) {
      append(text, "t\t", std::uint64_t{bucket.spam}, "\t", std::uint64_t{bucket.ham}, "\t",
             bucket.day * kDaySeconds, "\t");
      append_hex(text, bucket.token, 10);
      append(text, "\t", std::int64_t{bucket.weight}, "\n");
    }
  });
  for (const TrainedMessage& message : database.trained_messages()) {
    append(text, "s\t", message.c == Class::kSpam ? "s" : "h", "\t");
    append_hex(text, message.digest);
    text += '\n';
  }
  return text;
}

StatusOr<Backup> read_backup(std::string_view text) {
  Reader reader;
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t end = text.find('\n');
    const Fields fields = fields_of(text.substr(0, end));
    if (number == 1 && (fields.count != 3 || !fields.at[2].starts_with("db_version"))) {
      return invalid("no backup: the first line does not tell the db_version");
    }
    if (!reader.take(fields)) return invalid("line ", number, " of the backup is not understood");
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  if (!reader.key) return invalid("the backup has no key: it is cut short, or SpamAssassin's own");
  std::sort(reader.buckets.begin(), reader.buckets.end(),
            [](const Bucket& a, const Bucket& b) { return a.token < b.token; });
  return Backup{*reader.key, Table::restore(reader.buckets, reader.counts, {}),
                std::move(reader.messages)};
}

namespace {

constexpr std::string_view kUnmapped = "?";
constexpr std::size_t kShortestWord = 2;
constexpr std::size_t kLongestWord = 30;

/// bogofilter's tags of words, and ours.
std::string_view kind_of_tag(std::string_view tag) {
  constexpr std::pair<std::string_view, std::string_view> kTags[] = {
      {"subj:", "subject:"},  {"from:", "from:"},   {"to:", "to:"},
      {"rcvd:", "received:"}, {"url:", "url:"},     {"head:", kUnmapped},
      {"mime:", kUnmapped},   {"rtrn:", kUnmapped}, {"ip:", kUnmapped}};
  for (const auto& [theirs, ours] : kTags) {
    if (tag == theirs) return ours;
  }
  return "";
}

/// "word spam ham date"; a word has no blanks.
struct BogofilterLine {
  std::string_view word;
  std::uint64_t spam = 0;
  std::uint64_t ham = 0;
};

std::optional<BogofilterLine> bogofilter_line(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  std::array<std::string_view, 4> parts;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t blank = line.find(' ');
    if (blank == line.npos && i < 2) return std::nullopt;
    parts[i] = line.substr(0, blank);
    line.remove_prefix(blank == line.npos ? line.size() : blank + 1);
  }
  BogofilterLine found{parts[0]};
  if (!line.empty() || !parse(parts[1], found.spam) || !parse(parts[2], found.ham)) {
    return std::nullopt;
  }
  found.spam = std::min(found.spam, kMostCount);
  found.ham = std::min(found.ham, kMostCount);
  return found;
}

/// Words that differ in their capitals become one token, whose counts are added up; but no token
/// was in more messages than there are.
std::vector<Bucket> added_up(std::vector<Bucket> buckets, std::uint64_t spam, std::uint64_t ham) {
  std::sort(buckets.begin(), buckets.end(),
            [](const Bucket& a, const Bucket& b) { return a.token < b.token; });
  std::vector<Bucket> result;
  for (const Bucket& bucket : buckets) {
    if (result.empty() || result.back().token != bucket.token) {
      result.push_back(bucket);
      result.back().spam = result.back().ham = 0;
    }
    Bucket& sum = result.back();
    sum.spam = std::min<std::uint64_t>(sum.spam + bucket.spam, spam);
    sum.ham = std::min<std::uint64_t>(sum.ham + bucket.ham, ham);
  }
  return result;
}

}  // namespace

StatusOr<Import> read_bogofilter(std::string_view text, const crypto::HashKey& key) {
  Import result;
  std::optional<BogofilterLine> messages;
  std::vector<Bucket> buckets;
  TokenSet set;
  const TokenKey token_key(key);
  Sink sink(token_key, set, nullptr);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    const auto line = bogofilter_line(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (!line) return invalid("line ", number, " is none of bogoutil -d: 'word spam ham date'");
    if (line->word == ".MSG_COUNT") messages = line;
    if (line->word.starts_with('.')) continue;
    const std::size_t colon = line->word.find(':');
    const std::string_view tag = colon == line->word.npos ? "" : line->word.substr(0, colon + 1);
    const std::string_view kind = kind_of_tag(tag);
    const std::string_view word = kind.empty() ? line->word : line->word.substr(tag.size());
    if (kind == kUnmapped || word.size() < kShortestWord || word.size() > kLongestWord) {
      ++result.unmapped;
      continue;
    }
    ++result.mapped;
    set.clear();
    sink.add_lower(kind, word);
    Bucket& bucket = buckets.emplace_back();
    bucket.token = set.tokens().front();
    bucket.spam = line->spam;
    bucket.ham = line->ham;
  }
  if (!messages) return invalid("no line .MSG_COUNT tells how many messages were learned");
  const auto sums = added_up(std::move(buckets), messages->spam, messages->ham);
  result.table = Table::restore(sums, {messages->ham, messages->spam}, {});
  return result;
}

}  // namespace mail::bayes
