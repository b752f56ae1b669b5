/* The catalog, as the order business wants it; while it does not answer, what it said last. */
#pragma once

#include "base/last_said.h"
#include "biz/order/ports.h"
#include "catalog/v1/catalog.rpc.h"

/* source: 000 Timeout Management */
#define CATALOG_TIMEOUT_MS 3000

/* Lives in arena; the service outlives it. said: of this client alone */
Catalog *order_catalog_client_new(Arena *arena, CatalogService *catalog, LastSaid *said);
