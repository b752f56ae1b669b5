"""The project keeps its layers, and the check notices a line that breaks any rule. Prints TAP."""

import os
import sys
import tempfile

from check_includes import ALLOWED, LIBRARIES, part_of, rule_of, violations

# A line that each part may not have, and why.
REFUSED = [
    ("runtime/base", "<libpq-fe.h>", "base knows the C library only"),
    ("runtime/base", '"proto/message.h"', "base lies below everything"),
    ("runtime/base", '"rpc/method.h"', "base lies below everything"),
    ("runtime/proto", '"json/codec.h"', "proto lies below json"),
    ("runtime/proto", '"pg/pool.h"', "proto knows no database"),
    ("runtime/json", '"rpc/method.h"', "json knows no RPC"),
    ("runtime/json", "<libpq-fe.h>", "libpq stops in pg"),
    ("runtime/pg", '"proto/message.h"', "pg knows base only"),
    ("runtime/pg", '"rpc/channel.h"', "pg knows base only"),
    ("runtime/pg", "<nats/nats.h>", "nats stops in bus"),
    ("runtime/pg", "<zlib.h>", "zlib stops in rpc"),
    ("runtime/pg", "<protobuf-c/protobuf-c.h>", "pg knows no messages"),
    ("runtime/pg", '"events/outbox.h"', "pg lies below events"),
    ("runtime/bus", '"pg/pool.h"', "bus knows base only"),
    ("runtime/events", '"rpc/middleware.h"', "events lies beside rpc"),
    ("runtime/events", '"app/part.h"', "events lies below app"),
    ("runtime/events", '"events/v1/order.rpc.h"', "the runtime knows no business message"),
    ("runtime/events", "<nats/nats.h>", "nats stops in bus"),
    ("runtime/bus", "<grpc/grpc.h>", "gRPC stops in rpc"),
    ("runtime/http", '"rpc/method.h"', "http knows base only"),
    ("runtime/http", "<yajl/yajl_parse.h>", "yajl stops in json"),
    ("runtime/auth", '"http/server.h"', "auth knows base only"),
    ("runtime/auth", "<sodium.h>", "libsodium stops in crypt"),
    ("runtime/crypt", '"auth/token.h"', "crypt knows base only"),
    ("runtime/crypt", "<openssl/evp.h>", "OpenSSL stops in auth"),
    ("runtime/rpc", '"pg/pool.h"', "rpc knows no database"),
    ("runtime/rpc", '"app/app.h"', "rpc lies below app"),
    ("runtime/rpc", '"order/v1/order.rpc.h"', "the runtime knows no business message"),
    ("runtime/rpc", "<cjose/cjose.h>", "cjose stops in auth"),
    ("runtime/app", '"order/v1/order.rpc.h"', "the runtime knows no business message"),
    ("runtime/app", "<jansson.h>", "jansson stops in auth"),
    ("runtime/app", "<openssl/evp.h>", "OpenSSL stops in auth"),
    ("runtime/base", '"order/v1/order.reasons.h"', "the runtime knows no business reason"),
    ("runtime/base", "<check.h>", "Check stays in the tests"),
    ("runtime/http", "<curl/curl.h>", "a library that the rules do not know"),
    ("order/internal/biz", '"order/v1/order.pb-c.h"', "biz knows no message"),
    ("order/internal/biz", '"order/v1/order.rpc.h"', "biz knows no interface"),
    ("order/internal/biz", '"warehouse/v1/warehouse.reasons.h"', "biz knows its own reasons only"),
    ("order/internal/biz", '"pg/pool.h"', "biz knows no database"),
    ("order/internal/biz", '"data/order_repo.h"', "biz lies below data"),
    ("order/internal/biz", '"../data/order_repo.h"', "not by another way either"),
    ("order/internal/biz", '"service/order_service.h"', "biz lies below service"),
    ("order/internal/biz", "<pthread.h>", "biz asks nothing of the system"),
    ("order/internal/biz", "<math.h>", "nothing computes with floating point"),
    ("order/internal/biz", "<libpq-fe.h>", "biz knows no database"),
    ("order/internal/data", '"service/order_service.h"', "data lies beside service"),
    ("order/internal/data", '"server/server.h"', "data lies below server"),
    ("order/internal/data", '"order/v1/order.rpc.h"', "data does not know its own service's messages"),
    ("order/internal/data", '"bus/publisher.h"', "data publishes through the outbox only"),
    ("order/internal/data", '"events/consumer.h"', "data adds effects, and does not know of whom"),
    ("order/internal/data", '"events/inbox_private.h"', "the inbox is the runtime's"),
    ("order/internal/data", "<libpq-fe.h>", "data goes through pg"),
    ("order/internal/biz", '"crypt/keyring.h"', "biz knows no keys"),
    ("order/internal/data", "<sodium.h>", "data goes through crypt"),
    ("order/internal/service", '"crypt/keyring.h"', "service knows no keys"),
    ("order/internal/service", '"data/order_repo.h"', "service goes through biz"),
    ("order/internal/service", '"pg/pool.h"', "service knows no database"),
    ("order/internal/service", '"bus/publisher.h"', "service knows no broker"),
    ("order/internal/service", '"payment/v1/payment.rpc.h"', "service knows its own messages only"),
    ("order/internal/service", '"server/server.h"', "service lies below server"),
    ("order/internal/server", '"payment/internal/server/server.h"', "services meet at the protos only"),
    ("order/internal/server", '"../../../payment/internal/biz/payment.h"', "not by another way either"),
    ("order/internal/server", "<grpc/grpc.h>", "server goes through rpc"),
    ("order/cmd", '"data/order_repo.h"', "cmd wires the server only"),
    ("order/cmd", '"payment/internal/server/server.h"', "services meet at the protos only"),
    ("gateway/internal/router", '"order/internal/biz/order/order.h"',
     "the gateway knows no service's inside"),
    ("gateway/internal/server", '"order/v1/order.reasons.h"', "the gateway knows no service's reasons"),
    ("gateway/internal/router", '"pg/pool.h"', "the gateway has no database"),
    ("gateway/internal/router", '"bus/bus.h"', "the gateway has no broker"),
    ("standalone", '"order/internal/biz/order/order.h"', "standalone assembles servers only"),
    ("standalone", '"pg/pool.h"', "standalone has no SQL"),
    ("tools/rpcgen", '"rpc/method.h"', "a build tool knows base only"),
    ("tools/millracectl", '"order/internal/biz/order/order.h"', "the tool knows no service's inside"),
    ("runtime/events", '"pg/rows_private.h"', "a private header stays in its part"),
    ("order/internal/server", '"pg/rows_private.h"', "a private header stays in its part"),
    ("order/internal/server", '"biz/order/order_private.h"', "a private header stays in its layer"),
    ("order/internal/elsewhere", "<stdio.h>", "a layer that the rules do not know"),
]

