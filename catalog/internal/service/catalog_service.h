/* The catalog's RPCs: messages in, products, messages out. */
#pragma once

#include "biz/catalog/complete.h"
#include "catalog/v1/catalog.rpc.h"

/* Lives in arena; catalog must outlive it. */
CatalogService *catalog_service_new(Arena *arena, CatalogUsecase *catalog);

/* The answers of the creating calls, packed. */
extern const CatalogSnapshots catalog_service_snapshots;
