/* What a process says of itself when it is asked whether it can serve; kept, so that nobody waits for it. */
#pragma once

#include <pthread.h>

#include "base/ctx.h"

#define APP_STATUS_BYTES 256

typedef enum AppState { APP_STARTING, APP_RUNNING, APP_STOPPING } AppState;

typedef struct AppStatus {
        pthread_mutex_t lock;
        AppState state;
        bool is_ready;
        char unready[APP_STATUS_BYTES]; /* why it is not */
        int64_t noted_us;
} AppStatus;

void app_status_init(AppStatus *status);
void app_status_enter(AppStatus *status, AppState state);

/* What the process's parts have just said: NULL when all are ready. A change is logged. */
void app_status_note(AppStatus *status, Ctx *ctx, const Error *error);

/*
 * For health and readiness: what the parts said last. Never waits; any thread; self is the AppStatus.
 * Services that are called over the network are not asked: a process that cannot reach one fails the calls
 * that need it, and can serve the others.
 *
 * errors     UNAVAILABLE while the process starts or stops, and when a part is not ready, its name in front
 */
const Error *app_status_check(void *self, Ctx *ctx) MUST_CHECK;
