// All kernels for one instruction set: `APUS_WIDTH` floats a vector, `APUS_NAME`, `APUS_TABLE`.

#include "SystemHeaders.h"
#include "Elementwise.h"

const struct kernel_table APUS_TABLE = {
    .name = APUS_NAME,
    .elementwise = elementwise,
};