# Lines next to those that the parts must have.
TAKEN = [
    ("runtime/base", "<pthread.h>"),
    ("runtime/base", '"common/v1/error.reasons.h"'),
    ("runtime/proto", "<protobuf-c/protobuf-c.h>"),
    ("runtime/json", '"proto/message.h"'),
    ("runtime/json", "<yajl/yajl_parse.h>"),
    ("runtime/pg", "<libpq-fe.h>"),
    ("runtime/pg", '"pg/rows_private.h"'),
    ("runtime/bus", "<nats/nats.h>"),
    ("runtime/http", "<sys/epoll.h>"),
    ("runtime/auth", "<cjose/cjose.h>"),
    ("runtime/crypt", "<sodium.h>"),
    ("runtime/events", '"pg/batch.h"'),
    ("runtime/events", '"bus/consumer.h"'),
    ("runtime/events", '"json/codec.h"'),
    ("runtime/rpc", "<grpc/grpc.h>"),
    ("runtime/rpc", '"base/metrics.h"'),
    ("runtime/rpc", '"google/rpc/status.pb-c.h"'),
    ("runtime/app", '"rpc/channel.h"'),
    ("runtime/app", '"pg/migrate.h"'),
    ("order/internal/biz/order", '"order.h"'),
    ("order/internal/biz/order", '"biz/order/order.h"'),
    ("order/internal/biz/order", '"base/error.h"'),
    ("order/internal/biz/order", '"order/v1/order.reasons.h"'),
    ("order/internal/data", '"warehouse/v1/warehouse.reasons.h"'),
    ("order/internal/data", '"pg/batch.h"'),
    ("order/internal/data", '"auth/token.h"'),
    ("order/internal/data", '"crypt/keyring.h"'),
    ("order/internal/data", '"events/v1/order.rpc.h"'),
    ("order/internal/data", '"events/outbox.h"'),
    ("order/internal/data", '"warehouse/v1/warehouse.rpc.h"'),
    ("order/internal/data", '"biz/order/order.h"'),
    ("order/internal/service", '"order/v1/order.rpc.h"'),
    ("order/internal/service", '"biz/order/order.h"'),
    ("order/internal/server", '"data/order_repo.h"'),
    ("order/internal/server", '"events/consumer.h"'),
    ("order/cmd", '"server/server.h"'),
    ("order/cmd", '"app/app.h"'),
    ("gateway/internal/server", '"gateway/v1/gateway.reasons.h"'),
    ("gateway/internal/router", '"order/v1/order.rpc.h"'),
    ("gateway/internal/router", '"json/codec.h"'),
    ("standalone", '"order/internal/server/server.h"'),
    ("tests/unit/pg", "<libpq-fe.h>"),
    ("tests/unit/pg", '"pg/rows_private.h"'),
    ("order/internal/biz", '"biz/order/order_private.h"'),
]


def found_with(folder, include):
    """What the check says of a tree whose only file has that line."""
    with tempfile.TemporaryDirectory() as root:
        os.makedirs(os.path.join(root, folder))
        with open(os.path.join(root, folder, "only.c"), "w", encoding="utf-8") as file:
            file.write(f"#include {include}\n")
        return violations(root)


def rules_without_a_case():
    """Parts and libraries that no refused line stands for."""
    tried = [rule_of(part_of(f"{folder}/only.c")) for folder, _, _ in REFUSED]
    for pattern in ALLOWED:
        if pattern != "tests" and rule_of(pattern.replace("*", "order")) not in tried:
            yield pattern
    for library in LIBRARIES:
        if not any(include.strip("<").startswith(library.rstrip("*")) for _, include, _ in REFUSED):
            yield library


def results(root):
    """(passed, name, details) of each case."""
    found = violations(root)
    yield not found, "the project keeps its layers", found
    missing = list(rules_without_a_case())
    yield not missing, "every part and every library is tried below", missing
    for folder, include, why in REFUSED:
        yield bool(found_with(folder, include)), f"{folder} may not include {include}: {why}", []
    for folder, include in TAKEN:
        found = found_with(folder, include)
        yield not found, f"{folder} may include {include}", found


def main():
    all_passed = True
    number = 0
    for number, (passed, name, details) in enumerate(results(sys.argv[1]), 1):
        print(f"{'ok' if passed else 'not ok'} {number} - {name}")
        for detail in details:
            print(f"# {detail}")
        all_passed = all_passed and passed
    print(f"1..{number}")
    sys.exit(0 if all_passed else 1)


main()
