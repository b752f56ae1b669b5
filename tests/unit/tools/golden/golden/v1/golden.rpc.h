/* Written by rpcgen from golden/v1/golden.proto; do not edit. */
#pragma once

#include "golden/v1/golden.pb-c.h"

#include "rpc/channel.h"
#include "common/v1/money.rpc.h"
#include "common/v1/options.rpc.h"
#include "google/api/annotations.rpc.h"
#include "google/protobuf/timestamp.rpc.h"

extern const RpcFile golden_v1_golden_file;

typedef Golden__V1__Reason GoldenV1Reason;
typedef Golden__V1__LoanState GoldenV1LoanState;
typedef Golden__V1__LendToolRequest__Span__Unit GoldenV1LendToolRequestSpanUnit;

/* The last one has no name. */
extern const RpcReason golden_v1_reasons[];

typedef Golden__V1__LendToolRequest GoldenV1LendToolRequest;
extern const MessageInfo golden_v1_lend_tool_request_info;

static inline GoldenV1LendToolRequest *golden_v1_lend_tool_request_new(Arena *arena) {
        GoldenV1LendToolRequest *message = ARENA_NEW(arena, GoldenV1LendToolRequest);

        golden__v1__lend_tool_request__init(message);
        return message;
}

typedef Golden__V1__LendToolRequest__Span GoldenV1LendToolRequestSpan;
extern const MessageInfo golden_v1_lend_tool_request_span_info;

static inline GoldenV1LendToolRequestSpan *golden_v1_lend_tool_request_span_new(Arena *arena) {
        GoldenV1LendToolRequestSpan *message = ARENA_NEW(arena, GoldenV1LendToolRequestSpan);

        golden__v1__lend_tool_request__span__init(message);
        return message;
}

typedef Golden__V1__LendToolResponse GoldenV1LendToolResponse;
extern const MessageInfo golden_v1_lend_tool_response_info;

static inline GoldenV1LendToolResponse *golden_v1_lend_tool_response_new(Arena *arena) {
        GoldenV1LendToolResponse *message = ARENA_NEW(arena, GoldenV1LendToolResponse);

        golden__v1__lend_tool_response__init(message);
        return message;
}

typedef Golden__V1__Loan GoldenV1Loan;
extern const MessageInfo golden_v1_loan_info;

static inline GoldenV1Loan *golden_v1_loan_new(Arena *arena) {
        GoldenV1Loan *message = ARENA_NEW(arena, GoldenV1Loan);

        golden__v1__loan__init(message);
        return message;
}

typedef Golden__V1__Loan__CountsEntry GoldenV1LoanCountsEntry;
extern const MessageInfo golden_v1_loan_counts_entry_info;

static inline GoldenV1LoanCountsEntry *golden_v1_loan_counts_entry_new(Arena *arena) {
        GoldenV1LoanCountsEntry *message = ARENA_NEW(arena, GoldenV1LoanCountsEntry);

        golden__v1__loan__counts_entry__init(message);
        return message;
}

typedef Golden__V1__Empty GoldenV1Empty;
extern const MessageInfo golden_v1_empty_info;

static inline GoldenV1Empty *golden_v1_empty_new(Arena *arena) {
        GoldenV1Empty *message = ARENA_NEW(arena, GoldenV1Empty);

        golden__v1__empty__init(message);
        return message;
}

/*
 * Lends tools to neighbours.
 */
typedef struct ToolService ToolService;
struct ToolService {
        /*
         * Lends a tool; says "when" and, with a \ or two, where. A comment of several lines * / that tries to
         * end the comment above it, and grows beyond one line of C. Für alle.
         * REST: POST /v1/tools/{tool_id}/loans, answers 201
         * REST: PUT /v1/people/{borrower}/loans/{tool_id}, answers 201
         * Access: ROLE_CUSTOMER | ROLE_SELLER | ROLE_ADMIN | ROLE_SERVICE; takes an Idempotency-Key
         * Errors: TOOL_IS_OUT, PAYMENT_FAILED
         */
        const Error *(*lend_tool)(ToolService *self, Ctx *ctx, const GoldenV1LendToolRequest *request,
                                  GoldenV1LendToolResponse *response) MUST_CHECK;

        /*
         * REST: DELETE /v1/tools, answers 200
         * REST: PATCH /v1/tools, answers 200
         * REST: GET /v1/tools, answers 200
         * REST: HEAD /v1/tools, answers 200
         * Access: nobody
         */
        const Error *(*forget_tools)(ToolService *self, Ctx *ctx, const GoldenV1Empty *request,
                                     GoldenV1Empty *response) MUST_CHECK;

        /*
         * Tells of every loan from now on.
         * Access: ROLE_ANYONE; takes an Idempotency-Key
         */
        const Error *(*watch_loans)(ToolService *self, Ctx *ctx, const GoldenV1Empty *request,
                                    RpcStream *out) MUST_CHECK;
};

/* Answers WatchLoans once more. */
static inline const Error *tool_service_watch_loans_send(RpcStream *out, Ctx *ctx,
                                                         const GoldenV1LendToolResponse *message) {
        return out->send(out, ctx, &message->base);
}

extern const RpcService tool_service_rpc;

/* The service behind channel, which must outlive it; lives in arena. */
ToolService *tool_service_connect(Arena *arena, RpcChannel *channel);

/* The interface made of functions prefix_<method>; one that is missing does not compile. */
#define TOOL_SERVICE_IMPL(prefix) { \
                .lend_tool = prefix##_lend_tool, \
                .forget_tools = prefix##_forget_tools, \
                .watch_loans = prefix##_watch_loans, \
        }

/*
 * A name without the ending.
 */
typedef struct Shed Shed;
struct Shed {
        /*
         * Access: nobody
         */
        const Error *(*open_door3_d)(Shed *self, Ctx *ctx, const GoldenV1Empty *request,
                                     GoldenV1Empty *response) MUST_CHECK;
};

extern const RpcService shed_rpc;

/* The service behind channel, which must outlive it; lives in arena. */
Shed *shed_connect(Arena *arena, RpcChannel *channel);

/* The interface made of functions prefix_<method>; one that is missing does not compile. */
#define SHED_IMPL(prefix) { \
                .open_door3_d = prefix##_open_door3_d, \
        }
