#include "rpc/remote.h"

#include <grpc/grpc_security.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "rpc/remote_call_private.h"

/* A token is used for half of its life, so that the clocks of two machines may differ. */
#define TOKEN_RENEW_US (TOKEN_ACCESS_MS / 2 * 1000)

static CallQueue *queue_new(void) {
        CallQueue *queue = MEMORY_NEW(CallQueue);

        queue->cq = grpc_completion_queue_create_for_pluck(NULL);
        return queue;
}

CallQueue *rpc_remote_take_queue(RemoteChannel *channel) {
        pthread_mutex_lock(&channel->lock);
        CallQueue *queue = channel->free_queues;
        if (queue)
                channel->free_queues = queue->next;
        pthread_mutex_unlock(&channel->lock);
        return queue ? queue : queue_new();
}

void rpc_remote_give_queue(RemoteChannel *channel, CallQueue *queue) {
        pthread_mutex_lock(&channel->lock);
        queue->next = channel->free_queues;
        channel->free_queues = queue;
        pthread_mutex_unlock(&channel->lock);
}

static const Error *sign_token(RemoteChannel *channel, Arena *arena) {
        const char *text;

        TRY(auth_token_sign(channel->config.signer, arena, channel->config.name, ROLE_SERVICE,
                            TOKEN_ACCESS_MS, &text));
        grpc_slice_unref(channel->token);
        channel->token = grpc_slice_from_copied_string(text);
        channel->token_renew_us = clock_monotonic_us() + TOKEN_RENEW_US;
        return NULL;
}

const Error *rpc_remote_token(RemoteChannel *channel, Arena *arena, grpc_slice *ret_token) {
        const Error *error = NULL;

        pthread_mutex_lock(&channel->lock);
        if (clock_monotonic_us() >= channel->token_renew_us)
                error = sign_token(channel, arena);
        if (!error)
                *ret_token = grpc_slice_ref(channel->token);
        pthread_mutex_unlock(&channel->lock);
        return error;
}

/* Retries are only those that gRPC can prove harmless: the service never saw the call. */
static grpc_channel *make_grpc_channel(const char *target) {
        grpc_arg args[] = {
                { .type = GRPC_ARG_STRING, .key = GRPC_ARG_LB_POLICY_NAME, .value.string = "round_robin" },
                rpc_wire_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, MESSAGE_MAX_BYTES),
                rpc_wire_arg(GRPC_ARG_MAX_METADATA_SIZE, 2 * RPC_MAX_METADATA_BYTES),
                rpc_wire_arg(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1),
                rpc_wire_arg(GRPC_ARG_ENABLE_RETRIES, 1),
                rpc_wire_arg(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100),
                rpc_wire_arg(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1000),
                rpc_wire_arg(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000),
                rpc_wire_arg(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 2000),
                rpc_wire_arg(GRPC_ARG_KEEPALIVE_TIME_MS, 30000),
                rpc_wire_arg(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000),
                rpc_wire_arg(GRPC_ARG_ENABLE_CHANNELZ, 0),
                rpc_wire_arg(GRPC_ARG_ENABLE_HTTP_PROXY, 0),
        };
        grpc_channel_credentials *plain = grpc_insecure_credentials_create();
        grpc_channel *channel = grpc_channel_create(
                target, plain, &(grpc_channel_args) { ARRAY_SIZE(args), args });

        grpc_channel_credentials_release(plain);
        return channel;
}

RpcChannel *rpc_remote_channel_new(const RpcRemoteConfig *config) {
        RemoteChannel *channel = MEMORY_NEW(RemoteChannel);

        rpc_wire_init();
        *channel = (RemoteChannel) {
                .base = { .call = rpc_remote_unary, .stream = rpc_remote_stream },
                .config = *config,
                .channel = make_grpc_channel(config->target),
                .token = grpc_empty_slice(),
        };
        pthread_mutex_init(&channel->lock, NULL);
        return &channel->base;
}

static void queue_free(CallQueue *queue) {
        grpc_completion_queue_shutdown(queue->cq);
        grpc_completion_queue_destroy(queue->cq);
        free(queue);
}

void rpc_remote_channel_free(RpcChannel *base) {
        RemoteChannel *channel = (RemoteChannel *) base;

        if (!channel)
                return;
        while (channel->free_queues) {
                CallQueue *queue = channel->free_queues;

                channel->free_queues = queue->next;
                queue_free(queue);
        }
        grpc_channel_destroy(channel->channel);
        grpc_slice_unref(channel->token);
        pthread_mutex_destroy(&channel->lock);
        free(channel);
        grpc_shutdown();
}
