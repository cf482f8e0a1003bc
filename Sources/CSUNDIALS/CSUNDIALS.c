#include "CSUNDIALS.h"

#include <cvode/cvode.h>
#include <nvector/nvector_serial.h>
#include <stdlib.h>
#include <string.h>
#include <sunlinsol/sunlinsol_dense.h>
#include <sunlinsol/sunlinsol_spgmr.h>
#include <sunmatrix/sunmatrix_dense.h>

enum { DENSE_LIMIT = 300, STEP_LIMIT = 1000000 };

struct system {
  apus_slopes slopes;
  void *context;
};

static int slopes_of(realtype time, N_Vector y, N_Vector slopes, void *data) {
  struct system *system = data;
  return system->slopes(
      time, N_VGetArrayPointer(y), N_VGetArrayPointer(slopes), system->context);
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

/// Integrates from point to point; how many are written.
static int32_t integrate(
    void *solver, N_Vector state, int32_t size, int32_t points, const double *times, double *rows,
    char fault[64], double *reached) {
  double *y = N_VGetArrayPointer(state);
  for (int32_t point = 0; point < points; point++) {
    if (times[point] > *reached) {
      realtype time = 0;
      CVodeSetStopTime(solver, times[point]);
      int flag = CVode(solver, times[point], state, &time, CV_NORMAL);
      *reached = time;
      if (flag < 0) {
        name_fault(flag, fault);
        return point;
      }
    }
    memcpy(rows + (int64_t)point * size, y, sizeof(double) * (size_t)size);
  }
  return points;
}

int32_t apus_integrate(
    int32_t size, double *y, apus_slopes slopes, void *context, double relative_tolerance,
    double absolute_tolerance, int32_t points, const double *times, double *rows,
    char fault[64], double *reached) {
  struct system system = {slopes, context};
  SUNContext library = NULL;
  *reached = 0;
  memset(fault, 0, 64);
  strcpy(fault, "CV_MEM_FAIL");
  if (SUNContext_Create(NULL, &library) != 0) return 0;
  int32_t written = 0;
  void *solver = CVodeCreate(CV_BDF, library);
  N_Vector state = N_VMake_Serial(size, y, library);
  SUNMatrix matrix = size <= DENSE_LIMIT ? SUNDenseMatrix(size, size, library) : NULL;
  SUNLinearSolver linear = matrix ? SUNLinSol_Dense(state, matrix, library)
                                  : SUNLinSol_SPGMR(state, SUN_PREC_NONE, 30, library);
  if (solver && state && linear && CVodeInit(solver, slopes_of, 0, state) == CV_SUCCESS &&
      CVodeSStolerances(solver, relative_tolerance, absolute_tolerance) == CV_SUCCESS &&
      CVodeSetLinearSolver(solver, linear, matrix) == CV_SUCCESS) {
    CVodeSetErrHandlerFn(solver, be_silent, NULL);
    CVodeSetUserData(solver, &system);
    CVodeSetMaxNumSteps(solver, STEP_LIMIT);
    written = integrate(solver, state, size, points, times, rows, fault, reached);
  }
  if (linear) SUNLinSolFree(linear);
  if (matrix) SUNMatDestroy(matrix);
  if (state) N_VDestroy(state);
  if (solver) CVodeFree(&solver);
  SUNContext_Free(&library);
  return written;
}
