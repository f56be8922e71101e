// The directory under load: 100,000 accounts, 100,000 aliases, 200 regexp lines.
//
//     directory_bench                      CPU: load, resolutions a second; memory
//     directory_bench --fixed 20000        that many resolutions and nothing else, for
//                                          valgrind --tool=callgrind --toggle-collect='*run_fixed*'
//     --regexps N                          so many lines of postfix-regexp.cf (200)
#include <malloc.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "mail/base/absl.h"
#include "mail/base/ascii.h"
#include "mail/directory/current.h"
#include "mail/directory/snapshot.h"

namespace {

using namespace mail::directory;
using mail::cat;

constexpr std::size_t kAccounts = 100'000;
constexpr std::size_t kAliases = 100'000;
constexpr std::size_t kDomains = 200;

std::string domain(std::size_t i) { return cat("domain-", i % kDomains, ".example"); }
std::string account(std::size_t i) { return cat("firstname.lastname", i, "@", domain(i)); }
std::string alias(std::size_t i) { return cat("alias-", i, "@", domain(i)); }

/// Every third alias leads to an alias that leads to an account; those for random recipients.
bool is_nested(std::size_t i) { return i % 3 == 0; }

Snapshot::Texts make_texts(std::size_t regexps) {
  Snapshot::Texts texts{"", "", "", ""};
  for (std::size_t i = 0; i < kAccounts; ++i) {
    mail::append(*texts.accounts, account(i),
                 "|{SHA512-CRYPT}$6$DBEbjh4I9P7aROk8$XosqE.YI2Z4bUkWD1/bedrSNpw79nsO60yiAKk04jARhP"
                 "VX5VD/SaVM5HWFDQyzftESVDjbVdhzn/d4TJxFwg0\n");
  }
  for (std::size_t i = 0; i < kAliases; ++i) {
    const std::string target = is_nested(i) ? alias(i + 1) : account(i * 7 % kAccounts);
    mail::append(*texts.virtual_aliases, alias(i), " ", target, "\n");
  }
  for (std::size_t i = 0; i < kDomains / 2; ++i) {
    mail::append(*texts.virtual_aliases, "@", domain(i), " ", account(i), "\n");
  }
  for (std::size_t i = 0; i < regexps; ++i) {
    mail::append(*texts.regexp_aliases, "/^(list|team)-", i, "-.*@domain-", i % kDomains,
                 "\\.example$/ ", account(i), "\n");
  }
  return texts;
}

/// A third nested aliases, a tenth +ext, a tenth by catch-all, else accounts and plain aliases.
std::vector<std::string> make_recipients(std::size_t count) {
  std::mt19937 random(20261122);
  std::vector<std::string> recipients;
  for (std::size_t n = 0; n < count; ++n) {
    const std::size_t kind = random() % 30;
    const std::size_t i = random() % (kAliases - 3);
    if (kind < 10) {
      recipients.push_back(alias(i / 3 * 3));
    } else if (kind < 13) {
      std::string address = account(i);
      address.insert(address.find('@'), "+newsletter");
      recipients.push_back(std::move(address));
    } else if (kind < 16) {
      recipients.push_back(cat("nobody-", i, "@", domain(i % (kDomains / 2))));
    } else {
      recipients.push_back(kind < 24 ? account(i) : alias(i / 3 * 3 + 1));
    }
  }
  return recipients;
}

/// CPU of this thread: what else runs on the machine does not count, but its caches do.
double cpu_seconds() {
  timespec time = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}
double seconds_since(double start) { return cpu_seconds() - start; }

std::size_t run_fixed(const Snapshot& snapshot, const std::vector<std::string>& recipients) {
  std::size_t found = 0;
  for (const std::string& recipient : recipients) {
    found += snapshot.resolve(recipient).recipients.size();
  }
  return found;
}

double best_rate(const Snapshot& snapshot, const std::vector<std::string>& recipients) {
  double best = 0;
  for (int round = 0; round < 7; ++round) {
    const double start = cpu_seconds();
    if (run_fixed(snapshot, recipients) != recipients.size()) std::abort();
    best = std::max(best, static_cast<double>(recipients.size()) / seconds_since(start));
  }
  return best;
}

Options options() {
  Options options;
  options.hostname = "mail.domain-0.example";
  return options;
}

void measure(std::size_t regexps) {
  const Snapshot::Texts texts = make_texts(regexps);
  const std::size_t octets = texts.accounts->size() + texts.virtual_aliases->size();
  const std::size_t before = mallinfo2().uordblks;
  double load = 1e9;
  std::shared_ptr<const Snapshot> snapshot;
  for (int round = 0; round < 3; ++round) {
    snapshot.reset();
    const double start = cpu_seconds();
    snapshot = Snapshot::from_texts(texts, options());
    load = std::min(load, seconds_since(start));
  }
  const std::size_t memory = mallinfo2().uordblks - before;
  std::printf("load: %.0f ms; memory: %.1f MB, %zu octets an entry (the text itself is %zu)\n",
              load * 1e3, static_cast<double>(memory) / 1e6, memory / (kAccounts + kAliases),
              octets / (kAccounts + kAliases));

  const std::vector<std::string> recipients = make_recipients(200'000);
  // Alternately, since what else runs on the machine comes and goes.
  const auto plain = Snapshot::from_texts(make_texts(0), options());
  double with = 0;
  double without = 0;
  for (int round = 0; round < 3; ++round) {
    with = std::max(with, best_rate(*snapshot, recipients));
    without = std::max(without, best_rate(*plain, recipients));
  }
  std::printf(
      "resolutions a second: %.0f; without regexps: %.0f; the %zu lines cost %.0f ns each\n", with,
      without, regexps, 1e9 / with - 1e9 / without);

  // A reader while another thread builds and swaps snapshots all the time.
  Current current(snapshot);
  std::atomic<bool> stop = false;
  std::thread reloading([&] {
    while (!stop) current.set(Snapshot::from_texts(texts, options()));
  });
  double busy = 0;
  for (int round = 0; round < 3; ++round) {
    const double start = cpu_seconds();
    for (const std::string& recipient : recipients) {
      if (current.get()->resolve(recipient).recipients.empty()) std::abort();
    }
    busy = std::max(busy, static_cast<double>(recipients.size()) / seconds_since(start));
  }
  stop = true;
  reloading.join();
  std::printf("resolutions a second while reloading without a pause: %.0f\n", busy);
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t fixed = 0;
  std::size_t regexps = 200;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::size_t value = mail::ascii::parse_number(argv[i + 1]).value_or(0);
    (std::string_view(argv[i]) == "--fixed" ? fixed : regexps) = value;
  }
  if (fixed == 0) {
    measure(regexps);
    return 0;
  }
  const auto snapshot = Snapshot::from_texts(make_texts(regexps), options());
  const std::vector<std::string> recipients = make_recipients(fixed);
  std::printf("%zu resolutions\n", run_fixed(*snapshot, recipients));
  return 0;
}
