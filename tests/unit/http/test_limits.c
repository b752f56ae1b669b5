#include "server_fixture.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

static TestList tight_tests;

#define FEW 3

static void set_up(void) {
        server_fixture_start(2, 4, 1024);
}

static void set_up_tight(void) {
        server_fixture_start(2, 1, 1);
        http.config.is_vital = server_fixture_is_vital;
        server_fixture_restart();
}

static void end_sending(int fd) {
        ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
}

static void reset(int fd) {
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &(struct linger) { .l_onoff = 1 }, sizeof(struct linger));
        close(fd);
}

/* ---- the client's end ---- */

TEST(what_was_sent_before_the_end_is_served) {
        int fd = http_peer_connect(http.port);

        http_peer_say(fd, GET POST_HEAD "Content-Length: 2\r\n\r\nhi" GET);
        end_sending(fd);
        ck_assert_str_eq(http_peer_read(fd).body, "GET /echo []");
        ck_assert_str_eq(http_peer_read(fd).body, "POST /echo [hi]");
        ck_assert_str_eq(http_peer_read(fd).body, "GET /echo []");
        ck_assert(http_peer_is_closed(fd));
        close(fd);
}

/* They would keep their places until their time is over. */
TEST(who_ends_in_a_request_is_gone_at_once) {
        static const char *const beginnings[] = { "", "GET", "GET / HTTP/1.1\r\nHost: a\r\n",
                                                  POST_HEAD "Content-Length: 2\r\n\r\nh", GET "GET /" };
        int64_t start_us = clock_monotonic_us();

        for (size_t i = 0; i < ARRAY_SIZE(beginnings); i++) {
                int fd = http_peer_connect(http.port);

                http_peer_say(fd, beginnings[i]);
                end_sending(fd);
                while (http_peer_read(fd).status == 200)
                        continue;
                close(fd);
        }
        ck_assert_int_lt(clock_monotonic_us() - start_us, http.config.head_timeout_ms * 1000);
}

TEST(an_end_cancels_nothing) {
        int fd = http_peer_connect(http.port);

        http_peer_say(fd, HOLD);
        end_sending(fd);
        sem_wait(&http.entered);
        ck_assert_int_eq(http_peer_ask(http.port, GET).status, 200);
        sem_post(&http.let_go);
        ck_assert_str_eq(http_peer_read(fd).body, "GET /hold []");
        close(fd);
}

static bool is_one_cancelled(void *arg) {
        (void) arg;
        return atomic_load(&http.n_cancelled) == 1;
}

TEST(a_reset_cancels_the_call) {
        int fd = http_peer_connect(http.port);

        http_peer_say(fd, "GET /cancel HTTP/1.1\r\nHost: a\r\n\r\n");
        sem_wait(&http.entered);
        reset(fd);
        test_wait_until(is_one_cancelled, NULL, TEST_WAIT_MS, "the handler heard of it");
        ck_assert_int_eq(http_peer_ask(http.port, GET).status, 200);
}

TEST(a_reset_after_an_end_cancels_the_call) {
        int fd = http_peer_connect(http.port);

        http_peer_say(fd, "GET /cancel HTTP/1.1\r\nHost: a\r\n\r\n");
        end_sending(fd);
        sem_wait(&http.entered);
        reset(fd);
        test_wait_until(is_one_cancelled, NULL, TEST_WAIT_MS, "the handler heard of it");
}

/* ---- crowds ---- */

static void fill(int *fds, size_t n) {
        for (size_t i = 0; i < n; i++) {
                fds[i] = http_peer_connect(http.port);
                http_peer_say(fds[i], GET);
                ck_assert_int_eq(http_peer_read(fds[i]).status, 200);
        }
}

static bool is_served(void *arg) {
        (void) arg;
        return http_peer_ask(http.port, GET).status == 200;
}

/* FEW connections are served; the next has one answer: 503, but for what is vital. */
static void assert_room_for_few(void) {
        int fds[FEW];

        fill(fds, FEW);
        int over = http_peer_connect(http.port);
        http_peer_say(over, GET);
        HttpReply reply = http_peer_read(over);
        ck_assert_int_eq(reply.status, 503);
        ck_assert_str_eq(http_reply_header(&reply, "Retry-After"), "1");
        ck_assert(http_peer_is_closed(over));
        ck_assert_int_eq(http_peer_ask(http.port, VITAL).status, 200);
        close(over);
        close(fds[0]);
        test_wait_until(is_served, NULL, TEST_WAIT_MS, "there is room again");
        for (size_t i = 1; i < FEW; i++)
                close(fds[i]);
}

TEST_OF(tight_tests, one_address_has_its_share) {
        http.config.max_per_address = FEW;
        server_fixture_restart();
        assert_room_for_few();
}

