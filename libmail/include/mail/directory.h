// Start here: who exists, and who gets what.
//
//   auto snapshot = mail::directory::Snapshot::build(mail::real_filesystem(), folder, options);
//   auto resolution = snapshot->resolve("info@example.com");
//   auto login = mail::directory::authenticate(*snapshot, "ann@example.com", password);
#pragma once

#include "mail/directory/access.h"
#include "mail/directory/address.h"
#include "mail/directory/app_password.h"
#include "mail/directory/attributes.h"
#include "mail/directory/authenticate.h"
#include "mail/directory/current.h"
#include "mail/directory/diagnostic.h"
#include "mail/directory/editor.h"
#include "mail/directory/fingerprint.h"
#include "mail/directory/hostname.h"
#include "mail/directory/listen.h"
#include "mail/directory/networks.h"
#include "mail/directory/quota.h"
#include "mail/directory/relay.h"
#include "mail/directory/resolution.h"
#include "mail/directory/settings.h"
#include "mail/directory/snapshot.h"
