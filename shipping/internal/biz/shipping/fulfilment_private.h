/* Inside the use case of fulfilment: whose a shipment is. */
#pragma once

#include "biz/shipping/fulfilment.h"

/*
 * Finds a shipment that is the caller's to see and to mark: fulfilment->shipments[*ret_index].
 *
 * errors     SHIPMENT_NOT_FOUND
 */
const Error *shipping_find_own(FulfilmentUsecase *usecase, Ctx *ctx, const char *shipment_id,
                               Fulfilment **ret_fulfilment, size_t *ret_index) MUST_CHECK;
