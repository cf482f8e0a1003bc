#pragma once

/// The eigenvalues of a symmetric `size × size` matrix, smallest first; `matrix` becomes the eigenvectors, one a
/// row. 0 where LAPACK found them.
int apus_symmetric_eigen(int size, double *matrix, double *values);

/// As `apus_symmetric_eigen` without the vectors; `matrix` is used up.
int apus_symmetric_eigenvalues(int size, double *matrix, double *values);

/// `result = left · right` of row-major matrices `[rows, inner]` and `[inner, columns]`; each of them may be stored
/// transposed.
void apus_matrix_product(int rows, int inner, int columns, const double *left, int left_transposed,
                         const double *right, int right_transposed, double *result);

/// `result = matrixᵀ · matrix` of a row-major matrix `[rows, columns]`.
void apus_gram_matrix(int rows, int columns, const double *matrix, double *result);
