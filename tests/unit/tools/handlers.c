/* An implementation of the golden service; with -DMISSING_HANDLER one of its handlers is not there. */
#include "golden/v1/golden.rpc.h"

static const Error *shop_lend_tool(ToolService *self, Ctx *ctx, const GoldenV1LendToolRequest *request,
                                   GoldenV1LendToolResponse *response) {
        (void) self, (void) ctx, (void) request, (void) response;
        return NULL;
}

#ifndef MISSING_HANDLER
static const Error *shop_forget_tools(ToolService *self, Ctx *ctx, const GoldenV1Empty *request,
                                      GoldenV1Empty *response) {
        (void) self, (void) ctx, (void) request, (void) response;
        return NULL;
}
#endif

static const Error *shop_watch_loans(ToolService *self, Ctx *ctx, const GoldenV1Empty *request,
                                     RpcStream *out) {
        (void) self, (void) ctx, (void) request, (void) out;
        return NULL;
}

extern ToolService shop;
ToolService shop = TOOL_SERVICE_IMPL(shop);
