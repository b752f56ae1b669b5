/* Messages of the pricing service and what they mean to the business, one function per message. */
#pragma once

#include "biz/pricing/pricing.h"
#include "pricing/v1/pricing.rpc.h"

/* What is asked for; in arena, its texts borrowed from the message. */
Cart pricing_cart_from_message(Arena *arena, const PricingV1CalculatePricesRequest *request);

void pricing_cart_to_message(Arena *arena, const Cart *cart, const PricedCart *priced,
                             PricingV1CalculatePricesResponse *response);
void pricing_tried_to_message(Arena *arena, const PricedCart *priced,
                              PricingV1ExplainPricesResponse *response);
PricingV1PriceRule *pricing_rule_to_message(Arena *arena, const PriceRule *rule);

/* Rules that are to be set; texts are borrowed from the messages. */
PriceRule pricing_base_price_from_message(const PricingV1SetBasePriceRequest *request);
PriceRule pricing_currency_rate_from_message(const PricingV1SetCurrencyRateRequest *request);
PriceRule pricing_warehouse_markup_from_message(const PricingV1SetWarehouseMarkupRequest *request);
PriceRule pricing_quantity_break_from_message(const PricingV1SetQuantityBreakRequest *request);
PriceRule pricing_price_list_from_message(const PricingV1SetPriceListEntryRequest *request);
PriceRule pricing_bulk_discount_from_message(const PricingV1SetBulkDiscountRequest *request);
PriceRule pricing_tax_rate_from_message(const PricingV1SetTaxRateRequest *request);
