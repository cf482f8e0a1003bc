import COneDNN
import Testing

@Test func libraryHasVersionTwoOrThree() {
  var version: (Int32, Int32, Int32) = (0, 0, 0)
  apus_dnn_version(&version.0, &version.1, &version.2)
  #expect(version.0 == 2 || version.0 == 3)
}

@Test func impossibleProductsAreRefused() {
  func refuses(_ change: (inout apus_dnn_matmul) -> Void) -> Bool {
    var m = apus_dnn_matmul()
    (m.batch_a, m.batch_b, m.rows, m.inner, m.columns) = (1, 1, 4, 4, 4)
    change(&m)
    var created: OpaquePointer?
    return apus_dnn_matmul_create(&created, &m) != 0 && created == nil
  }
  #expect(refuses { $0.rows = 0 })
  #expect(refuses { $0.inner = -1 })
  #expect(refuses { $0.columns = 1 << 31 })
  #expect(refuses { ($0.batch_a, $0.batch_b) = (2, 3) })
  #expect(refuses { ($0.batch_a, $0.rows, $0.inner) = (1 << 30, 1 << 30, 1 << 30) })
  #expect(refuses { $0.operand_type = apus_dnn_type(rawValue: 7) })
  #expect(refuses { ($0.has_clamp, $0.clamp_low, $0.clamp_high) = (true, 1, 0) })
}

@Test func impossibleConvolutionsAreRefused() {
  func refuses(_ change: (inout apus_dnn_convolution) -> Void) -> Bool {
    var c = ConvolutionCase(size: (4, 4), channels: (4, 4), filter: (3, 3))
      .description(APUS_DNN_FORWARD)
    change(&c)
    var created: OpaquePointer?
    return apus_dnn_convolution_create(&created, &c) != 0 && created == nil
  }
  #expect(refuses { $0.groups = 3 })
  #expect(refuses { $0.groups = 0 })
  #expect(refuses { $0.filter_height = 9 })
  #expect(refuses { $0.stride_width = 0 })
  #expect(refuses { $0.dilation_height = 3 })
  #expect(refuses { $0.padding_left = -1 })
  #expect(refuses { ($0.padding_left, $0.padding_right) = (.max, .max) })
  #expect(refuses { $0.kind = apus_dnn_convolution_kind(rawValue: 9) })
  #expect(refuses { ($0.kind, $0.has_bias) = (APUS_DNN_INPUT_GRADIENT, true) })
}

@Test func missingArraysAreRefused() throws {
  var c = ConvolutionCase(size: (4, 4), channels: (4, 4), filter: (3, 3))
    .description(APUS_DNN_FORWARD)
  c.has_bias = true
  var created: OpaquePointer?
  #expect(apus_dnn_convolution_create(&created, &c) == 0)
  let primitive = try #require(created)
  defer { apus_dnn_destroy(primitive) }
  let array = StoredArray(count: 4096, type: APUS_DNN_FLOAT32, seed: 1)
  let status = apus_dnn_execute(
    primitive, array.memory, array.memory, nil, array.memory + 8192, array.memory)
  #expect(status == Int32(APUS_DNN_BAD_POINTER))
  #expect(!String(cString: apus_dnn_status_text(status)).isEmpty)
}

@Test func outputExtentCountsPlaces() {
  #expect(apus_dnn_output_extent(56, 3, 2, 1, 1) == 28)
  #expect(apus_dnn_output_extent(1, 3, 2, 1, 2) == 1)
  #expect(apus_dnn_output_extent(2, 3, 1, 1, 0) == 0)
  #expect(apus_dnn_output_extent(7, 3, 1, 2, 0) == 3)
  #expect(apus_dnn_output_extent(.max, 2, 1, .max, 2) == 0)
}

@Test(arguments: [APUS_DNN_FORWARD, APUS_DNN_INPUT_GRADIENT, APUS_DNN_FILTER_GRADIENT])
func repeatedRunsGiveTheSameBits(_ kind: apus_dnn_convolution_kind) throws {
  for filter in [(1, 1), (3, 3)] {
    let example = ConvolutionCase(
      batch: 8, size: (14, 14), channels: (32, 64), filter: filter)
    var description = example.description(kind)
    var created: OpaquePointer?
    #expect(apus_dnn_convolution_create(&created, &description) == 0)
    let primitive = try #require(created)
    defer { apus_dnn_destroy(primitive) }
    let count = max(example.inputCount, example.outputCount, example.filterCount)
    let a = StoredArray(count: count, type: APUS_DNN_FLOAT32, seed: 1)
    let b = StoredArray(count: count, type: APUS_DNN_FLOAT32, seed: 2)
    let result = StoredArray(count: count, type: APUS_DNN_FLOAT32, seed: 3)
    #expect(execute(primitive, a, b, [], result) == 0)
    let first = result.bits
    for _ in 0..<20 {
      #expect(execute(primitive, a, b, [], result) == 0)
      #expect(result.bits == first)
    }
  }
}
