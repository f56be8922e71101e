// mail::message: what a message says. Start with MimeTree for its structure, HeaderFields for its
// header; everything is a view into the octets or a value made from them.
#pragma once

#include "mail/message/address.h"
#include "mail/message/builder.h"
#include "mail/message/content.h"
#include "mail/message/date.h"
#include "mail/message/header.h"
#include "mail/message/mailbox.h"
#include "mail/message/mime.h"
#include "mail/message/parameter.h"
#include "mail/message/preview.h"
#include "mail/message/search_text.h"
#include "mail/message/section.h"
#include "mail/message/structure.h"
