/* Publishing again what the stream lost: what is known of it, and taking back the marks of those events. */
#pragma once

#include "biz/relay/relay.h"

/* What the stream was when its acknowledgements were last written. errors: of pg_batch_run, here and below */
const Error *relay_replay_read_mark(RelayStore *store, Ctx *ctx, RelayStreamMark *ret_known) MUST_CHECK;

/*
 * Fences marks by the stream that was found. With a loss (see relay_lost_above), remembers that the events
 * above it go out again, unless another relay was first.
 */
const Error *relay_replay_adopt_stream(RelayStore *store, Ctx *ctx, RelayStreamMark known,
                                       RelayStreamMark found, int64_t lost_above) MUST_CHECK;

/*
 * Takes back a page of marks, if there are any to take back. Only the owner of partition 0 does.
 *
 * ret_is_done  false: there are more
 */
const Error *relay_replay_page(RelayStore *store, Ctx *ctx, bool *ret_is_done) MUST_CHECK;
