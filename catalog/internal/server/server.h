/* The catalog, as its programs see it. */
#pragma once

#include "app/part.h"

extern const AppService catalog_app_service;
