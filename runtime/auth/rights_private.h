/*
 * What the holder of a key may say with it, so that a stolen one says no more: words in the member
 * "millrace_may" of its public JWK. Pure.
 *
 *         customer, seller, admin      tokens of users with that role
 *         service:NAME                 tokens of the service NAME, and of no other
 *         for:ROLE                     its calls may act for users with that role
 */
#pragma once

#include "auth/cache_private.h"

#define RIGHTS_MEMBER "millrace_may"
#define RIGHTS_MAX_SERVICE_BYTES 32

typedef struct Rights {
        unsigned roles;                             /* of users; never ROLE_SERVICE */
        unsigned acts_for;                          /* roles of users */
        char service[RIGHTS_MAX_SERVICE_BYTES + 1]; /* "": none */
} Rights;

/* Adds what a word allows; false when it is none of the above, or names a second service. */
bool auth_rights_add(Rights *rights, const char *word);

/* True when a key with these rights may sign these claims. */
bool auth_rights_allow(const Rights *rights, const TokenClaims *claims);
