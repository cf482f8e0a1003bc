// Every loop of one instruction set and the table of them.

#include "Chain.h"
#include "Stencil.h"
#include "Draws.h"
#include "Lanes.h"

const struct jump_loops APUS_LOOPS = {
    .name = APUS_NAME,
    .paths_in_lanes = paths_in_lanes,
    .draw_waits = draw_waits,
    .chain_step = chain_step,
    .stencil_apply = stencil_apply,
};
