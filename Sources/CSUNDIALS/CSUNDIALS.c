#include "CSUNDIALS.h"

#include <cvode/cvode.h>
#include <float.h>
#include <math.h>
#include <nvector/nvector_serial.h>
#include <stdlib.h>
#include <string.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunlinsol/sunlinsol_spgmr.h>
#include <sunmatrix/sunmatrix_dense.h>

enum { DENSE_LIMIT = 300, STEP_LIMIT = 1000000 };

/// Times within this share of each other count as one.
#define NEAR (16 * DBL_EPSILON)

/// Times that one step may be shortened: slopes that jump take more than the seven of the library.
enum { SHORTENING_LIMIT = 40 };

static int slopes_of(realtype time, N_Vector y, N_Vector slopes, void *data) {
  const apus_system *system = data;
  return system->slopes(
      time, N_VGetArrayPointer(y), N_VGetArrayPointer(slopes), system->context);
}

static int conditions_of(realtype time, N_Vector y, realtype *values, void *data) {
  const apus_system *system = data;
  return system->conditions(time, N_VGetArrayPointer(y), values, system->context);
}

/// What went wrong is given back, not printed.
static void be_silent(int code, const char *module, const char *function, char *text, void *data) {
  (void)code, (void)module, (void)function, (void)text, (void)data;
}

static void name_fault(int flag, char fault[64]) {
  char *name = CVodeGetReturnFlagName(flag);
  strncpy(fault, name ? name : "UNKNOWN", 63);
  free(name);
}

/// Integrates from point to point.
static void integrate(
    void *solver, N_Vector state, int32_t size, int32_t points, const double *times, double *rows,
    apus_reach *reach) {
  double *y = N_VGetArrayPointer(state);
  memset(reach->fault, 0, sizeof reach->fault);
  for (; reach->points < points; reach->points++) {
    double end = times[reach->points];
    // The library takes no step of a few last digits; nor is one needed.
    if (end - reach->time <= NEAR * fabs(end)) {
      reach->time = fmax(reach->time, end);
    } else {
      realtype time = 0;
      CVodeSetStopTime(solver, end);
      int flag = CVode(solver, end, state, &time, CV_NORMAL);
      reach->time = time;
      if (flag < 0) name_fault(flag, reach->fault);
      reach->has_changed = flag == CV_ROOT_RETURN;
      if (flag < 0 || reach->has_changed) return;
    }
    memcpy(rows + (int64_t)reach->points * size, y, sizeof(double) * (size_t)size);
  }
}

/// Tells the solver all about the system; false where it has not the memory.
static bool prepare(
    void *solver, const apus_system *system, double start, N_Vector state, SUNLinearSolver linear,
    SUNMatrix matrix) {
  if (CVodeInit(solver, slopes_of, start, state) != CV_SUCCESS) return false;
  CVodeSetErrHandlerFn(solver, be_silent, NULL);
  CVodeSetUserData(solver, (void *)system);
  CVodeSetMaxNumSteps(solver, STEP_LIMIT);
  CVodeSetMaxErrTestFails(solver, SHORTENING_LIMIT);
  if (system->longest_step > 0) CVodeSetMaxStep(solver, system->longest_step);
  if (system->condition_count > 0 &&
      CVodeRootInit(solver, system->condition_count, conditions_of) != CV_SUCCESS) {
    return false;
  }
  return CVodeSStolerances(solver, system->relative_tolerance, system->absolute_tolerance) ==
             CV_SUCCESS &&
         CVodeSetLinearSolver(solver, linear, matrix) == CV_SUCCESS;
}

apus_reach apus_integrate(
    const apus_system *system, double *y, double start, int32_t points, const double *times,
    double *rows) {
  apus_reach reach = {.time = start, .fault = "CV_MEM_FAIL"};
  SUNContext library = NULL;
  if (SUNContext_Create(NULL, &library) != 0) return reach;
  int32_t size = system->size;
  void *solver = CVodeCreate(CV_BDF, library);
  N_Vector state = N_VMake_Serial(size, y, library);
  SUNMatrix matrix = size <= DENSE_LIMIT ? SUNDenseMatrix(size, size, library) : NULL;
  SUNLinearSolver linear = matrix ? SUNLinSol_Dense(state, matrix, library)
                                  : SUNLinSol_SPGMR(state, SUN_PREC_NONE, 30, library);
  if (solver && state && linear && prepare(solver, system, start, state, linear, matrix)) {
    integrate(solver, state, size, points, times, rows, &reach);
  }
  if (linear) SUNLinSolFree(linear);
  if (matrix) SUNMatDestroy(matrix);
  if (state) N_VDestroy(state);
  if (solver) CVodeFree(&solver);
  SUNContext_Free(&library);
  return reach;
}
