// IMAP over a folder of *.eml files: what a mailbox is, is up to whoever embeds the engine. Read
// only, one client at a time, mail::imap on plain sockets.
//
//     imap_folder FOLDER        prints its port first
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include <arpa/inet.h>
#include <mail/imap.h>
#include <mail/message.h>
#include <poll.h>
#include <unistd.h>

namespace imap = mail::imap;
namespace message = mail::message;

namespace {

mail::TimePoint now() {
  return std::chrono::time_point_cast<mail::Duration>(std::chrono::steady_clock::now());
}

using File = std::shared_ptr<const std::string>;

/// In the order of their names: what is number 3 today is number 3 tomorrow.
std::vector<File> read_folder(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".eml") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<File> files;
  for (const auto& path : paths) {
    std::ifstream in(path, std::ios::binary);
    std::string text;
    for (std::string line; std::getline(in, line);) {
      if (line.ends_with('\r')) line.pop_back();
      text += line + "\r\n";  // IMAP counts and sends CRLF
    }
    files.push_back(std::make_shared<const std::string>(std::move(text)));
  }
  return files;
}

/// Answers every question of one session.
class Client {
 public:
  Client(imap::ServerSession& session, const std::vector<File>& files)
      : session_(session), files_(files) {}

  void operator()(const imap::Connected&) { session_.ok("", "This is a folder"); }
  void operator()(const imap::Login&) { session_.ok("", "Everybody may read it"); }

  void operator()(const imap::List& list) {
    if (list.is_delimiter_query) {
      session_.list_delimiter();
    } else if (imap::matches(list.pattern, "INBOX", '.')) {
      session_.list({.name = "INBOX", .attributes = {}, .is_lsub = list.is_lsub});
    }
    session_.ok("", "That is all");
  }

  void operator()(const imap::Select& select) {
    if (select.mailbox != "INBOX") return session_.no("NONEXISTENT", "There is only INBOX");
    session_.flags({});
    session_.exists(size());
    session_.recent(0);
    session_.untagged_ok("UIDVALIDITY 1", "");
    session_.untagged_ok("UIDNEXT " + std::to_string(size() + 1), "");
    session_.untagged_ok("MAILBOXID (F1)", "");
    session_.ok("READ-ONLY", "Nothing can be changed");
  }

  void operator()(const imap::Fetch& fetch) {
    for (const auto& range : fetch.set.resolved(size())) {
      for (std::uint32_t number = range.first; number <= std::min(range.last, size()); ++number) {
        if (number != 0) show(number, fetch.attributes);
      }
    }
    session_.ok("", "Done");
  }

  void operator()(const imap::Noop&) { session_.ok("", "Nothing ever happens"); }
  void operator()(const imap::Check&) { session_.ok("", "It is as it was"); }
  void operator()(const imap::Close&) { session_.ok("", "Closed"); }
  void operator()(const imap::Unselect&) { session_.ok("", "Closed"); }

  // Notices take no answer.
  void operator()(const imap::Violated&) {}
  void operator()(const imap::Logout&) {}
  void operator()(const imap::AppendChunk&) {}
  void operator()(const imap::AppendAborted&) {}

  void operator()(const auto&) { session_.no("CANNOT", "A folder of files cannot do that"); }

 private:
  std::uint32_t size() const { return static_cast<std::uint32_t>(files_.size()); }

  /// Here a UID is the sequence number.
  void show(std::uint32_t number, const std::vector<imap::FetchAttribute>& attributes) {
    using Kind = imap::FetchAttribute::Kind;
    const File& file = files_[number - 1];
    session_.fetch_begin(number);
    for (const auto& attribute : attributes) {
      std::string text;
      switch (attribute.kind) {
        case Kind::kFlags: session_.fetch_flags(0, false, 0, {}); continue;
        case Kind::kUid: text = std::to_string(number); break;
        case Kind::kEmailId: text = "(M" + std::to_string(number) + ")"; break;
        case Kind::kThreadId: text = "NIL"; break;
        case Kind::kRfc822Size: text = std::to_string(file->size()); break;
        case Kind::kInternalDate: text = '"' + message::format_internal_date({}) + '"'; break;
        case Kind::kEnvelope: text = message::envelope_text(*file); break;
        case Kind::kBody:
        case Kind::kBodyStructure:
          text = message::body_structure_text(message::MimeTree(*file),
                                              attribute.kind == Kind::kBodyStructure);
          break;
        case Kind::kPreview:
          send(attribute, message::preview_text(message::MimeTree(*file)));
          continue;
        case Kind::kSection: send_section(attribute, file); continue;
      }
      session_.fetch_text(attribute.label, text);
    }
    session_.fetch_end();
  }

  void send_section(const imap::FetchAttribute& attribute, const File& file) {
    std::string octets(message::section_octets(*file, attribute.section).octets());
    if (const auto& partial = attribute.partial) {
      octets =
          octets.substr(std::min<std::size_t>(partial->offset, octets.size()), partial->octets);
    }
    send(attribute, std::move(octets));
  }

  void send(const imap::FetchAttribute& attribute, std::string octets) {
    const auto owner = std::make_shared<const std::string>(std::move(octets));
    session_.fetch_literal(attribute.label, imap::make_source(owner, *owner));
  }

  imap::ServerSession& session_;
  const std::vector<File>& files_;
};

void serve(int socket, const std::vector<File>& files) {
  imap::ServerSession session({.hostname = "folder.example.com", .allows_cleartext_auth = true},
                              now());
  Client client(session, files);
  char bytes[16384];
  while (!session.finished()) {
    while (const auto event = session.next()) std::visit(client, *event);
    if (const auto output = session.output(); !output.empty()) {
      const ssize_t sent = send(socket, output.data(), output.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      session.consume_output(static_cast<std::size_t>(sent));
      continue;
    }
    if (!session.wants_input()) break;
    pollfd readable{socket, POLLIN, 0};
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        session.deadline().value_or(now() + mail::hours(1)) - now());
    if (poll(&readable, 1, static_cast<int>(std::max<long>(left.count(), 0))) == 0) {
      session.on_deadline(now());
      continue;
    }
    const ssize_t size = read(socket, bytes, sizeof bytes);
    if (size > 0) {
      session.receive({bytes, static_cast<std::size_t>(size)}, now());
    } else {
      session.receive_eof(now());
    }
  }
  close(socket);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return std::fprintf(stderr, "Usage: imap_folder FOLDER\n"), 2;
  const auto files = read_folder(argv[1]);
  sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  if (bind(listener, generic, size) != 0 || listen(listener, 16) != 0) return 1;
  getsockname(listener, generic, &size);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::printf("%d\n", ntohs(address.sin_port));
  while (true) {
    const int peer = accept(listener, nullptr, nullptr);
    if (peer >= 0) serve(peer, files);
  }
}
