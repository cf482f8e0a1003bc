import ApusGraph
import COneDNN

/// Products of batches of matrices, of float32 or bfloat16 numbers.
struct OneDNNMatrixProduct: Kernel {
  func prepare(_ request: KernelRequest) -> (any PreparedKernel)? {
    guard let product = request.operation as? MatrixProduct, let types = request.oneDNNTypes else {
      return nil
    }
    let (first, second) = (request.inputs[0].shape, request.inputs[1].shape)
    let rank = first.rank
    let batch = first.extents.dropLast(2).reduce(1, *)
    var description = apus_dnn_matmul()
    (description.batch_a, description.batch_b) = (Int64(batch), Int64(batch))
    description.rows = Int64(first[product.transposesFirst ? rank - 1 : rank - 2])
    description.inner = Int64(first[product.transposesFirst ? rank - 2 : rank - 1])
    description.columns = Int64(second[product.transposesSecond ? rank - 2 : rank - 1])
    description.transpose_a = product.transposesFirst
    description.transpose_b = product.transposesSecond
    (description.operand_type, description.result_type) = types
    return PreparedOneDNN(MatrixProduct.name, threads: request.threads) {
      apus_dnn_matmul_create($0, &description)
    }
  }
}
