/* The breakers and limits around calls to other services (base/callee.h): as they are set and counted. */
#pragma once

#include "app/settings_private.h"

/* Called once, before any call. */
void app_callees_init(const AppSettings *settings);
