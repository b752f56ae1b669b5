#include "events/outbox.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/str.h"
#include "base/trace.h"

/* FNV-1a, 32 bits: ours, since those of a server or library may change, and order hangs on this one. */
static uint32_t hash(const char *text) {
        uint32_t h = UINT32_C(2166136261);

        for (const unsigned char *c = (const unsigned char *) text; *c; c++)
                h = (h ^ *c) * UINT32_C(16777619);
        return h;
}

static const PgStatement sql_insert = PG_WRITE_ROWS(
        PG_INSERT_ROWS(outbox, aggregate_id, event_id, aggregate_type, aggregate_version, event_type, payload,
                       partition, traceparent));

static const Error *too_long(Arena *arena, const OutboxEvent *event) {
        Error *error = error_internal(arena, NULL, "The payload of %s %s has more than %d bytes",
                                      event->event_type, event->event_id, OUTBOX_PAYLOAD_MAX_BYTES);

        error->is_final = true;
        return error;
}

void outbox_add(PgBatch *batch, const OutboxEvent *event) {
        Ctx *ctx = pg_batch_ctx(batch);

        if (strlen(event->payload) > OUTBOX_PAYLOAD_MAX_BYTES)
                pg_batch_refuse(batch, too_long(ctx->arena, event));
        pg_batch_add(batch, &sql_insert,
                     PG_ARGS(pg_text(event->aggregate_id), pg_uuid(event->event_id),
                             pg_text(event->aggregate_type), pg_int64(event->aggregate_version),
                             pg_text(event->event_type), pg_text(event->payload),
                             pg_int64(hash(event->aggregate_id) % OUTBOX_PARTITIONS),
                             pg_text(trace_parent(ctx->arena, event->trace ? event->trace : &ctx->trace))));
}

static struct sockaddr_un hint_address;
static int hint_socket = -1;

void outbox_hint_init(const char *socket_path) {
        if (hint_socket >= 0)
                close(hint_socket);
        hint_socket = -1;
        if (!socket_path || !*socket_path || strlen(socket_path) >= sizeof(hint_address.sun_path))
                return;
        hint_address.sun_family = AF_UNIX;
        strcpy(hint_address.sun_path, socket_path);
        hint_socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

/* A full queue means that the relay has hints enough; without a relay there is nobody to tell. */
void outbox_hint(void) {
        if (hint_socket >= 0)
                (void) !sendto(hint_socket, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL,
                               (const struct sockaddr *) &hint_address, sizeof(hint_address));
}
