#include <stdlib.h>

#include "base/memory.h"
#include "common/v1/error.rpc.h"
#include "google/rpc/error_details.rpc.h"
#include "google/rpc/status.rpc.h"
#include "grpc/reflection/v1/reflection.rpc.h"
#include "grpc/reflection/v1alpha/reflection.rpc.h"
#include "rpc/server_call_private.h"
#include "services.h"

typedef GrpcReflectionV1ServerReflectionRequest Request;
typedef GrpcReflectionV1ServerReflectionResponse Response;

#define ASKS(what) GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##what
#define ANSWERS(what) GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##what

/* One client's stream of questions: at any time one message is being read, or its answer sent. */
typedef struct Session {
        ServerCall *call;
        grpc_byte_buffer *question;
        grpc_byte_buffer *answer;
        Op received;
        Op sent;
} Session;

static const RpcService v1 = { .name = "grpc.reflection.v1.ServerReflection",
                               .file = &grpc_reflection_v1_reflection_file };
static const RpcService v1alpha = { .name = "grpc.reflection.v1alpha.ServerReflection",
                                    .file = &grpc_reflection_v1alpha_reflection_file };

/* What the status of a failed call carries, and no service's file imports. */
static const RpcFile *const status_files[] = { &google_rpc_status_file, &google_rpc_error_details_file,
                                               &common_v1_error_file, NULL };

static void answer_error(Arena *arena, Response *response, ErrorCode code, const char *message) {
        GrpcReflectionV1ErrorResponse *error = grpc_reflection_v1_error_response_new(arena);

        error->error_code = (int32_t) code;
        error->error_message = message;
        response->message_response_case = ANSWERS(ERROR_RESPONSE);
        response->error_response = error;
}

static void answer_services(Arena *arena, const RpcServer *server, Response *response) {
        GrpcReflectionV1ListServiceResponse *list = grpc_reflection_v1_list_service_response_new(arena);
        size_t n = 0;

        for (const ServedService *served = server->services; served; served = served->next)
                n++;
        list->service = ARENA_ARRAY(arena, GrpcReflectionV1ServiceResponse *, n);
        for (const ServedService *served = server->services; served; served = served->next) {
                GrpcReflectionV1ServiceResponse *service = grpc_reflection_v1_service_response_new(arena);

                service->name = served->service->name;
                list->service[list->n_service++] = service;
        }
        response->message_response_case = ANSWERS(LIST_SERVICES_RESPONSE);
        response->list_services_response = list;
}

static void answer_file(Arena *arena, const RpcFile *file, Response *response) {
        GrpcReflectionV1FileDescriptorResponse *files =
                grpc_reflection_v1_file_descriptor_response_new(arena);

        files->file_descriptor_proto = ARENA_NEW(arena, ProtobufCBinaryData);
        files->file_descriptor_proto[files->n_file_descriptor_proto++] = (ProtobufCBinaryData) {
                .len = file->descriptor.n_bytes,
                .data = (uint8_t *) file->descriptor.data,
        };
        response->message_response_case = ANSWERS(FILE_DESCRIPTOR_RESPONSE);
        response->file_descriptor_response = files;
}

static bool is_named(const RpcFile *file, const char *name) {
        return str_equal(file->name, name);
}

static bool defines(const RpcFile *file, const char *symbol) {
        for (const char *const *defined = file->symbols; *defined; defined++)
                if (str_equal(*defined, symbol))
                        return true;
        return false;
}

typedef bool FileMatches(const RpcFile *file, const char *text);

/* The file itself, or one that it imports. */
static const RpcFile *find_in(const RpcFile *file, FileMatches *matches, const char *text) {
        const RpcFile *found = matches(file, text) ? file : NULL;

        for (const RpcFile *const *import = file->imports; !found && *import; import++)
                found = find_in(*import, matches, text);
        return found;
}

static const RpcFile *find_in_list(const RpcFile *const *files, FileMatches *matches, const char *text) {
        const RpcFile *found = NULL;

        for (; !found && *files; files++)
                found = find_in(*files, matches, text);
        return found;
}

