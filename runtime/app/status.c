#include "app/status_private.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"

#define STALE_MS 10000 /* a look that takes longer has met something that hangs */

void app_status_init(AppStatus *status) {
        *status = (AppStatus) { .state = APP_STARTING };
        pthread_mutex_init(&status->lock, NULL);
}

void app_status_enter(AppStatus *status, AppState state) {
        pthread_mutex_lock(&status->lock);
        status->state = state;
        pthread_mutex_unlock(&status->lock);
}

void app_status_note(AppStatus *status, Ctx *ctx, const Error *error) {
        pthread_mutex_lock(&status->lock);
        bool was_ready = status->is_ready;
        status->is_ready = !error;
        snprintf(status->unready, sizeof(status->unready), "%s", error ? error->message : "");
        status->noted_us = clock_monotonic_us();
        pthread_mutex_unlock(&status->lock);
        if (was_ready && error)
                log_warning("not ready", log_cause(ctx->arena, error));
        if (!was_ready && !error)
                log_info("ready");
}

static const Error *unavailable(const AppStatus *status, Ctx *ctx) {
        Arena *arena = ctx->arena;

        if (status->state != APP_RUNNING)
                return error_new(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "The process is %s",
                                 status->state == APP_STARTING ? "starting" : "stopping");
        if (clock_monotonic_us() - status->noted_us > STALE_MS * INT64_C(1000))
                return error_new(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                                 "The process has not looked at its parts for %d ms", STALE_MS);
        if (!status->is_ready)
                return error_new(arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "%s", status->unready);
        return NULL;
}

const Error *app_status_check(void *self, Ctx *ctx) {
        AppStatus *status = self;

        pthread_mutex_lock(&status->lock);
        const Error *error = unavailable(status, ctx);
        pthread_mutex_unlock(&status->lock);
        return error;
}
