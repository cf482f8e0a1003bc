import ApusGraph

/// The kernels of every operation by its name, best first; the last is the reference kernel.
///
/// The planner takes the first that accepts the types. Nothing registers itself: a kernel is used
/// because it stands here or in ``referenceKernels``.
package let kernelTable: [String: [any Kernel]] = referenceKernels.reduce(into: [:]) {
  let fast = fastKernels[$1.key] ?? []
  let widened = fast.map { WidenedKernel(kernel: $0) as any Kernel }
  $0[$1.key] = fast + widened + [ReferenceAdapter($1.value)]
}

private let stridedPointwise = OneDNNStridedPointwise(convolution: OneDNNConvolution2D())

/// The kernels that are there for speed, best first.
private let fastKernels: [String: [any Kernel]] =
  elementwiseOpcodes
  .mapValues { _ in [VectorElementwise()] as [any Kernel] }
  .merging(
    [
      ArgMax.name: [VectorKernel<VectorArgMax>()],
      BatchNormalization.name: [VectorKernel<VectorBatchNormalization<BatchNormalization>>()],
      BatchNormalizationClip.name: [
        VectorKernel<VectorBatchNormalization<BatchNormalizationClip>>()
      ],
      BatchNormalizationClipGradient.name: [
        VectorKernel<VectorBatchNormalizationClipGradient>()
      ],
      BatchNormalizationGradient.name: [VectorKernel<VectorBatchNormalizationGradient>()],
      BiasedConvolution2D.name: [
        OneDNNBiasedDepthwise(), VectorKernel<VectorBiasedDepthwise>(),
        VectorKernel<VectorBiasedProduct>(),
        OneDNNStridedPointwise(convolution: OneDNNBiasedConvolution2D()),
        OneDNNBiasedConvolution2D(),
      ],
      BiasedSeparableConvolution2D.name: [VectorKernel<VectorBiasedSeparable>()],
      Broadcast.name: [VectorKernel<VectorRearrangement<Broadcast>>()],
      Cast.name: [VectorKernel<VectorCast>()],
      Clip.name: [VectorElementwise()],
      ClipGradient.name: [VectorElementwise()],
      Comparison.name: [VectorElementwise()],
      Concatenate.name: [VectorKernel<VectorConcatenate>()],
      Convolution2D.name: [
        OneDNNDepthwise(), VectorKernel<VectorDepthwise>(), stridedPointwise,
        OneDNNConvolution2D(),
      ],
      Convolution2DFilterGradient.name: [
        OneDNNDepthwise(), VectorKernel<VectorDepthwiseFilterGradient>(), stridedPointwise,
        OneDNNConvolution2D(),
      ],
      Convolution2DInputGradient.name: [
        OneDNNDepthwise(), VectorKernel<VectorDepthwiseInputGradient>(), stridedPointwise,
        OneDNNConvolution2D(),
      ],
      Dropout.name: [VectorElementwise()],
      FusedConvolution2D.name: [VectorKernel<VectorFusedConvolution2D>()],
      FusedConvolution2DGradient.name: [VectorKernel<VectorFusedConvolution2DGradient>()],
      FusedElementwise.name: [VectorFusedElementwise()],
      Gather.name: [VectorKernel<VectorGather>()],
      LayerNormalization.name: [VectorKernel<VectorLayerNormalization>()],
      LSTMSequence.name: [VectorKernel<VectorLSTM>()],
      LSTMSequenceGradient.name: [VectorKernel<VectorLSTMGradient>()],
      LogSoftmax.name: [VectorKernel<VectorLogSoftmax>()],
      MatrixProduct.name: [OneDNNMatrixProduct()],
      OneHot.name: [VectorKernel<VectorOneHot>()],
      Pad.name: [VectorKernel<VectorPad>()],
      Pooling2D.name: [VectorKernel<VectorPooling2D>(), VectorKernel<VectorBFloat16Pooling>()],
      Pooling2DGradient.name: [VectorKernel<VectorPooling2DGradient>()],
      RandomNormal.name: [VectorElementwise()],
      RandomUniform.name: [VectorElementwise()],
      Reduction.name: [VectorKernel<VectorReduction>()],
      Reshape.name: [VectorKernel<VectorReshape>()],
      Reverse.name: [VectorKernel<VectorRearrangement<Reverse>>()],
      ScatterAdd.name: [VectorKernel<VectorScatterAdd>()],
      Slice.name: [VectorKernel<VectorRearrangement<Slice>>()],
      Softmax.name: [VectorKernel<VectorSoftmax>()],
      SoftmaxCrossEntropy.name: [VectorKernel<VectorSoftmaxCrossEntropy>()],
      SoftmaxCrossEntropyGradient.name: [VectorKernel<VectorSoftmaxCrossEntropyGradient>()],
      Split.name: [VectorKernel<VectorSplit>()],
      Transpose.name: [VectorKernel<VectorRearrangement<Transpose>>()],
    ]
  ) { _, own in own }
