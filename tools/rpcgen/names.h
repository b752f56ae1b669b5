/* How a proto name is spelled in C. full_name is "order.v1.OrderItem", with or without a leading dot. */
#pragma once

#include "base/arena.h"

/* "OrderV1OrderItem": our type */
const char *name_type(Arena *arena, const char *full_name);

/* "order_v1_order_item": the start of our functions and tables */
const char *name_snake(Arena *arena, const char *full_name);

/* "Order__V1__OrderItem": protobuf-c's type */
const char *name_pbc_type(Arena *arena, const char *full_name);

/* "order__v1__order_item": the start of protobuf-c's functions and tables */
const char *name_pbc_snake(Arena *arena, const char *full_name);

/* "ORDER_ITEM" */
const char *name_upper(Arena *arena, const char *name);

/* "order/v1/order.proto" -> "order_v1_order" */
const char *name_file(Arena *arena, const char *path);

/* "order/v1/order.proto", ".rpc.h" -> "order/v1/order.rpc.h" */
const char *name_output(Arena *arena, const char *path, const char *suffix);

/* "package", "Name" -> "package.Name"; "Name" when the package is empty */
const char *name_join(Arena *arena, const char *package, const char *name);
