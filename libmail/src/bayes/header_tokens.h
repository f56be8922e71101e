// What a header says of a message.
#pragma once

#include <string_view>

#include "mail/message/mime.h"

namespace mail::bayes {

class Sink;

void add_message_header(std::string_view header, Sink& sink);
void add_part_header(const message::PartDescription& about, Sink& sink);

}  // namespace mail::bayes
