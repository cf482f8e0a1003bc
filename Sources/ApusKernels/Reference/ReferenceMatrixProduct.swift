import ApusGraph

/// The product of each pair of matrices in two batches.
struct ReferenceMatrixProduct: TypedReferenceKernel {
  func compute(
    _ product: MatrixProduct, _ inputs: [ReferenceOperand], _ outputs: [ReferenceOperand]
  ) {
    let (a, b, result) = (inputs[0], inputs[1], outputs[0])
    let rank = result.shape.rank
    let (rows, columns) = (result.shape[rank - 2], result.shape[rank - 1])
    let inner = a.shape[product.transposesFirst ? rank - 2 : rank - 1]
    let (rowStep, innerStepOfA) = product.transposesFirst ? (1, rows) : (inner, 1)
    let (innerStepOfB, columnStep) = product.transposesSecond ? (1, inner) : (columns, 1)
    for index in 0..<result.count {
      let (batch, row, column) = (
        index / (rows * columns), index / columns % rows, index % columns
      )
      let startOfA = batch * rows * inner + row * rowStep
      let startOfB = batch * inner * columns + column * columnStep
      var sum = 0.0
      for k in 0..<inner {
        sum += a[startOfA + k * innerStepOfA] * b[startOfB + k * innerStepOfB]
      }
      result[index] = sum
    }
  }
}
