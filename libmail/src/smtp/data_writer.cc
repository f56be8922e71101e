// Tested by tests/unit/smtp/data_writer_test.cc.
#include "smtp/data_writer.h"

namespace mail::smtp {

void DataWriter::append(std::string_view bytes, std::string& to) {
  for (std::size_t at = 0; at < bytes.size();) {
    if (is_behind_cr_) {
      is_behind_cr_ = false;
      if (bytes[at] == '\n') {
        ++at;
        continue;
      }
    }
    if (doubles_dots_ && at_line_start_ && bytes[at] == '.') to += '.';
    const std::size_t end = bytes.find_first_of("\r\n", at);
    if (end == bytes.npos) {
      to.append(bytes.substr(at));
      at_line_start_ = false;
      return;
    }
    to.append(bytes.substr(at, end - at));
    to += "\r\n";
    at_line_start_ = true;
    is_behind_cr_ = bytes[end] == '\r';
    at = end + 1;
  }
}

void DataWriter::finish(std::string& to) {
  if (!at_line_start_) to += "\r\n";
  at_line_start_ = true;
}

}  // namespace mail::smtp
