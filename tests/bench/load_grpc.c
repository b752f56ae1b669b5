/* Places orders over gRPC in a closed loop: one thread, connection and generated stub per client. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "auth/token.h"
#include "base/clock.h"
#include "base/log.h"
#include "order/v1/order.rpc.h"
#include "plan.h"
#include "rpc/remote.h"

#define CALL_TIMEOUT_MS 45000
#define MAX_CONNECTIONS 16 /* clients share them, as gRPC clients do */
#define MAX_KEY_BYTES 65536

typedef struct Shared {
        Plan plan;
        RpcChannel *channels[MAX_CONNECTIONS];
        int64_t started_us;
} Shared;

typedef struct Client {
        const Shared *shared;
        RpcChannel *channel;
        Outcome outcome;
        uint64_t seed;
        pthread_t thread;
} Client;

static CommonV1Address *address(Arena *arena) {
        CommonV1Address *address = common_v1_address_new(arena);

        address->street = "123 Main St";
        address->city = "San Francisco";
        address->state = "CA";
        address->zip_code = "94105";
        address->country = "US";
        return address;
}

static OrderV1OrderLine *line(Arena *arena, int sku) {
        OrderV1OrderLine *line = order_v1_order_line_new(arena);

        line->product_id = arena_printf(arena, "BENCH-PROD-%04d", sku);
        line->sku = arena_printf(arena, "BENCH-SKU-%04d", sku);
        line->quantity = 1;
        line->requested_warehouse = "US-WEST-01";
        return line;
}

static OrderV1PlaceOrderRequest *request_of(Arena *arena, const PlannedOrder *planned) {
        OrderV1PlaceOrderRequest *request = order_v1_place_order_request_new(arena);
        OrderV1PaymentMethod *payment = order_v1_payment_method_new(arena);

        payment->type = "credit_card";
        payment->token = "pm_1234567890";
        request->customer_id = arena_printf(arena, "BENCH-%05d", planned->customer + 1);
        request->n_items = 2;
        request->items = ARENA_ARRAY(arena, OrderV1OrderLine *, 2);
        request->items[0] = line(arena, planned->sku[0]);
        request->items[1] = line(arena, planned->sku[1]);
        request->shipping_address = address(arena);
        request->billing_address = address(arena);
        request->payment_method = payment;
        request->shipping_method = "standard";
        return request;
}

static void place(Client *client, Arena *arena) {
        PlannedOrder planned = plan_next(&client->shared->plan, &client->seed);
        OrderV1PlaceOrderRequest *request = request_of(arena, &planned);
        Caller caller = { .id = request->customer_id, .roles = ROLE_CUSTOMER };
        Ctx ctx = ctx_background(arena);
        int64_t started_us = clock_monotonic_us();

        ctx.caller = &caller;
        ctx_limit(&ctx, CALL_TIMEOUT_MS);
        OrderService *orders = order_service_connect(arena, client->channel);
        const Error *error =
                orders->place_order(orders, &ctx, request, order_v1_place_order_response_new(arena));
        histogram_add(&client->outcome.latencies, clock_monotonic_us() - started_us);
        if (error)
                outcome_fail(&client->outcome, log_cause(arena, error).text);
        else
                client->outcome.n_ok++;
}

static void *run(void *arg) {
        Client *client = arg;
        Plan share = client->shared->plan;
        Arena *arena = arena_new();

        share.min_orders /= share.connections;
        client->outcome.started_us = client->shared->started_us;
        while (plan_goes_on(&share, &client->outcome)) {
                place(client, arena);
                arena_reset(arena);
        }
        arena_free(arena);
        return NULL;
}

static TokenSigner *read_signer(Arena *arena) {
        const char *path = getenv("MILLRACE_SERVICE_KEY_FILE");
        char *jwk = arena_alloc(arena, MAX_KEY_BYTES);
        FILE *file = path ? fopen(path, "r") : NULL;
        TokenSigner *signer;

        if (!file || fread(jwk, 1, MAX_KEY_BYTES - 1, file) == 0 ||
            auth_token_signer_new(arena, jwk, &signer)) {
                fprintf(stderr, "MILLRACE_SERVICE_KEY_FILE does not name a key\n");
                exit(2);
        }
        fclose(file);
        return signer;
}

static void connect_all(Shared *shared, Arena *arena) {
        TokenSigner *signer = read_signer(arena);

        for (int i = 0; i < MAX_CONNECTIONS; i++)
                shared->channels[i] = rpc_remote_channel_new(&(RpcRemoteConfig) {
                        .target = arena_printf(arena, "%s:%d", shared->plan.host, shared->plan.port),
                        .name = "gateway",
                        .signer = signer,
                        .timeout_ms = CALL_TIMEOUT_MS,
                });
}

static void start(Shared *shared, Client *client, int i) {
        *client = (Client) { .shared = shared, .channel = shared->channels[i % MAX_CONNECTIONS],
                             .seed = 88172645463325252ULL + (uint64_t) i };
        if (pthread_create(&client->thread, NULL, run, client) != 0)
                abort();
}

static void gather(Outcome *into, const Client *client) {
        histogram_merge(&into->latencies, &client->outcome.latencies);
        into->n_ok += client->outcome.n_ok;
        if (client->outcome.n_failed > 0)
                outcome_fail(into, client->outcome.first_failure);
        into->n_failed += client->outcome.n_failed > 0 ? client->outcome.n_failed - 1 : 0;
}

int main(int argc, char **argv) {
        Arena *arena = arena_new();
        Shared shared = { 0 };
        Outcome outcome = { 0 };

        plan_read(&shared.plan, arena, argc, argv);
        log_init("load", LOG_ERROR);
        connect_all(&shared, arena);
        size_t n = (size_t) shared.plan.connections;
        Client *clients = ARENA_ARRAY(arena, Client, n);
        outcome.started_us = shared.started_us = clock_monotonic_us();
        for (size_t i = 0; i < n; i++)
                start(&shared, &clients[i], (int) i);
        for (size_t i = 0; i < n; i++) {
                pthread_join(clients[i].thread, NULL);
                gather(&outcome, &clients[i]);
        }
        outcome.ended_us = clock_monotonic_us();
        outcome_print(&outcome);
        return outcome.n_ok > 0 ? 0 : 1;
}
