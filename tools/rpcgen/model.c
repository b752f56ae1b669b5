#include "model.h"

#include <stdlib.h>
#include <string.h>

#include "names.h"
#include "unpack.h"

/* Field numbers of FileDescriptorProto and ServiceDescriptorProto: the paths of comments are made of them. */
#define FILE_SERVICE_TAG 6
#define SERVICE_METHOD_TAG 2

static size_t count_messages(MessageProto *const *messages, size_t n_messages) {
        size_t n = n_messages;

        for (size_t i = 0; i < n_messages; i++)
                n += count_messages(messages[i]->nested_type, messages[i]->n_nested_type);
        return n;
}

static size_t count_nested_enums(MessageProto *const *messages, size_t n_messages) {
        size_t n = 0;

        for (size_t i = 0; i < n_messages; i++)
                n += messages[i]->n_enum_type +
                     count_nested_enums(messages[i]->nested_type, messages[i]->n_nested_type);
        return n;
}

static int compare_tags(const void *a, const void *b) {
        return (*(FieldProto *const *) a)->number - (*(FieldProto *const *) b)->number;
}

static FieldProto **fields_by_tag(Arena *arena, const MessageProto *message) {
        FieldProto **fields = ARENA_ARRAY(arena, FieldProto *, message->n_field);

        for (size_t i = 0; i < message->n_field; i++)
                fields[i] = message->field[i];
        qsort(fields, message->n_field, sizeof(*fields), compare_tags);
        return fields;
}

static void add_enums(Arena *arena, FileEntry *file, const char *scope, EnumProto *const *enums,
                      size_t n_enums) {
        for (size_t i = 0; i < n_enums; i++)
                file->enums[file->n_enums++] =
                        (EnumEntry) { .full_name = name_join(arena, scope, enums[i]->name),
                                     .proto = enums[i] };
}

static void add_messages(Arena *arena, FileEntry *file, const char *scope, MessageProto *const *messages,
                         size_t n_messages) {
        for (size_t i = 0; i < n_messages; i++) {
                MessageProto *message = messages[i];
                const char *full_name = name_join(arena, scope, message->name);

                file->messages[file->n_messages++] = (MessageEntry) {
                        .full_name = full_name, .proto = message, .fields = fields_by_tag(arena, message)
                };
                add_enums(arena, file, full_name, message->enum_type, message->n_enum_type);
                add_messages(arena, file, full_name, message->nested_type, message->n_nested_type);
        }
}

static void index_file(Arena *arena, FileEntry *file, FileProto *proto) {
        size_t n_messages = count_messages(proto->message_type, proto->n_message_type);
        size_t n_enums = proto->n_enum_type + count_nested_enums(proto->message_type, proto->n_message_type);

        file->proto = proto;
        file->package = proto->package ? proto->package : "";
        file->messages = ARENA_ARRAY(arena, MessageEntry, n_messages);
        file->enums = ARENA_ARRAY(arena, EnumEntry, n_enums);
        add_enums(arena, file, file->package, proto->enum_type, proto->n_enum_type);
        add_messages(arena, file, file->package, proto->message_type, proto->n_message_type);
}

const Error *model_read(Arena *arena, Bytes set, Model **ret_model) {
        ProtobufCMessage *message;

        TRY(unpack(arena, &google__protobuf__file_descriptor_set__descriptor, set, &message));
        Google__Protobuf__FileDescriptorSet *files = (Google__Protobuf__FileDescriptorSet *) message;
        Model *model = ARENA_NEW(arena, Model);
        model->arena = arena;
        model->files = ARENA_ARRAY(arena, FileEntry, files->n_file);
        model->n_files = files->n_file;
        for (size_t i = 0; i < files->n_file; i++)
                index_file(arena, &model->files[i], files->file[i]);
        *ret_model = model;
        return NULL;
}

const FileEntry *model_file(const Model *model, const char *path) {
        for (size_t i = 0; i < model->n_files; i++)
                if (str_equal(model->files[i].proto->name, path))
                        return &model->files[i];
        return NULL;
}

const MessageEntry *model_message(const Model *model, const char *type_name) {
        for (size_t i = 0; i < model->n_files; i++)
                for (size_t j = 0; j < model->files[i].n_messages; j++)
                        if (str_equal(model->files[i].messages[j].full_name, type_name + 1))
                                return &model->files[i].messages[j];
        return NULL;
}

const EnumEntry *model_enum(const Model *model, const char *type_name) {
        for (size_t i = 0; i < model->n_files; i++)
                for (size_t j = 0; j < model->files[i].n_enums; j++)
                        if (str_equal(model->files[i].enums[j].full_name, type_name + 1))
                                return &model->files[i].enums[j];
        return NULL;
}

/* A comment arrives as " first line\n second line\n". */
static const char *join_lines(Arena *arena, const char *comment) {
        StrBuf buf = { .arena = arena };

        while (*comment) {
                comment += strspn(comment, " \n");
                size_t n_bytes = strcspn(comment, "\n");
                if (n_bytes > 0 && buf.n_bytes > 0)
                        strbuf_add_char(&buf, ' ');
                strbuf_add_bytes(&buf, comment, n_bytes);
                comment += n_bytes;
        }
        return strbuf_text(&buf);
}

static const char *comment_at(const Model *model, const FileEntry *file, const int32_t *path, size_t n_path) {
        const Google__Protobuf__SourceCodeInfo *source = file->proto->source_code_info;

        for (size_t i = 0; source && i < source->n_location; i++) {
                const Google__Protobuf__SourceCodeInfo__Location *location = source->location[i];

                if (location->n_path == n_path && memcmp(location->path, path, n_path * sizeof(*path)) == 0)
                        return join_lines(model->arena,
                                          location->leading_comments ? location->leading_comments : "");
        }
        return "";
}

const char *model_service_comment(const Model *model, const FileEntry *file, size_t service) {
        int32_t path[] = { FILE_SERVICE_TAG, (int32_t) service };

        return comment_at(model, file, path, 2);
}

const char *model_method_comment(const Model *model, const FileEntry *file, size_t service, size_t method) {
        int32_t path[] = { FILE_SERVICE_TAG, (int32_t) service, SERVICE_METHOD_TAG, (int32_t) method };

        return comment_at(model, file, path, 4);
}
