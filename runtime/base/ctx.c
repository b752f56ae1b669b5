#include "base/ctx.h"

#include "base/clock.h"
#include "base/str.h"

const RoleWord ctx_role_words[CTX_N_ROLE_WORDS] = {
        { ROLE_CUSTOMER, "customer" },
        { ROLE_SELLER, "seller" },
        { ROLE_ADMIN, "admin" },
        { ROLE_SERVICE, "service" },
};

Role ctx_role_of(const char *word) {
        for (size_t i = 0; i < CTX_N_ROLE_WORDS; i++)
                if (str_equal(ctx_role_words[i].word, word))
                        return ctx_role_words[i].role;
        return 0;
}

const char **ctx_words_of_roles(Arena *arena, unsigned roles, size_t *ret_n) {
        const char **words = ARENA_ARRAY(arena, const char *, CTX_N_ROLE_WORDS);
        size_t n = 0;

        for (size_t i = 0; i < CTX_N_ROLE_WORDS; i++)
                if (roles & ctx_role_words[i].role)
                        words[n++] = ctx_role_words[i].word;
        *ret_n = n;
        return words;
}

static const Caller nobody = { .id = "" };

Ctx ctx_background(Arena *arena) {
        return (Ctx) { .arena = arena, .deadline_us = CTX_NO_DEADLINE, .caller = &nobody };
}

int64_t ctx_remaining_ms(const Ctx *ctx) {
        if (ctx->deadline_us == CTX_NO_DEADLINE)
                return INT64_MAX;
        int64_t left_us = ctx->deadline_us - clock_monotonic_us();
        return left_us > 0 ? (left_us + 999) / 1000 : 0;
}

void ctx_limit(Ctx *ctx, int64_t timeout_ms) {
        int64_t deadline_us = clock_monotonic_us() + timeout_ms * 1000;

        if (deadline_us < ctx->deadline_us)
                ctx->deadline_us = deadline_us;
}

Ctx ctx_for_call(const Ctx *ctx, int64_t timeout_ms) {
        Ctx call = *ctx;

        call.idempotency_key = NULL;
        ctx_limit(&call, timeout_ms);
        return call;
}

Ctx ctx_for_own_call(const Ctx *ctx, int64_t timeout_ms) {
        Ctx call = ctx_for_call(ctx, timeout_ms);

        call.caller = &nobody;
        return call;
}

Ctx ctx_afterwards(const Ctx *ctx, int64_t timeout_ms) {
        Ctx afterwards = *ctx;

        afterwards.deadline_us = clock_monotonic_us() + timeout_ms * 1000;
        afterwards.cancelled = NULL;
        return afterwards;
}

const Error *ctx_check(const Ctx *ctx) {
        if (ctx->cancelled && atomic_load_explicit(ctx->cancelled, memory_order_relaxed))
                return error_new(ctx->arena, ERROR_CANCELLED, REASON_CANCELLED,
                                 "The caller cancelled the call");
        if (ctx_remaining_ms(ctx) == 0)
                return error_new(ctx->arena, ERROR_DEADLINE_EXCEEDED, REASON_DEADLINE_EXCEEDED,
                                 "The call ran out of time");
        return NULL;
}

const char *ctx_actor(const Ctx *ctx, const char *fallback) {
        return *ctx->caller->id ? ctx->caller->id : fallback;
}

bool ctx_has_role(const Ctx *ctx, unsigned roles) {
        return (ctx->caller->roles & roles) != 0;
}

void ctx_reply_header(Ctx *ctx, const char *name, const char *value) {
        ReplyHeader *header = ARENA_NEW(ctx->arena, ReplyHeader);

        *header = (ReplyHeader) { .name = name, .value = value, .next = ctx->reply_headers };
        ctx->reply_headers = header;
}

void ctx_about(Ctx *ctx, const char *kind, const char *id) {
        if (!str_is_empty(id))
                ctx->subject = (CtxSubject) { kind, id };
}

void ctx_about_all(Ctx *ctx, const char *kind, const char *const *ids, size_t n) {
        StrBuf text = { .arena = ctx->arena };

        for (size_t i = 0; i < n; i++) {
                strbuf_add(&text, i > 0 ? " " : "");
                strbuf_add(&text, ids[i]);
        }
        if (n > 0)
                ctx_about(ctx, kind, strbuf_text(&text));
}
