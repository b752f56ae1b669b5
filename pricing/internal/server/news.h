/* News of rules: a hint to all processes of the service, of which each looks at the rules then. */
#pragma once

#include "app/part.h"
#include "biz/pricing/pricing.h"

/* Ends with the part. The loop is woken by each hint; its rounds call pricing_news_listen. */
PriceNews *pricing_news_new(AppPart *part);
void pricing_news_wake(PriceNews *news, Loop *loop); /* which one; once, before anything runs */
void pricing_news_listen(PriceNews *news);
