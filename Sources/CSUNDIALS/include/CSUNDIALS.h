// Systems of ordinary differential equations by the stiff solver CVODE of SUNDIALS.

#pragma once

#include <stdint.h>

/// Writes the slopes of `y` at `time`; a number that is not 0 stops the integration.
typedef int (*apus_slopes)(double time, const double *y, double *slopes, void *context);

/// Integrates `dy/dt = f(t, y)` from time 0 with backward differences of variable order.
///
/// `y` holds the start and then the state reached; `rows` takes `[point][size]`, the state at each
/// of the rising `times`. Gives how many points are written; `fault` names why they are not all.
int32_t apus_integrate(
    int32_t size, double *y, apus_slopes slopes, void *context, double relative_tolerance,
    double absolute_tolerance, int32_t points, const double *times, double *rows,
    char fault[64], double *reached);
