/*
 * What the relay decides: which events go out next, and what becomes of each after the bus has answered. How
 * events are read and marked, and how they are published, is behind two interfaces.
 *
 * source     002 5.2 Event Processing Patterns (exponential backoff, at most 5 tries, dead letters)
 */
#pragma once

#include "base/ctx.h"

/* An event that was refused this often is parked among the dead letters. */
#define RELAY_MAX_TRIES 5

/* The pause after the first refusal; it doubles with each further one. */
#define RELAY_FIRST_RETRY_MS INT64_C(1000)

/* Another relay owns the partitions by now; nothing was marked. */
#define INNER_RELAY_FENCED "RELAY_FENCED"

/* The stream is not the one that took the events, so they were not marked. */
#define INNER_RELAY_STREAM_CHANGED "RELAY_STREAM_CHANGED"

typedef enum RelayOutcome {
        RELAY_UNKNOWN, /* the bus has not answered: it goes out again, and that is not the event's fault */
        RELAY_STORED,  /* the stream has it, perhaps since an earlier try */
        RELAY_REFUSED, /* the stream does not take this very event */
} RelayOutcome;

typedef struct RelayEvent {
        int64_t id;
        const char *event_id;
        const char *aggregate_type;
        const char *aggregate_id;
        int64_t aggregate_version;
        const char *event_type;
        const char *payload;
        const char *traceparent; /* may be NULL */
        int64_t retry_count;     /* refusals so far */
        int64_t previous_version;  /* of the event before it; 0: none, or none that is kept any more */
        int64_t previous_sequence; /* where the stream has that one */
        int64_t waits_for_id;      /* that one, while the stream does not have it; 0: it waits for none */
        bool is_sent;
        /* out, by the publisher */
        RelayOutcome outcome;
        int64_t sequence;    /* in the stream, when stored */
        const char *problem; /* when refused */
} RelayEvent;

/* What is written back about a batch; events of unknown outcome are in no list. */
typedef struct RelaySettlement {
        int64_t *stored_ids;
        int64_t *stored_sequences;
        size_t n_stored;
        int64_t *retry_ids;
        int64_t *retry_delays_ms;
        const char **retry_problems;
        size_t n_retries;
        int64_t *dead_ids;
        const char **dead_problems;
        size_t n_dead;
} RelaySettlement;

/* The outbox of one database, as far as this process owns its partitions. */
typedef struct RelayStore RelayStore;
struct RelayStore {
        /*
         * Reads unprocessed events, in order per aggregate, leaving out those that wait for their next
         * attempt, those that follow such a one, and those that follow a dead letter of their aggregate. Sets
         * *ret_is_full when there may be more.
         *
         * errors     UNAVAILABLE
         */
        const Error *(*read)(RelayStore *self, Ctx *ctx, RelayEvent **ret_events, size_t *ret_n,
                             bool *ret_is_full);
        /*
         * Writes the settlement, all or nothing.
         *
         * errors     RELAY_FENCED; RELAY_STREAM_CHANGED; UNAVAILABLE; WRITE_UNCERTAIN
         */
        const Error *(*settle)(RelayStore *self, Ctx *ctx, const RelaySettlement *settlement);
};

typedef struct RelayPublisher RelayPublisher;
struct RelayPublisher {
        /*
         * Publishes in order, none waiting for another, and fills in each event's outcome.
         *
         * errors     UNAVAILABLE when an outcome is unknown: the others hold
         */
        const Error *(*publish)(RelayPublisher *self, Ctx *ctx, RelayEvent **events, size_t n);
};

typedef struct RelayProgress {
        size_t n_published;
        size_t n_refused; /* dead ones included */
        size_t n_dead;
        bool is_full; /* there is more to read at once */
} RelayProgress;

/* The pause before the next try of an event that was refused n_refusals times, at least once. */
int64_t relay_retry_delay_ms(int64_t n_refusals);

/*
 * Chooses the events that can go out now, and marks them as sent: those whose predecessor the stream has.
 * Events are sorted by id. Returns how many.
 *
 * ret_chosen  room for n
 */
size_t relay_choose(RelayEvent *events, size_t n, RelayEvent **ret_chosen);

/* Sorts published events by what becomes of them; lists and texts live in arena or are the events'. */
RelaySettlement relay_judge(Arena *arena, const RelayEvent *events, size_t n);

/*
 * Reads, publishes and settles one batch. *ret_progress is valid with an error, too. Fault points:
 * relay.before_publish, relay.after_publish, relay.before_mark, relay.after_mark.
 *
 * errors     those of the store; UNAVAILABLE when the bus is away
 */
const Error *relay_drain_once(RelayStore *store, RelayPublisher *publisher, Ctx *ctx,
                              RelayProgress *ret_progress) MUST_CHECK;

/* A stream as it was seen once: which one, and how far it went. */
typedef struct RelayStreamMark {
        int64_t created_us; /* 0: none was seen yet */
        int64_t last_sequence;
} RelayStreamMark;

#define RELAY_NOTHING_LOST INT64_MAX

/*
 * What the stream has lost of what it had acknowledged, since it was known; found must have been asked for
 * after known was read. Everything above the returned sequence; RELAY_NOTHING_LOST: nothing.
 */
int64_t relay_lost_above(RelayStreamMark known, RelayStreamMark found);
