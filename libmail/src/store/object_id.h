// Object identifiers (RFC 8474): what names a message or a folder for ever, wherever it is.
#pragma once

#include <string>
#include <string_view>

#include "mail/store/types.h"

namespace mail::store {

/// What Dovecot takes for a message's GUID: G of its record, else the base name of its file.
std::string_view message_guid(std::string_view keys, std::string_view base);

/// The GUID as a record can carry it. It has the same EMAILID.
std::string recordable_guid(std::string_view guid);

/// EMAILID: "E" and 32 hexadecimal digits.
std::string email_id(std::string_view guid);

/// Whether Dovecot takes it for the GUID of a mailbox: 32 hexadecimal digits.
bool is_mailbox_guid(std::string_view guid);

/// The GUID of a folder whose list has none: always the same, until the folder is renamed or
/// numbered anew.
std::string derived_mailbox_guid(std::string_view address, std::string_view folder,
                                 UidValidity validity);

/// MAILBOXID: "F", the GUID, UIDVALIDITY in eight hexadecimal digits.
std::string mailbox_id(std::string_view guid, UidValidity validity);

}  // namespace mail::store
