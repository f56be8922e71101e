// mail::text: how text is written into octets on the wire. Everything here is a pure function.
#pragma once

#include "mail/text/base64.h"
#include "mail/text/casefold.h"
#include "mail/text/charset.h"
#include "mail/text/encoded_word.h"
#include "mail/text/hex.h"
#include "mail/text/idna.h"
#include "mail/text/quoted_printable.h"
#include "mail/text/utf7.h"
#include "mail/text/utf8.h"
