// Reading messages for Python: the MIME tree with its parts by number, header fields, addresses.
// A ParsedMessage owns the bytes that its tree looks into. Tested by tests/python/message_test.py.
#include "mail/message.h"
#include "bindings.h"
#include "mail/text.h"

namespace mail::python {
namespace {

using message::MimePart;
using message::MimeTree;

py::bytes to_bytes(std::string_view octets) { return {octets.data(), octets.size()}; }

py::dict parameter_dict(const std::vector<message::Parameter>& parameters) {
  py::dict made;
  for (const auto& parameter : parameters) {
    // "filename*" says that the value is encoded; to Python that is the plain name with its text.
    std::string name = parameter.name;
    if (name.ends_with('*')) name.pop_back();
    const auto text = message::parameter_text(parameters, name);
    if (text && !made.contains(py::str(name))) made[py::str(name)] = to_str(*text);
  }
  return made;
}

class ParsedMessage {
 public:
  explicit ParsedMessage(std::string bytes) : bytes_(std::move(bytes)), tree_(bytes_) {}
  ParsedMessage(const ParsedMessage&) = delete;
  ParsedMessage& operator=(const ParsedMessage&) = delete;

  py::bytes bytes() const { return to_bytes(bytes_); }
  std::size_t size() const { return tree_.parts().size(); }
  bool is_truncated() const { return tree_.is_truncated(); }

  py::list fields(std::uint32_t index) const {
    py::list all;
    for (const auto& field : message::HeaderFields(tree_.header(at(index)))) {
      all.append(py::make_tuple(to_str(field.name),
                                to_str(text::decode_encoded_words(message::unfold(field.value)))));
    }
    return all;
  }

  /// The field's value with folds and encoded words as they are; None without such a field.
  py::object raw_field(std::uint32_t index, const std::string& name) const {
    const auto field = message::first_field(tree_.header(at(index)), name);
    if (!field) return py::none();
    return to_bytes(field->value);
  }

  py::tuple describe(std::uint32_t index) const {
    const MimePart& part = at(index);
    const auto about = tree_.describe(part);
    const py::object disposition =
        about.disposition ? py::object(py::str(about.disposition->kind)) : py::none();
    const py::dict disposition_parameters =
        about.disposition ? parameter_dict(about.disposition->parameters) : py::dict();
    return py::make_tuple(cat(about.content_type.type, "/", about.content_type.subtype),
                          parameter_dict(about.content_type.parameters), disposition,
                          disposition_parameters, to_str(about.encoding));
  }

  py::list children(std::uint32_t index) const {
    py::list all;
    std::uint32_t child = at(index).first_child;
    while (child != MimePart::kNone) {
      all.append(child);
      child = tree_.part(child).next_sibling;
    }
    return all;
  }

  py::object find(const std::vector<std::uint32_t>& numbers) const {
    const auto found = tree_.find(numbers);
    return found ? py::object(py::int_(*found)) : py::none();
  }

  py::bytes header(std::uint32_t index) const { return to_bytes(tree_.header(at(index))); }
  py::bytes body(std::uint32_t index) const { return to_bytes(tree_.body(at(index))); }

  py::bytes content(std::uint32_t index) const {
    const std::string octets = decoded(at(index));
    return to_bytes(octets);
  }

  py::str text(std::uint32_t index) const {
    const MimePart& part = at(index);
    const auto about = tree_.describe(part);
    const auto charset = message::parameter_text(about.content_type.parameters, "charset");
    return to_str(text::to_utf8(decoded(part), charset.value_or("us-ascii")));
  }

 private:
  const MimePart& at(std::uint32_t index) const {
    if (index >= tree_.parts().size()) throw py::index_error("no such part");
    return tree_.part(index);
  }
  std::string decoded(const MimePart& part) const {
    return message::decode_transfer(tree_.body(part), part.encoding);
  }

  const std::string bytes_;
  const MimeTree tree_;
};

py::list parse_addresses(const std::string& value) {
  py::list all;
  for (const auto& address : message::parse_addresses(value)) {
    const char* kind = "mailbox";
    if (address.kind == message::Address::Kind::kGroupStart) kind = "group";
    if (address.kind == message::Address::Kind::kGroupEnd) kind = "group end";
    all.append(py::make_tuple(kind, to_str(text::decode_encoded_words(address.name)),
                              to_str(address.local_part), to_str(address.domain),
                              to_str(message::address_spec(address))));
  }
  return all;
}

/// Seconds since 1970 and the minutes east of UTC, or None.
py::object parse_date(const std::string& value) {
  const auto date = message::parse_date(value);
  if (!date) return py::none();
  const auto time = std::chrono::duration_cast<seconds>(date->time.time_since_epoch());
  return py::make_tuple(time.count(), date->offset.count());
}

}  // namespace

void define_message(py::module_& module) {
  py::class_<ParsedMessage>(module, "ParsedMessage")
      .def(py::init<std::string>())
      .def("bytes", &ParsedMessage::bytes)
      .def("size", &ParsedMessage::size)
      .def("is_truncated", &ParsedMessage::is_truncated)
      .def("fields", &ParsedMessage::fields)
      .def("raw_field", &ParsedMessage::raw_field)
      .def("describe", &ParsedMessage::describe)
      .def("children", &ParsedMessage::children)
      .def("find", &ParsedMessage::find)
      .def("header", &ParsedMessage::header)
      .def("body", &ParsedMessage::body)
      .def("content", &ParsedMessage::content)
      .def("text", &ParsedMessage::text);
  module.def("parse_addresses", &parse_addresses);
  module.def("parse_date", &parse_date);
}

}  // namespace mail::python
