/* Every service in one process. */
#include "app/app.h"
#include "catalog/internal/server/server.h"
#include "customer/internal/server/server.h"
#include "gateway/internal/server/server.h"
#include "order/internal/server/server.h"
#include "outbox-relay/internal/server/server.h"
#include "payment/internal/server/server.h"
#include "pricing/internal/server/server.h"
#include "promotion/internal/server/server.h"
#include "review/internal/server/server.h"
#include "shipping/internal/server/server.h"
#include "warehouse/internal/server/server.h"

#define GRPC_PORT 8001

/* They start in this order and stop in reverse. */
static const AppService *const services[] = {
        &payment_app_service,   &pricing_app_service,  &warehouse_app_service, &catalog_app_service,
        &promotion_app_service, &customer_app_service, &shipping_app_service,  &review_app_service,
        &order_app_service,     &relay_app_service,    &gateway_app_service,   NULL,
};

int main(int argc, char **argv) {
        return app_main(&(AppProgram) {
                .name = "millrace",
                .summary = "The order platform in one process",
                .grpc_port = GRPC_PORT,
                .services = services,
        }, argc, argv);
}
