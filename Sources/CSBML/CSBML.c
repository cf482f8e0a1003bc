#include "CSBML.h"
