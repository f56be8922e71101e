#pragma once

#include <string_view>

#include "mail/directory/resolution.h"
#include "tables.h"

namespace mail::directory {

/// Who gets mail for `address` (external form), and why.
Resolution resolve_in(const Tables& tables, std::string_view address);

}  // namespace mail::directory
