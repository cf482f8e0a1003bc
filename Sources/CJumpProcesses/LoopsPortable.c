// The loops for any processor: 16-byte vectors.

#define APUS_LANES 2
#define APUS_NAME "portable"
#define APUS_LOOPS apus_jump_loops_portable

#include "Templates/SystemHeaders.h"

#include "Templates/All.h"
