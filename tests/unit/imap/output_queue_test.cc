#include "imap/output_queue.h"

#include <catch2/catch.hpp>
#include <memory>

#include "mail/imap/server_session.h"

using namespace mail;
using namespace mail::imap;

namespace {

/// Hands out what it was given so far; the rest is "not yet".
class SlowSource : public ByteSource {
 public:
  explicit SlowSource(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t remaining() const override { return bytes_.size() - taken_; }
  std::string_view available() override {
    return std::string_view(bytes_).substr(taken_, ready - taken_);
  }
  void consume(std::size_t octets) override { taken_ += octets; }
  std::size_t ready = 0;

 private:
  std::string bytes_;
  std::size_t taken_ = 0;
};

}  // namespace

TEST_CASE("Text and sources leave in the order they came, however little is taken at once") {
  for (std::size_t step = 1; step < 12; ++step) {
    OutputQueue queue;
    queue.text() += "one ";
    auto octets = std::make_shared<const std::string>("two");
    queue.add(make_source(octets, *octets));
    queue.text() += " three ";
    queue.add(make_source(nullptr, ""));
    queue.add(make_source(octets, *octets));
    CHECK(queue.pending() == 17);
    std::string sent;
    while (!queue.is_empty()) {
      const auto front = queue.front().substr(0, step);
      REQUIRE_FALSE(front.empty());
      sent += front;
      const std::size_t octets_sent = front.size();
      const auto before = queue.pending();
      queue.consume(octets_sent);
      CHECK(queue.pending() == before - octets_sent);
      if (sent == "one t") queue.text() += "!";
    }
    CHECK(sent.substr(0, 17) == "one two three two");
  }
}

TEST_CASE("A source that has nothing yet holds back what is behind it") {
  OutputQueue queue;
  auto source = std::make_unique<SlowSource>("abc");
  SlowSource* slow = source.get();
  queue.add(std::move(source));
  queue.text() += "end";
  CHECK(queue.front().empty());
  CHECK(queue.pending() == 6);
  slow->ready = 2;
  CHECK(queue.front() == "ab");
  queue.consume(2);
  CHECK(queue.front().empty());
  slow->ready = 3;
  queue.consume(queue.front().size());
  CHECK(queue.front() == "end");
}

TEST_CASE("Text that is half sent stays in order when a source follows") {
  OutputQueue queue;
  queue.text() += "abcdef";
  queue.consume(2);
  auto octets = std::make_shared<const std::string>("XY");
  queue.add(make_source(octets, *octets));
  CHECK(queue.front() == "cdef");
  CHECK(queue.pending() == 6);
  queue.consume(5);
  CHECK(queue.front() == "Y");
}
