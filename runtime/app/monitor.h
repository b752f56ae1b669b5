/* What operations look at: /health/live, /health/ready and /metrics, on a port of their own. */
#pragma once

#include "app/settings.h"
#include "http/server.h"

typedef struct Monitor Monitor;

/*
 * Listens at MILLRACE_METRICS_PORT; does nothing when that is 0.
 *
 * ret_monitor  NULL when it is 0
 * errors       internal ones, as when the port is taken
 */
const Error *monitor_start(Arena *arena, App *app, const AppSettings *settings, Monitor **ret_monitor) MUST_CHECK;
void monitor_stop(Monitor *monitor); /* accepts NULL */

/* Answers a request for one of the pages; false when it is for something else. */
bool monitor_answer(App *app, const HttpRequest *request, HttpResponse *response);
