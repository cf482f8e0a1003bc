// The kernels for any processor: 16-byte vectors, SSE2 on x86 and NEON on Arm.

#define APUS_WIDTH 4
#define APUS_NAME "portable"
#define APUS_TABLE apus_kernels_portable

#include "Templates/All.h"
