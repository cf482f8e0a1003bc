#pragma once

#include <cairo/cairo-svg.h>
#include <cairo/cairo.h>
