#include "base/many.h"

static void set_all(const Error **errors, size_t n, const Error *error) {
        for (size_t i = 0; i < n; i++)
                errors[i] = error;
}

/* When it turns out that only later can help, the rest is not tried now. */
static void run_each(Ctx *ctx, ManyWork work, void *arg, size_t n, const Error **ret_errors) {
        for (size_t i = 0; i < n; i++) {
                ret_errors[i] = work(arg, ctx, i, 1);
                if (ret_errors[i] && error_may_pass(ret_errors[i])) {
                        set_all(&ret_errors[i], n - i, ret_errors[i]);
                        return;
                }
        }
}

void many_run(Ctx *ctx, ManyWork work, void *arg, size_t n, const Error **ret_errors) {
        const Error *error = n > 0 ? work(arg, ctx, 0, n) : NULL;

        if (error && n > 1 && !error_may_pass(error))
                run_each(ctx, work, arg, n, ret_errors);
        else
                set_all(ret_errors, n, error);
}