/* Among what the services that are served here say, the events, and the details of errors. */
static const RpcFile *find_file(const RpcServer *server, FileMatches *matches, const char *text) {
        const RpcFile *found = NULL;

        for (const ServedService *served = server->services; !found && served; served = served->next)
                found = find_in(served->service->file, matches, text);
        if (!found)
                found = find_in_list(protos_events, matches, text);
        return found ? found : find_in_list(status_files, matches, text);
}

static void answer_found(Arena *arena, const RpcFile *file, Response *response) {
        if (file)
                answer_file(arena, file, response);
        else
                answer_error(arena, response, ERROR_NOT_FOUND, "There is no such file or symbol here");
}

static Response *answer_of(Arena *arena, const RpcServer *server, Request *request) {
        Response *response = grpc_reflection_v1_server_reflection_response_new(arena);

        response->valid_host = request->host;
        response->original_request = request;
        switch (request->message_request_case) {
        case ASKS(LIST_SERVICES):
                answer_services(arena, server, response);
                break;
        case ASKS(FILE_BY_FILENAME):
                answer_found(arena, find_file(server, is_named, request->file_by_filename), response);
                break;
        case ASKS(FILE_CONTAINING_SYMBOL):
                answer_found(arena, find_file(server, defines, request->file_containing_symbol), response);
                break;
        case ASKS(FILE_CONTAINING_EXTENSION):
        case ASKS(ALL_EXTENSION_NUMBERS_OF_TYPE):
                answer_error(arena, response, ERROR_NOT_FOUND, "There are no extensions here");
                break;
        default:
                answer_error(arena, response, ERROR_INVALID_ARGUMENT, "This is no question");
        }
        return response;
}

static void session_end(Session *session, const Error *error) {
        ServerCall *call = session->call;

        free(session);
        rpc_call_finish(call, NULL, NULL, error);
}

static void ask_next(Session *session) {
        const grpc_op op = { .op = GRPC_OP_RECV_MESSAGE,
                             .data.recv_message.recv_message = &session->question };

        rpc_wire_start(session->call->call, &op, 1, &session->received);
}

static const Error *make_answer(Session *session) {
        ServerCall *call = session->call;
        ProtobufCMessage *request;

        const Error *error = rpc_wire_unpack(call->arena, &grpc_reflection_v1_server_reflection_request_info,
                                             session->question, &request);
        grpc_byte_buffer_destroy(session->question);
        TRY(error);
        session->answer = rpc_wire_pack(&answer_of(call->arena, call->server, (Request *) request)->base);
        arena_reset(call->arena);
        return NULL;
}

static void send_answer(Session *session) {
        grpc_op ops[2];

        size_t n_ops = rpc_call_add_headers(session->call, ops);
        ops[n_ops++] =
                (grpc_op) { .op = GRPC_OP_SEND_MESSAGE, .data.send_message.send_message = session->answer };
        rpc_wire_start(session->call->call, ops, n_ops, &session->sent);
}

/* No question means that the client has no more of them. */
static void on_received(void *owner, bool ok) {
        Session *session = owner;
        const Error *error = NULL;

        if (ok && session->question)
                error = make_answer(session);
        if (session->answer)
                send_answer(session);
        else
                session_end(session, error);
}

static void on_sent(void *owner, bool ok) {
        Session *session = owner;

        grpc_byte_buffer_destroy(session->answer);
        session->answer = NULL;
        if (ok)
                ask_next(session);
        else
                session_end(session, NULL);
}

/* There is always an operation on its way, which fails then and ends the session. */
static void on_closed(void *session) {
        (void) session;
}

static void begin(ServerCall *call) {
        Session *session = MEMORY_NEW(Session);

        *session = (Session) {
                .call = call,
                .received = { on_received, session },
                .sent = { on_sent, session },
        };
        if (rpc_call_begin_session(call, session, on_closed))
                ask_next(session);
        else
                session_end(session, error_new(call->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                                               "The server is shutting down"));
}

void rpc_reflection_add_routes(RpcServer *server) {
        rpc_server_list_service(server, &v1alpha);
        rpc_server_list_service(server, &v1);
        rpc_server_add_route(server, "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", true,
                             begin);
        rpc_server_add_route(server, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", true,
                             begin);
}