TEST_OF(tight_tests, all_have_their_number) {
        http.config.max_connections = FEW;
        server_fixture_restart();
        assert_room_for_few();
}

TEST(a_trusted_proxy_is_not_counted_by_address) {
        int fds[FEW + 1];

        http.config.max_per_address = FEW;
        http.config.trusted_proxies = "10.0.0.1, 127.0.0.0/8";
        server_fixture_restart();
        fill(fds, FEW + 1);
        for (size_t i = 0; i < FEW + 1; i++)
                close(fds[i]);
}

TEST(proxies_that_are_none_are_a_clear_error) {
        HttpServer *second = NULL;

        http.config.trusted_proxies = "10.0.0.1,proxy";
        const Error *error = http_server_start(http.arena, &http.config, &second);
        ck_assert_ptr_nonnull(error);
        ck_assert_ptr_nonnull(strstr(error->message, "10.0.0.1,proxy"));
}

TEST_OF(tight_tests, silent_clients_do_not_hold_the_reserve) {
        int fds[FEW], silent[2 * HTTP_RESERVED_CONNECTIONS];

        http.config.max_connections = FEW;
        server_fixture_restart();
        fill(fds, FEW);
        for (size_t i = 0; i < 2 * HTTP_RESERVED_CONNECTIONS; i++)
                silent[i] = http_peer_connect(http.port);
        ck_assert_int_eq(http_peer_ask(http.port, VITAL).status, 200);
        for (size_t i = 0; i < FEW; i++)
                close(fds[i]);
        for (size_t i = 0; i < 2 * HTTP_RESERVED_CONNECTIONS; i++)
                close(silent[i]);
}

/* ---- overload ---- */

/* The only worker is busy, and the queue is full; two connections have done that. */
static void keep_busy(int ret_fds[2]) {
        ret_fds[0] = http_peer_connect(http.port);
        http_peer_say(ret_fds[0], HOLD);
        sem_wait(&http.entered);
        ret_fds[1] = http_peer_connect(http.port);
        http_peer_say(ret_fds[1], GET);
        while (workers_queued(http.workers) < 1)
                continue;
}

TEST_OF(tight_tests, what_is_vital_does_not_wait_for_the_workers) {
        int busy[2];

        keep_busy(busy);
        ck_assert_int_eq(http_peer_ask(http.port, GET).status, 503);
        ck_assert_int_eq(http_peer_ask(http.port, VITAL).status, 200);
        sem_post(&http.let_go);
        for (int i = 0; i < 2; i++) {
                ck_assert_int_eq(http_peer_read(busy[i]).status, 200);
                close(busy[i]);
        }
}

TEST_OF(tight_tests, who_was_refused_for_overload_is_heard_later) {
        int busy[2], fd = http_peer_connect(http.port);

        keep_busy(busy);
        http_peer_say(fd, GET);
        ck_assert_int_eq(http_peer_read(fd).status, 503);
        int64_t refused_us = clock_monotonic_us();
        sem_post(&http.let_go);
        http_peer_say(fd, GET);
        ck_assert_int_eq(http_peer_read(fd).status, 200);
        ck_assert_int_ge(clock_monotonic_us() - refused_us, HTTP_PACE_MS * 1000 * 9 / 10);
        close(fd);
        for (int i = 0; i < 2; i++)
                close(busy[i]);
}

/* How long that many requests on one connection take, each of which is answered 429. */
static int64_t time_of_refusals_us(int n) {
        int64_t begun_us = clock_monotonic_us();
        int fd = http_peer_connect(http.port);

        for (int i = 0; i < n; i++) {
                http_peer_say(fd, OFTEN);
                ck_assert_int_eq(http_peer_read(fd).status, 429);
        }
        close(fd);
        return clock_monotonic_us() - begun_us;
}

TEST_OF(tight_tests, who_asks_too_often_is_heard_later_but_not_the_others_of_his_proxy) {
        ck_assert_int_ge(time_of_refusals_us(2), HTTP_PACE_MS * 1000 * 9 / 10);
        http.config.trusted_proxies = "127.0.0.1";
        server_fixture_restart();
        ck_assert_int_lt(time_of_refusals_us(21), 20 * HTTP_PACE_MS * 1000);
}

/* ---- clients that take what they get too slowly, or never stop ---- */

static size_t read_all(int fd, int64_t pause_ms) {
        static char bytes[1024 * 1024];
        size_t n_bytes = 0;

        for (ssize_t n; (n = recv(fd, bytes, sizeof(bytes), 0)) > 0; poll(NULL, 0, (int) pause_ms))
                n_bytes += (size_t) n;
        return n_bytes;
}

#define LARGE "GET /large HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

