// What the step probe needs of C: counts of allocations, and a function that valgrind can name.

#pragma once

/// Allocations since counting began.
typedef struct {
  /// Made by oneDNN, or by what it calls.
  long by_onednn;
  /// All others.
  long by_others;
} probe_allocations;

/// Counts from here on what any thread asks `malloc` and its relatives for.
///
/// Programs that link this file have its `malloc`, for themselves and the libraries they load.
void probe_start_counting(void);

/// Ends counting.
probe_allocations probe_stop_counting(void);

/// Calls `body(context)`; `valgrind --toggle-collect=probe_measured` counts what happens inside.
void probe_measured(void (*body)(void *context), void *context);
