#include <string.h>

#include "common/v1/error.rpc.h"
#include "gateway/v1/gateway.rpc.h"
#include "services.h"
#include "support.h"

static size_t n_declarations_of(const char *reason) {
        size_t n = 0;

        for (const RpcReason *const *table = protos_reasons; *table; table++)
                for (const RpcReason *known = *table; known->name; known++)
                        n += str_equal(known->name, reason);
        return n;
}

static const RpcReason *declaration_of(const char *reason) {
        for (const RpcReason *const *table = protos_reasons; *table; table++)
                for (const RpcReason *known = *table; known->name; known++)
                        if (str_equal(known->name, reason))
                                return known;
        return NULL;
}

TEST(a_reason_is_declared_once) {
        size_t n = 0;

        for (const RpcReason *const *table = protos_reasons; *table; table++)
                for (const RpcReason *known = *table; known->name; known++, n++)
                        ck_assert_msg(n_declarations_of(known->name) == 1, "%s", known->name);
        ck_assert_uint_gt(n, 0);
}

TEST(a_status_is_none_of_a_success) {
        for (const RpcReason *const *table = protos_reasons; *table; table++)
                for (const RpcReason *known = *table; known->name; known++)
                        ck_assert_msg(known->http_status == 0 ||
                                              (known->http_status >= 300 && known->http_status <= 599),
                                      "%s: %d", known->name, known->http_status);
}

TEST(every_error_of_an_rpc_is_a_reason_that_not_every_call_has) {
        for (const RpcService *const *service = protos_services; *service; service++)
                for (size_t i = 0; i < (*service)->n_methods; i++) {
                        const RpcMethod *method = &(*service)->methods[i];

                        for (const char *const *error = method->errors; error && *error; error++) {
                                const RpcReason *reason = declaration_of(*error);

                                ck_assert_msg(reason, "%s: there is no %s", method->path, *error);
                                ck_assert_msg(!reason->every_call, "%s: %s", method->path, *error);
                        }
                }
}

static bool is_listed(const char *reason) {
        for (const RpcService *const *service = protos_services; *service; service++)
                for (size_t i = 0; i < (*service)->n_methods; i++) {
                        const char *const *error = (*service)->methods[i].errors;

                        for (; error && *error; error++)
                                if (str_equal(*error, reason))
                                        return true;
                }
        return false;
}

TEST(every_reason_of_a_service_is_an_error_of_an_rpc) {
        for (const RpcReason *const *table = protos_reasons; *table; table++) {
                if (*table == common_v1_reasons || *table == gateway_v1_reasons)
                        continue;
                for (const RpcReason *known = *table; known->name; known++)
                        ck_assert_msg(known->every_call || is_listed(known->name), "%s", known->name);
        }
}

int main(void) {
        Suite *suite = suite_create("reasons");
        TCase *tests = tcase_create("reasons");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
