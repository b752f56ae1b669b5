/* Links are signed with the keys of a file. */
#pragma once

#include "biz/review/request.h"

/*
 * Lives in arena.
 *
 * errors     internal ones, for a file that is not what auth/mac.h wants
 */
const Error *review_link_signer_new(Arena *arena, const char *key_file, LinkSigner **ret_signer) MUST_CHECK;