TEST(an_answer_that_nobody_reads_is_given_up) {
        int fd = http_peer_connect(http.port);

        close(fd);
        http.config.max_connections = 1;
        http.config.write_timeout_ms = 200;
        server_fixture_restart();
        fd = http_peer_connect(http.port);
        http_peer_say(fd, LARGE);
        test_wait_until(is_served, NULL, TEST_WAIT_MS, "its place is free");
        ck_assert_uint_lt(read_all(fd, 0), LARGE_BYTES);
        close(fd);
}

TEST(an_answer_that_is_read_slowly_arrives) {
        int fd;

        http.config.write_timeout_ms = 2000;
        server_fixture_restart();
        fd = http_peer_connect(http.port);
        http_peer_say(fd, LARGE);
        ck_assert_uint_gt(read_all(fd, 20), LARGE_BYTES);
        close(fd);
}

TEST(who_goes_on_after_a_refusal_is_cut) {
        static char bytes[64 * 1024];
        int fd = http_peer_connect(http.port);
        size_t n_sent = 0;

        http_peer_say(fd, "nonsense\r\n");
        ck_assert_int_eq(http_peer_read(fd).status, 400);
        for (ssize_t n; (n = send(fd, bytes, sizeof(bytes), MSG_NOSIGNAL)) > 0;)
                n_sent += (size_t) n;
        ck_assert_uint_lt(n_sent, 64 * 1024 * 1024);
        close(fd);
}

TEST(who_stays_after_a_refusal_is_cut) {
        int fd = http_peer_connect(http.port);
        int64_t start_us = clock_monotonic_us();
        struct pollfd polled = { .fd = fd, .events = POLLOUT };

        http_peer_say(fd, "nonsense\r\n");
        ck_assert_int_eq(http_peer_read(fd).status, 400);
        while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
                poll(NULL, 0, 20);
        ck_assert_int_eq(poll(&polled, 1, 0), 1);
        ck_assert_int_lt(clock_monotonic_us() - start_us, http.config.head_timeout_ms * 1000);
        close(fd);
}

/* ---- descriptors ---- */

static int socket_for(struct sockaddr_in *ret_address) {
        *ret_address = (struct sockaddr_in) { .sin_family = AF_INET,
                                             .sin_port = htons(http.port),
                                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        return socket(AF_INET, SOCK_STREAM, 0);
}

static void set_descriptor_limit(rlim_t n) {
        struct rlimit limit;

        getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = n;
        ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static int64_t cpu_us(void) {
        struct timespec now;

        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
        return now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Client and server are one process: the client's sockets are there before the descriptors run out. */
#define MAX_FILES 64

/* Opens files until there is no descriptor left; returns how many. */
static size_t use_up_descriptors(int files[MAX_FILES]) {
        size_t n = 1;

        files[0] = open("/dev/null", O_RDONLY);
        set_descriptor_limit((rlim_t) files[0] + MAX_FILES / 4);
        while (n < MAX_FILES && (files[n] = open("/dev/null", O_RDONLY)) >= 0)
                n++;
        ck_assert_uint_lt(n, MAX_FILES);
        return n;
}

TEST(turns_clients_away_while_descriptors_are_out_and_serves_again) {
        struct rlimit limit;
        struct sockaddr_in address;
        int fds[FEW], files[MAX_FILES];

        getrlimit(RLIMIT_NOFILE, &limit);
        for (int i = 0; i < FEW; i++)
                fds[i] = socket_for(&address);
        size_t n_files = use_up_descriptors(files);
        int64_t start_us = clock_monotonic_us(), start_cpu_us = cpu_us();
        for (int i = 0; i < FEW; i++) {
                ck_assert_int_eq(connect(fds[i], (struct sockaddr *) &address, sizeof(address)), 0);
                ck_assert(http_peer_is_closed(fds[i]));
        }
        ck_assert_int_lt(clock_monotonic_us() - start_us, http.config.idle_timeout_ms * 1000);
        poll(NULL, 0, 500);
        ck_assert_int_lt(cpu_us() - start_cpu_us, (clock_monotonic_us() - start_us) / 2);
        set_descriptor_limit(limit.rlim_cur);
        ck_assert_int_eq(http_peer_ask(http.port, GET).status, 200);
        for (size_t i = 0; i < n_files; i++)
                close(files[i]);
        for (int i = 0; i < FEW; i++)
                close(fds[i]);
}

int main(void) {
        Suite *suite = suite_create("http limits");
        TCase *tests = tcase_create("http limits"),
              *tight = tcase_create("one worker, one place in the queue, a reserve");

        tcase_add_checked_fixture(tests, set_up, server_fixture_stop);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        tcase_add_checked_fixture(tight, set_up_tight, server_fixture_stop);
        tcase_set_timeout(tight, 60);
        test_add_list(tight, tight_tests);
        suite_add_tcase(suite, tight);
        return test_main(suite);
}
