// The Bayes classifier: is it spam, how sure is that, and why. docs/bayes.md.
#pragma once

#include "mail/bayes/database.h"
#include "mail/bayes/exchange.h"
#include "mail/bayes/score.h"
#include "mail/bayes/table.h"
#include "mail/bayes/tokens.h"
