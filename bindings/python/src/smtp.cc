// The SMTP and LMTP server engine for Python, as it is: bytes in, events out, no I/O.
//
// What would be the program's fault in C++ (an answer to no question) aborts a debug build; here it
// is an Error, so the open question is kept beside the session. AUTH and XCLIENT are not offered:
// events that Python does not know are answered here, and Python never sees them.
// Tested by tests/python/smtp_test.py.
#include "bindings.h"
#include "mail/base/overloaded.h"
#include "mail/smtp/server_session.h"

namespace mail::python {
namespace {

using smtp::Dialect;
using smtp::Reply;
using smtp::ServerSession;

using namespace py::literals;

TimePoint to_time(double seconds_since) {
  return TimePoint(
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds_since)));
}

const char* name_of(smtp::BodyType body) {
  switch (body) {
    case smtp::BodyType::kSevenBit: return "7BIT";
    case smtp::BodyType::kEightBitMime: return "8BITMIME";
    case smtp::BodyType::kBinaryMime: return "BINARYMIME";
  }
  return "7BIT";
}

class SmtpSession {
 public:
  SmtpSession(const std::string& dialect, std::string hostname, bool offers_starttls,
              std::uint64_t message_size, std::size_t recipients, double now)
      : session_(options(dialect, std::move(hostname), offers_starttls, message_size, recipients),
                 to_time(now)) {}

  void receive(const std::string& bytes, double now) {
    const Blocking call;
    session_.receive(bytes, to_time(now));
  }
  void receive_eof(double now) { session_.receive_eof(to_time(now)); }
  void on_deadline(double now) { session_.on_deadline(to_time(now)); }

  /// Name and fields of the next event, or None.
  py::object next() {
    while (const auto event = session_.next()) {
      py::object made = to_python(*event);
      if (!made.is_none()) {
        asks_ = smtp::is_question(*event);
        is_recipient_ = std::holds_alternative<smtp::RcptTo>(*event);
        is_message_ = std::holds_alternative<smtp::DataEnd>(*event);
        if (std::holds_alternative<smtp::MailFrom>(*event)) recipients_ = 0;
        return made;
      }
      if (smtp::is_question(*event)) session_.answer({502, "5.5.1", "Command not implemented"});
    }
    return py::none();
  }

  py::bytes output() {
    const auto octets = session_.output();
    return {octets.data(), octets.size()};
  }
  void consume_output(std::size_t octets) { session_.consume_output(octets); }

  void accept(const std::string& text) {
    take_question();
    if (is_recipient_) ++recipients_;
    session_.accept(text);
  }

  void answer(int code, const std::string& enhanced, const std::string& text) {
    const Reply reply = checked(code, enhanced, text);
    take_question();
    if (is_recipient_ && reply.is_positive()) ++recipients_;
    session_.answer(reply);
  }

  void answer_each(const std::vector<std::tuple<int, std::string, std::string>>& replies) {
    const std::size_t owed = is_lmtp_ ? recipients_ : 1;
    if (!asks_ || !is_message_ || replies.size() != owed) {
      throw Failure{
          failed_precondition("answer_each takes one reply for each accepted recipient "
                              "of a message, when DataEnd asks; here that is ",
                              asks_ && is_message_ ? owed : 0, ", not ", replies.size())};
    }
    std::vector<Reply> all;
    for (const auto& [code, enhanced, text] : replies) all.push_back(checked(code, enhanced, text));
    take_question();
    session_.answer_each(all);
  }

  void shut_down(const std::string& text) {
    asks_ = false;
    session_.shut_down(text);
  }

  bool wants_input() const { return session_.wants_input(); }
  bool wants_tls() const { return session_.wants_tls(); }
  bool finished() const { return session_.finished(); }

  void tls_started(const std::string& version, const std::string& cipher) {
    if (!session_.wants_tls()) {
      throw Failure{failed_precondition("the session does not want TLS now: ask wants_tls first")};
    }
    session_.tls_started({.version = version, .cipher = cipher, .server_name = {}});
  }

  py::object deadline() const {
    const auto end = session_.deadline();
    if (!end) return py::none();
    return py::float_(std::chrono::duration<double>(end->time_since_epoch()).count());
  }

