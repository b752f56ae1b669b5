#include "app/app.h"
#include "server/server.h"

int main(int argc, char **argv) {
        return app_main_alone(&review_app_service, argc, argv);
}
