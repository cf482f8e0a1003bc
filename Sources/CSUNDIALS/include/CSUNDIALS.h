// Systems of ordinary differential equations by the stiff solver CVODE of SUNDIALS.

#pragma once

#include <stdbool.h>
#include <stdint.h>

/// Writes the slopes of `y` at `time`; a number that is not 0 stops the integration.
typedef int (*apus_slopes)(double time, const double *y, double *slopes, void *context);

/// Writes the values of conditions at `time`: numbers that change their sign when a condition does.
typedef int (*apus_conditions)(double time, const double *y, double *values, void *context);

/// A system `dy/dt = f(t, y)` and what ends its integration early.
typedef struct {
  int32_t size;
  apus_slopes slopes;
  /// None where the count is 0.
  int32_t condition_count;
  apus_conditions conditions;
  void *context;
  double relative_tolerance, absolute_tolerance;
  /// No step is longer, so that nothing short is passed over; 0 where any length will do.
  double longest_step;
} apus_system;

/// How far an integration came.
typedef struct {
  /// The points that are written.
  int32_t points;
  double time;
  /// Whether a condition changed at `time`, which ended it.
  bool has_changed;
  /// Why it did not come to the last point; empty where it did or a condition changed.
  char fault[64];
} apus_reach;

/// Integrates from time `start` with backward differences of variable order.
///
/// `y` holds the start and then the state reached; `rows` takes `[point][size]`, the state at each
/// of the rising `times`.
apus_reach apus_integrate(
    const apus_system *system, double *y, double start, int32_t points, const double *times,
    double *rows);
