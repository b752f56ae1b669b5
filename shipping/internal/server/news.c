#include "server/news.h"

#include "bus/hint.h"

typedef struct BusNews {
        ShippingNews base;
        BusHints *hints;
        Loop *loop;
} BusNews;

static void heard(void *news) {
        loop_wake(((BusNews *) news)->loop);
}

static void tell(ShippingNews *self) {
        BusNews *news = (BusNews *) self;

        bus_hints_give(news->hints);
        loop_wake(news->loop);
}

static void news_free(void *news) {
        bus_hints_free(((BusNews *) news)->hints);
}

ShippingNews *shipping_news_new(AppPart *part) {
        BusNews *news = ARENA_NEW(app_part_arena(part), BusNews);

        *news = (BusNews) {
                .base = { .tell = tell },
                .hints = bus_hints_new(app_part_bus(part), BUS_HINT_PREFIX "shipping", heard, news),
        };
        app_part_component(part, &(AppComponent) { .self = news, .free = news_free });
        return &news->base;
}

void shipping_news_wake(ShippingNews *news, Loop *loop) {
        ((BusNews *) news)->loop = loop;
}

void shipping_news_listen(ShippingNews *news) {
        bus_hints_listen(((BusNews *) news)->hints);
}