 private:
  smtp::ServerOptions options(const std::string& dialect, std::string hostname,
                              bool offers_starttls, std::uint64_t message_size,
                              std::size_t recipients) {
    is_lmtp_ = dialect == "lmtp";
    if (!is_lmtp_ && dialect != "smtp") {
      throw Failure{invalid("the dialect is 'smtp' or 'lmtp', not '", dialect, "'")};
    }
    smtp::ServerOptions made;
    made.hostname = std::move(hostname);
    made.dialect = is_lmtp_ ? Dialect::kLmtp : Dialect::kSmtp;
    made.offers_starttls = offers_starttls;
    if (message_size != 0) made.message_size = message_size;
    if (recipients != 0) made.recipients = recipients;
    return made;
  }

  static Reply checked(int code, const std::string& enhanced, const std::string& text) {
    if (code < 200 || code > 599) {
      throw Failure{invalid("a reply begins with 2, 3, 4 or 5 and has three digits, not ", code)};
    }
    return {code, enhanced, text};
  }

  void take_question() {
    if (!asks_) {
      throw Failure{failed_precondition(
          "there is no question to answer: each event that asks takes exactly one answer")};
    }
    asks_ = false;
  }

  static py::object to_python(const ServerSession::Event& event) {
    const auto made = [](const char* name, py::dict fields = {}) -> py::object {
      return py::make_tuple(name, std::move(fields));
    };
    return std::visit(
        Overloaded{
            [&](const smtp::Connected&) { return made("Connected"); },
            [&](const smtp::Helo& helo) {
              return made("Helo", py::dict("domain"_a = to_str(helo.domain),
                                           "is_extended"_a = helo.is_extended));
            },
            [&](const smtp::MailFrom& mail) {
              return made("MailFrom", py::dict("reverse_path"_a = to_str(mail.reverse_path),
                                               "size"_a = mail.size, "body"_a = name_of(mail.body),
                                               "is_smtputf8"_a = mail.is_smtputf8));
            },
            [&](const smtp::RcptTo& recipient) {
              return made("RcptTo", py::dict("forward_path"_a = to_str(recipient.forward_path)));
            },
            [&](const smtp::Data&) { return made("Data"); },
            [&](const smtp::DataChunk& chunk) {
              return made("DataChunk",
                          py::dict("bytes"_a = py::bytes(chunk.bytes.data(), chunk.bytes.size())));
            },
            [&](const smtp::DataEnd& end) {
              return made("DataEnd", py::dict("octets"_a = end.octets));
            },
            [&](const smtp::Reset&) { return made("Reset"); },
            [&](const smtp::Violated& violated) {
              return made("Violated",
                          py::dict("violation"_a = to_str(to_string(violated.violation))));
            },
            [&](const smtp::Quit&) { return made("Quit"); },
            [](const auto&) -> py::object { return py::none(); },
        },
        event);
  }

  bool is_lmtp_ = false;
  bool asks_ = false;
  bool is_recipient_ = false;
  bool is_message_ = false;
  std::size_t recipients_ = 0;
  ServerSession session_;
};

}  // namespace

void define_smtp(py::module_& module) {
  py::class_<SmtpSession>(module, "SmtpSession")
      .def(py::init<std::string, std::string, bool, std::uint64_t, std::size_t, double>())
      .def("receive", &SmtpSession::receive)
      .def("receive_eof", &SmtpSession::receive_eof)
      .def("on_deadline", &SmtpSession::on_deadline)
      .def("next", &SmtpSession::next)
      .def("output", &SmtpSession::output)
      .def("consume_output", &SmtpSession::consume_output)
      .def("accept", &SmtpSession::accept)
      .def("answer", &SmtpSession::answer)
      .def("answer_each", &SmtpSession::answer_each)
      .def("shut_down", &SmtpSession::shut_down)
      .def("wants_input", &SmtpSession::wants_input)
      .def("wants_tls", &SmtpSession::wants_tls)
      .def("finished", &SmtpSession::finished)
      .def("tls_started", &SmtpSession::tls_started)
      .def("deadline", &SmtpSession::deadline);
}

}  // namespace mail::python
