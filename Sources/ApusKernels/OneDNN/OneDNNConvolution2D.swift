import ApusGraph
import ApusTensors
import COneDNN

/// Convolutions and their gradients, dense, grouped or depthwise, of float32 or bfloat16 numbers.
struct OneDNNConvolution2D: Kernel {
  func prepare(_ request: KernelRequest) -> (any PreparedKernel)? {
    guard let types = request.oneDNNTypes, let product = ConvolutionProduct(request) else {
      return nil
    }
    var description = product.description
    (description.operand_type, description.result_type) = types
    return PreparedOneDNN(request.operation.name, threads: request.threads) {
      apus_dnn_convolution_create($0, &description)
    }
  }
}

/// Which of a convolution's three products an operation is, and the shapes it connects.
struct ConvolutionProduct {
  private let kind: apus_dnn_convolution_kind
  private let geometry: ConvolutionGeometry
  private let input: Shape
  private let filter: Shape

  init?(_ request: KernelRequest) {
    let (first, second) = (request.inputs[0].shape, request.inputs[1].shape)
    switch request.operation {
    case let operation as Convolution2D:
      (kind, geometry) = (APUS_DNN_FORWARD, operation.geometry)
      (input, filter) = (first, second)
    case let operation as Convolution2DInputGradient:
      (kind, geometry) = (APUS_DNN_INPUT_GRADIENT, operation.geometry)
      (input, filter) = (operation.inputShape, second)
    case let operation as Convolution2DFilterGradient:
      (kind, geometry) = (APUS_DNN_FILTER_GRADIENT, operation.geometry)
      (input, filter) = (first, operation.filterShape)
    default: return nil
    }
  }

  var description: apus_dnn_convolution {
    var result = apus_dnn_convolution()
    result.kind = kind
    (result.batch, result.input_channels) = (Int64(input[0]), Int64(input[3]))
    (result.height, result.width) = (Int64(input[1]), Int64(input[2]))
    (result.output_channels, result.groups) = (Int64(filter[3]), Int64(geometry.groups))
    (result.filter_height, result.filter_width) = (Int64(filter[0]), Int64(filter[1]))
    let (strides, dilations) = (geometry.strides, geometry.dilations)
    (result.stride_height, result.stride_width) = (Int64(strides.height), Int64(strides.width))
    (result.dilation_height, result.dilation_width) = (
      Int64(dilations.height), Int64(dilations.width)
    )
    let padding = geometry.padding
    (result.padding_top, result.padding_bottom) = (Int64(padding.top), Int64(padding.bottom))
    (result.padding_left, result.padding_right) = (Int64(padding.left), Int64(padding.right))
    return result
  }
}
