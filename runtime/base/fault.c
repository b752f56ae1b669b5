#include "base/fault.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"

#define MAX_POINTS 16
#define MAX_STALL_MS INT64_C(600000)

typedef enum FaultAction { FAULT_KILL, FAULT_ERROR, FAULT_STALL } FaultAction;

typedef struct FaultPoint {
        char name[64];
        FaultAction action;
        int64_t stall_ms;
        int64_t only_at; /* 0: every time */
        atomic_llong n_reached;
} FaultPoint;

static FaultPoint points[MAX_POINTS];
static size_t n_points;
static const char *fatal_file; /* NULL: none */
static char problem[256];

static bool parse_action(FaultPoint *point, const char *action) {
        if (str_equal(action, "kill"))
                point->action = FAULT_KILL;
        else if (str_equal(action, "error"))
                point->action = FAULT_ERROR;
        else if (str_starts_with(action, "stall:"))
                point->action = FAULT_STALL;
        else
                return false;
        return point->action != FAULT_STALL ||
               (str_parse_int64(action + strlen("stall:"), &point->stall_ms) && point->stall_ms >= 0 &&
                point->stall_ms <= MAX_STALL_MS);
}

/* "point=action" or "point=action@count", which it cuts into pieces. */
static bool parse_point(char *text, FaultPoint *ret_point) {
        char *action = strchr(text, '=');
        char *count = strchr(text, '@');

        if (!action || action == text || (size_t) (action - text) >= sizeof(ret_point->name))
                return false;
        *action++ = '\0';
        *ret_point = (FaultPoint) { 0 };
        strcpy(ret_point->name, text);
        if (count) {
                *count++ = '\0';
                if (!str_parse_int64(count, &ret_point->only_at) || ret_point->only_at < 1)
                        return false;
        }
        return parse_action(ret_point, action);
}

static bool parse_list(const char *list) {
        char *copy = strdup(list);
        char *rest = copy;
        bool valid = copy != NULL;

        for (char *item = strtok_r(copy, ",", &rest); valid && item; item = strtok_r(NULL, ",", &rest))
                valid = n_points < MAX_POINTS && parse_point(item, &points[n_points++]);
        free(copy);
        return valid && n_points > 0;
}

static bool refuse(const char **ret_problem, const char *variable, const char *what) {
        n_points = 0;
        fatal_file = NULL;
        snprintf(problem, sizeof(problem), "%s=%s: %s", variable, getenv(variable), what);
        *ret_problem = problem;
        return false;
}

static bool are_enabled(void) {
        const char *enabled = getenv("MILLRACE_FAULTS_ENABLED");

        return enabled && str_equal(enabled, "1");
}

bool fault_init(const char **ret_problem) {
        static const char not_enabled[] = "refused, because MILLRACE_FAULTS_ENABLED is not 1";
        const char *list = getenv("MILLRACE_FAULT");

        n_points = 0;
        fatal_file = str_or_null(getenv("MILLRACE_FAULT_FILE"));
        if (!str_is_empty(list) && !are_enabled())
                return refuse(ret_problem, "MILLRACE_FAULT", not_enabled);
        if (fatal_file && !are_enabled())
                return refuse(ret_problem, "MILLRACE_FAULT_FILE", not_enabled);
        if (!str_is_empty(list) && !parse_list(list))
                return refuse(ret_problem, "MILLRACE_FAULT",
                              "should be point=kill, point=error or point=stall:MS, each maybe with @COUNT");
        return true;
}

static void stall(int64_t ms) {
        struct timespec left = clock_timespec(ms * US_PER_MS);

        while (nanosleep(&left, &left) != 0)
                continue;
}

static const Error *act(Ctx *ctx, const FaultPoint *point) {
        switch (point->action) {
        case FAULT_KILL:
                raise(SIGKILL);
                break;
        case FAULT_ERROR:
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "Fault injected at %s",
                                 point->name);
        case FAULT_STALL:
                stall(point->stall_ms);
                break;
        }
        return NULL;
}

static bool is_fatal(const char *point) {
        char named[sizeof(points->name)] = "";
        FILE *file = fopen(fatal_file, "re");

        if (!file)
                return false;
        named[fread(named, 1, sizeof(named) - 1, file)] = '\0';
        fclose(file);
        return str_equal(named, point);
}

const Error *fault_point(Ctx *ctx, const char *point) {
        if (fatal_file && is_fatal(point))
                raise(SIGKILL);
        for (size_t i = 0; i < n_points; i++) {
                if (!str_equal(points[i].name, point))
                        continue;
                int64_t n_reached = atomic_fetch_add(&points[i].n_reached, 1) + 1;
                if (points[i].only_at == 0 || points[i].only_at == n_reached)
                        TRY(act(ctx, &points[i]));
        }
        return NULL;
}
