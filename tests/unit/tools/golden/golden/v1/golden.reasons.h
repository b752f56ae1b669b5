/* Written from golden.proto; do not edit. */
#pragma once

/* Somebody else has the tool, for now. */
#define REASON_TOOL_IS_OUT "TOOL_IS_OUT"

/* Nothing can be lent any more. */
#define REASON_SHED_IS_ON_FIRE "SHED_IS_ON_FIRE"
