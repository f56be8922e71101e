// Start here: secrets, digests, random bytes and stored passwords. The only module besides `net`
// that knows the crypto library underneath.
#pragma once

#include "mail/crypto/digest.h"
#include "mail/crypto/key.h"
#include "mail/crypto/keyed_hash.h"
#include "mail/crypto/password.h"
#include "mail/crypto/random.h"
#include "mail/crypto/scram.h"
#include "mail/crypto/secret.h"
