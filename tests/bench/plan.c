#include "plan.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"

static const struct option options[] = {
        { "host", required_argument, NULL, 'h' },     { "port", required_argument, NULL, 'p' },
        { "connections", required_argument, NULL, 'c' }, { "seconds", required_argument, NULL, 's' },
        { "orders", required_argument, NULL, 'n' },   { "rate", required_argument, NULL, 'r' },
        { "tokens", required_argument, NULL, 't' },   { "hot", no_argument, NULL, 'o' },
        { "keys", no_argument, NULL, 'k' },           { 0 },
};

static void read_tokens(Plan *plan, Arena *arena, const char *path) {
        FILE *file = fopen(path, "r");
        char line[4096];

        if (!file) {
                perror(path);
                exit(2);
        }
        plan->tokens = ARENA_ARRAY(arena, char *, PLAN_CUSTOMERS);
        while (plan->n_tokens < PLAN_CUSTOMERS && fgets(line, sizeof(line), file)) {
                line[strcspn(line, "\n")] = '\0';
                plan->tokens[plan->n_tokens++] = arena_strdup(arena, line);
        }
        fclose(file);
}

void plan_read(Plan *plan, Arena *arena, int argc, char **argv) {
        int option;

        *plan = (Plan) { .host = "127.0.0.1", .port = 8080, .connections = 1, .duration_ms = 1000 };
        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
                switch (option) {
                case 'h': plan->host = optarg; break;
                case 'p': plan->port = atoi(optarg); break;
                case 'c': plan->connections = atoi(optarg); break;
                case 's': plan->duration_ms = atoll(optarg) * 1000; break;
                case 'n': plan->min_orders = atoll(optarg); break;
                case 'r': plan->rate_per_s = atoll(optarg); break;
                case 't': read_tokens(plan, arena, optarg); break;
                case 'o': plan->hot = true; break;
                case 'k': plan->keys = true; break;
                default: exit(2);
                }
        if (plan->n_tokens == 0 || plan->connections < 1) {
                fprintf(stderr, "%s: --tokens FILE and --connections N are needed\n", argv[0]);
                exit(2);
        }
}

static uint64_t next_random(uint64_t *seed) {
        *seed ^= *seed << 13;
        *seed ^= *seed >> 7;
        *seed ^= *seed << 17;
        return *seed;
}

PlannedOrder plan_next(const Plan *plan, uint64_t *seed) {
        PlannedOrder order = { .customer = (int) (next_random(seed) % plan->n_tokens) };

        order.sku[0] = plan->hot ? 1 : 1 + (int) (next_random(seed) % PLAN_SKUS);
        order.sku[1] = 1 + (order.sku[0] + (int) (next_random(seed) % (PLAN_SKUS - 1))) % PLAN_SKUS;
        return order;
}

bool plan_goes_on(const Plan *plan, const Outcome *outcome) {
        return clock_monotonic_us() - outcome->started_us < plan->duration_ms * 1000 ||
               outcome->n_ok + outcome->n_failed < plan->min_orders;
}

void outcome_fail(Outcome *outcome, const char *what) {
        if (outcome->n_failed++ == 0)
                snprintf(outcome->first_failure, sizeof(outcome->first_failure), "%.*s",
                         (int) sizeof(outcome->first_failure) - 1, what);
}

static double own_cpu_s(void) {
        struct rusage usage;

        getrusage(RUSAGE_SELF, &usage);
        return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
               (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

void outcome_print(const Outcome *outcome) {
        double seconds = (double) (outcome->ended_us - outcome->started_us) / 1e6;
        char failure[512];

        memcpy(failure, outcome->first_failure, sizeof(failure));
        for (char *c = failure; *c; c++)
                if (*c == '"' || *c == '\\' || (unsigned char) *c < 0x20)
                        *c = '\'';
        printf("{\"orders\":%lld,\"seconds\":%.3f,\"orders_per_s\":%.1f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,"
               "\"p999_ms\":%.3f,\"max_ms\":%.3f,\"errors\":%lld,"
               "\"first_error\":\"%s\",\"load_cpu_s\":%.3f}\n",
               (long long) outcome->n_ok, seconds, (double) outcome->n_ok / seconds,
               (double) histogram_quantile_us(&outcome->latencies, 500) / 1e3,
               (double) histogram_quantile_us(&outcome->latencies, 990) / 1e3,
               (double) histogram_quantile_us(&outcome->latencies, 999) / 1e3,
               (double) outcome->latencies.max_us / 1e3, (long long) outcome->n_failed, failure, own_cpu_s());
}
