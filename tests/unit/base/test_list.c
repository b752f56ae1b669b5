#include "base/list.h"
#include "support.h"

#define N 3

typedef struct Item {
        char name;
        List link;
} Item;

static List list;
static Item items[N];

static void set_up(void) {
        list_init(&list);
        for (int i = 0; i < N; i++)
                items[i] = (Item) { .name = (char) ('a' + i) };
}

static void assert_list(const char *names) {
        char found[N + 1] = "";
        size_t n = 0;

        LIST_FOR_EACH(Item, item, &list, link) {
                ck_assert_uint_lt(n, N);
                found[n++] = item->name;
        }
        ck_assert_str_eq(found, names);
        ck_assert_int_eq(list_is_empty(&list), n == 0);
        ck_assert_ptr_eq(LIST_FIRST(&list, Item, link), n == 0 ? NULL : &items[names[0] - 'a']);
}

TEST(a_new_list_is_empty) {
        assert_list("");
}

TEST(things_are_added_at_either_end) {
        list_append(&list, &items[1].link);
        list_append(&list, &items[2].link);
        list_prepend(&list, &items[0].link);
        assert_list("abc");
}

static void add_all(void) {
        for (int i = 0; i < N; i++)
                list_append(&list, &items[i].link);
}

TEST(each_may_leave_whenever_it_stands) {
        static const char *const left[N] = { "bc", "ac", "ab" };

        for (int i = 0; i < N; i++) {
                set_up();
                add_all();
                list_remove(&items[i].link);
                assert_list(left[i]);
        }
}

TEST(leaving_twice_is_harmless_and_one_may_join_again) {
        add_all();
        ck_assert(list_is_linked(&items[0].link));
        list_remove(&items[0].link);
        list_remove(&items[0].link);
        ck_assert(!list_is_linked(&items[0].link));
        list_append(&list, &items[0].link);
        assert_list("bca");
}

TEST(all_may_leave_one_by_one) {
        add_all();
        LIST_FOR_EACH(Item, item, &list, link)
                list_remove(&item->link);
        assert_list("");
}

TEST(one_may_move_to_the_end_on_the_way) {
        add_all();
        LIST_FOR_EACH(Item, item, &list, link)
                if (item == &items[0]) {
                        list_remove(&item->link);
                        list_append(&list, &item->link);
                }
        assert_list("bca");
}

int main(void) {
        Suite *suite = suite_create("base/list");
        TCase *tests = tcase_create("list");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
