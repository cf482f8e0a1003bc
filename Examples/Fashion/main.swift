// Trains MobileNet on Fashion-MNIST and keeps its weights.
//
//   ExampleFashion [EPOCHS] [IMAGES] [DIR]     defaults: 2 epochs, all images, Debian's data set
import Apus

let arguments = CommandLine.arguments.dropFirst().map { String($0) }
let epochs = arguments.first.flatMap { Int($0) } ?? 2
let limit = arguments.dropFirst().first.flatMap { Int($0) } ?? .max
let data = try FashionMNIST.load(from: arguments.dropFirst(2).first ?? FashionMNIST.defaultFolder)

let training = try ImageBatches(
  of: data.training.limited(to: limit), batchSize: 64, side: 56, order: .shuffled(seed: 1),
  augmentation: .flips)
let test = try ImageBatches(
  of: data.test.limited(to: limit), batchSize: 64, side: 56, lastBatch: .short)

let model = MobileNet(alpha: 0.5, classes: FashionMNIST.classNames.count)
print(try summary(of: model, input: TensorType([64, 56, 56, 3])))

let trainer = try Trainer(
  TrainingRecipe(model: model, loss: SoftmaxCrossEntropyLoss(), optimizer: AdamW()),
  TrainerSettings(
    epochs: epochs,
    schedule: OneCycleSchedule(peak: 4e-3, steps: epochs * training.batchCount)))
try await trainer.train(on: PrefetchedBatches(training)) { event in
  if case .epoch(let progress, _) = event {
    print("epoch \(progress.epoch): loss \(progress.loss), \(progress.metrics)")
  }
}

// Running statistics of few epochs are behind the weights: they are taken anew from images as they are.
let unchanged = try ImageBatches(
  of: data.training.limited(to: limit), batchSize: 64, side: 56, order: .shuffled(seed: 1))
try await trainer.recomputeStatistics(on: PrefetchedBatches(unchanged), batches: 80)
let result = try await trainer.evaluate(on: PrefetchedBatches(test))
print("test loss \(result.loss), \(result.metrics)")
try Safetensors.write(try await trainer.weights(), to: "fashion.safetensors")
