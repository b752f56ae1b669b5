/* The descriptor set that rpcgen reads, with the lookups that descriptors alone do not give. */
#pragma once

#include "google/protobuf/descriptor.pb-c.h"

#include "base/error.h"
#include "base/str.h"

#define INNER_INVALID_PROTO "INVALID_PROTO"

typedef Google__Protobuf__FileDescriptorProto FileProto;
typedef Google__Protobuf__DescriptorProto MessageProto;
typedef Google__Protobuf__EnumDescriptorProto EnumProto;
typedef Google__Protobuf__EnumValueDescriptorProto EnumValueProto;
typedef Google__Protobuf__FieldDescriptorProto FieldProto;
typedef Google__Protobuf__ServiceDescriptorProto ServiceProto;
typedef Google__Protobuf__MethodDescriptorProto MethodProto;

/* A message or an enum, top-level or nested. */
typedef struct MessageEntry {
        const char *full_name; /* "order.v1.Order" */
        MessageProto *proto;
        FieldProto **fields; /* by tag, as protobuf-c's descriptor has them */
} MessageEntry;

typedef struct EnumEntry {
        const char *full_name;
        EnumProto *proto;
} EnumEntry;

typedef struct FileEntry {
        FileProto *proto;
        const char *package; /* "" when the file has none */
        MessageEntry *messages;
        size_t n_messages;
        EnumEntry *enums;
        size_t n_enums;
} FileEntry;

typedef struct Model {
        Arena *arena;
        FileEntry *files;
        size_t n_files;
} Model;

/*
 * Reads a serialized FileDescriptorSet.
 *
 * errors     INVALID_PROTO
 */
const Error *model_read(Arena *arena, Bytes set, Model **ret_model) MUST_CHECK;

/* NULL when there is none. */
const FileEntry *model_file(const Model *model, const char *path);

/* type_name as a field or method refers to it, ".order.v1.Order"; NULL when there is none. */
const MessageEntry *model_message(const Model *model, const char *type_name);
const EnumEntry *model_enum(const Model *model, const char *type_name);

/* The comment above a service or one of its methods, its lines joined; "" when there is none. */
const char *model_service_comment(const Model *model, const FileEntry *file, size_t service);
const char *model_method_comment(const Model *model, const FileEntry *file, size_t service, size_t method);
