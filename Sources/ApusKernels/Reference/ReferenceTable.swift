import ApusGraph

/// The reference kernel of every operation by its name.
let referenceKernels: [String: any ReferenceKernel] =
  elementwiseOpcodes
  .mapValues { _ in ReferenceElementwise() as any ReferenceKernel }
  .merging(
    [
      ArgMax.name: ReferenceArgMax(),
      BatchNormalization.name: ReferenceBatchNormalization(),
      BatchNormalizationGradient.name: ReferenceBatchNormalizationGradient(),
      BatchNormalizationClip.name: ReferenceBatchNormalizationClip(),
      BatchNormalizationClipGradient.name: ReferenceBatchNormalizationClipGradient(),
      BiasedConvolution2D.name: ReferenceBiasedConvolution2D(),
      BiasedSeparableConvolution2D.name: ReferenceBiasedSeparable(),
      Broadcast.name: ReferenceBroadcast(),
      Cast.name: ReferenceCast(),
      Clip.name: ReferenceClip(),
      ClipGradient.name: ReferenceClipGradient(),
      Comparison.name: ReferenceElementwise(),
      Concatenate.name: ReferenceConcatenate(),
      Convolution2D.name: ReferenceConvolution2D(),
      Convolution2DFilterGradient.name: ReferenceConvolution2DFilterGradient(),
      Convolution2DInputGradient.name: ReferenceConvolution2DInputGradient(),
      Dropout.name: ReferenceDropout(),
      FusedConvolution2D.name: ReferenceFusedConvolution2D(),
      FusedConvolution2DGradient.name: ReferenceFusedConvolution2DGradient(),
      FusedElementwise.name: ReferenceFusedElementwise(),
      Gather.name: ReferenceGather(),
      LayerNormalization.name: ReferenceLayerNormalization(),
      LSTMSequence.name: ReferenceLSTM(),
      LSTMSequenceGradient.name: ReferenceLSTMGradient(),
      LogSoftmax.name: ReferenceLogSoftmax(),
      MatrixProduct.name: ReferenceMatrixProduct(),
      OneHot.name: ReferenceOneHot(),
      Pad.name: ReferencePad(),
      Pooling2D.name: ReferencePooling2D(),
      Pooling2DGradient.name: ReferencePooling2DGradient(),
      RandomNormal.name: ReferenceRandomNormal(),
      RandomUniform.name: ReferenceRandomUniform(),
      Reduction.name: ReferenceReduction(),
      Reshape.name: ReferenceReshape(),
      Reverse.name: ReferenceReverse(),
      ScatterAdd.name: ReferenceScatterAdd(),
      Slice.name: ReferenceSlice(),
      Softmax.name: ReferenceSoftmax(),
      SoftmaxCrossEntropy.name: ReferenceSoftmaxCrossEntropy(),
      SoftmaxCrossEntropyGradient.name: ReferenceSoftmaxCrossEntropyGradient(),
      Split.name: ReferenceSplit(),
      Transpose.name: ReferenceTranspose(),
    ]
  ) { _, own in own }
