#include "CLAPACK.h"

#include <cblas.h>
#include <lapacke.h>

// A symmetric matrix reads the same by rows and by columns; LAPACK's vectors, one a column by its own order, are one
// a row by C's.
int apus_symmetric_eigen(int size, double *matrix, double *values) {
  return LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'U', size, matrix, size, values);
}

int apus_symmetric_eigenvalues(int size, double *matrix, double *values) {
  return LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'N', 'U', size, matrix, size, values);
}

void apus_matrix_product(int rows, int inner, int columns, const double *left, int left_transposed,
                         const double *right, int right_transposed, double *result) {
  cblas_dgemm(CblasRowMajor, left_transposed ? CblasTrans : CblasNoTrans,
              right_transposed ? CblasTrans : CblasNoTrans, rows, columns, inner, 1, left,
              left_transposed ? rows : inner, right, right_transposed ? inner : columns, 0, result,
              columns);
}

void apus_gram_matrix(int rows, int columns, const double *matrix, double *result) {
  cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, columns, rows, 1, matrix, columns, 0, result,
              columns);
  for (int row = 1; row < columns; row++)
    for (int column = 0; column < row; column++)
      result[row * columns + column] = result[column * columns + row];
}
