/* News of rules: a hint to all processes of the service, of which each looks at the rules then. */
#pragma once

#include "app/part.h"
#include "biz/shipping/tariff.h"

/* Ends with the part. The loop is woken by each hint; its rounds call shipping_news_listen. */
ShippingNews *shipping_news_new(AppPart *part);
void shipping_news_wake(ShippingNews *news, Loop *loop); /* which one; once, before anything runs */
void shipping_news_listen(ShippingNews *news);
