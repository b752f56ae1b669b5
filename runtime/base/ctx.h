/* One call's context: its memory, its deadline, who asks, and how to find it in the logs. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

typedef struct Workers Workers;
typedef struct TaskGroup TaskGroup;

/* Who may call; a bit each, so that a method's access is a set. */
typedef enum Role {
        ROLE_CUSTOMER = 1 << 0,
        ROLE_SELLER = 1 << 1,
        ROLE_ADMIN = 1 << 2,
        ROLE_SERVICE = 1 << 3,
        ROLE_ANYONE = 1 << 4, /* even without a token */
} Role;

/* The words of roles, in tokens, metadata and tables; ROLE_ANYONE is nobody's, and has none. */
typedef struct RoleWord {
        Role role;
        const char *word;
} RoleWord;

#define CTX_N_ROLE_WORDS 4
extern const RoleWord ctx_role_words[CTX_N_ROLE_WORDS];

/* The role that a word stands for; 0: none. */
Role ctx_role_of(const char *word);

/* The words of a set of roles, CTX_N_ROLE_WORDS at most; in arena. */
const char **ctx_words_of_roles(Arena *arena, unsigned roles, size_t *ret_n);

typedef struct Caller {
        const char *id;      /* the customer's id for a customer, else the user's; "" when nobody is known */
        unsigned roles;      /* set of Role; 0: anonymous */
        const char *service; /* the calling service's name, NULL when the call comes from outside */
        unsigned acts_for;   /* of a service's own token: roles of users that its calls may name */
} Caller;

/* W3C trace context and the request id that is shown to the client. */
typedef struct Trace {
        char trace_id[33]; /* 32 lower-case hex digits, or "" */
        char span_id[17];  /* 16 lower-case hex digits, or "" */
        const char *request_id;
} Trace;

/* One header of the answer, for what the message lacks ("idempotent-replayed"). Names are lower case. */
typedef struct ReplyHeader {
        const char *name;
        const char *value;
        struct ReplyHeader *next;
} ReplyHeader;

/* What a call turned out to be about, for its log line: "order", "ORD-...". NULL: not known, or nothing. */
typedef struct CtxSubject {
        const char *kind;
        const char *id;
} CtxSubject;

typedef struct IdempotencyClaim IdempotencyClaim;

typedef struct Ctx Ctx;
struct Ctx {
        Arena *arena;
        int64_t deadline_us; /* on the monotonic clock; CTX_NO_DEADLINE: none */
        const Caller *caller;
        const char *client; /* the host that asks, as its edge knows it: an IPv4 address, or the /64 of an
                             * IPv6 one; NULL: not known */
        Trace trace;
        const char *idempotency_key;   /* NULL: the caller gave none */
        IdempotencyClaim *claim;       /* of pg/idempotency.h, on the key; NULL: none */
        const atomic_bool *cancelled;  /* NULL: nobody can cancel */
        Workers *workers;              /* where task.h runs side steps; NULL: they run one after the other */
        TaskGroup *group;              /* of task.h, of which this is a step; NULL: of none */
        ReplyHeader *reply_headers;
        CtxSubject subject;
};

#define CTX_NO_DEADLINE INT64_MAX

/* A context without caller or deadline, for background work. */
Ctx ctx_background(Arena *arena);

/* What is left, in ms, rounded up; 0 when over; INT64_MAX without a deadline. */
int64_t ctx_remaining_ms(const Ctx *ctx);

/* Brings the deadline forward to timeout_ms from now; never moves it back. */
void ctx_limit(Ctx *ctx, int64_t timeout_ms);

/*
 * The context of a call to somebody else, within timeout_ms. The caller's idempotency key stays behind: it is
 * between him and us, and whoever calls a method that takes one says which.
 */
Ctx ctx_for_call(const Ctx *ctx, int64_t timeout_ms);

/* The same on nobody's behalf: it is asked by the service itself, whatever its caller may. */
Ctx ctx_for_own_call(const Ctx *ctx, int64_t timeout_ms);

/* The context of what must be done although the call is over: within timeout_ms, and nobody cancels it. */
Ctx ctx_afterwards(const Ctx *ctx, int64_t timeout_ms);

/*
 * Says whether the call may go on; asked before each step that costs or changes something.
 *
 * errors     DEADLINE_EXCEEDED, CANCELLED
 */
const Error *ctx_check(const Ctx *ctx) MUST_CHECK;

/* Who does it, for the records: the person whom the call is for, else the calling service, else fallback. */
const char *ctx_actor(const Ctx *ctx, const char *fallback);

/* True when the caller holds any role of the set. */
bool ctx_has_role(const Ctx *ctx, unsigned roles);

/* Says what the call is about, or a list of it; the texts must live as long as the arena. */
void ctx_about(Ctx *ctx, const char *kind, const char *id);
void ctx_about_all(Ctx *ctx, const char *kind, const char *const *ids, size_t n);

/* Adds a header to the answer; the texts must live as long as the arena. */
void ctx_reply_header(Ctx *ctx, const char *name, const char *value);
