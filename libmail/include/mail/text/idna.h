// Internationalised domain names (RFC 5890 to 5893): U-labels for people, A-labels for the wire.
#pragma once

#include <string>
#include <string_view>

#include "mail/base/status.h"

namespace mail::text {

/// "bücher.example" → "xn--bcher-kva.example", by IDNA 2008 with the mapping of UTS 46
/// (non-transitional): upper case, wide forms and the ideographic full stop are understood. ASCII
/// is lowered and otherwise returned as it is, names that are no hostnames ("_dmarc") included; an
/// A-label in it is checked. Fails: InvalidArgument, naming the domain and what is wrong.
StatusOr<std::string> to_a_labels(std::string_view domain);

/// "xn--bcher-kva.example" → "bücher.example". Labels that are not A-labels are returned as they
/// are. Fails: InvalidArgument.
StatusOr<std::string> to_u_labels(std::string_view domain);

}  // namespace mail::text
