import ApusTensors
import Glibc

/// What sampled softmax has besides vectors: the words' biases, and Adam's state of everything.
final class WordAdam: Sendable {
  /// Means and mean squares of the input row's gradients, then of the output row's.
  let moments: WordRows
  let biases: WordBiases

  init(words: Int, size: Int) throws(WordVectorError) {
    moments = try WordRows(words: words, size: size, rowsOfWord: 4)
    biases = WordBiases(words: words)
  }

  /// Everything but the biases themselves, `float32 [words, 4·size + 2]`, to go on later.
  var state: Tensor {
    let (words, size) = (moments.words, moments.size)
    let width = 4 * size + 2
    return Tensor(TensorType([words, width])) { bytes in
      let numbers = bytes.bindMemory(to: Float.self)
      for word in 0..<words {
        var place = word * width
        for row in 0..<4 {
          _ = numbers[place..<place + size].update(fromContentsOf: moments[word, row])
          place += size
        }
        numbers[place] = biases.floats[3 * word + 1]
        numbers[place + 1] = biases.floats[3 * word + 2]
      }
    }
  }

  /// Takes up what ``state`` gave, and biases `float32 [words]`.
  func restore(state: Tensor, biases values: Tensor) throws(WordVectorError) {
    let (words, size) = (moments.words, moments.size)
    let width = 4 * size + 2
    guard state.type == TensorType([words, width]), values.type == TensorType([words]) else {
      throw WordVectorError(
        .setting,
        "expected Adam's state of shape [\(words), \(width)] and \(words) biases, got "
          + "\(state.type) and \(values.type)")
    }
    state.withElements(as: Float.self) { numbers in
      for word in 0..<words {
        var place = word * width
        for row in 0..<4 {
          _ = moments[word, row].update(fromContentsOf: numbers[place..<place + size])
          place += size
        }
        biases.floats[3 * word + 1] = numbers[place]
        biases.floats[3 * word + 2] = numbers[place + 1]
      }
    }
    values.withElements(as: Float.self) { numbers in
      for word in 0..<words { biases.floats[3 * word] = numbers[word] }
    }
  }
}

/// A bias for each word with the mean and the mean square of its gradients.
///
/// Unchecked for the reason ``WordRows`` gives.
final class WordBiases: @unchecked Sendable {
  let words: Int
  let floats: UnsafeMutablePointer<Float>

  init(words: Int) {
    self.words = words
    floats = .allocate(capacity: 3 * words)
    floats.initialize(repeating: 0, count: 3 * words)
  }

  deinit { floats.deallocate() }

  /// One of the three numbers of each word, `float32 [words]`.
  func tensor(column: Int) -> Tensor {
    Tensor((0..<words).map { floats[3 * $0 + column] })
  }
}

extension WordModel {
  /// What a checkpoint keeps besides vectors and biases; nil where there is nothing.
  package var optimizerState: Tensor? { adam?.state }

  /// Replaces the biases of words, `float32 [places]`.
  ///
  /// - Precondition: ``setVectors(input:output:at:)`` took the places.
  package func setBiases(_ values: Tensor, at places: [Int]) {
    guard let adam else { return }
    for (place, value) in zip(places, values.scalars(as: Float.self)) {
      adam.biases.floats[3 * place] = value
    }
  }

  /// Takes up biases and what ``optimizerState`` gave; nothing where the loss has neither.
  package func restore(optimizerState: Tensor?, biases: Tensor?) throws(WordVectorError) {
    guard let adam else { return }
    guard let optimizerState, let biases else {
      throw WordVectorError(.setting, "expected Adam's state and biases, got none")
    }
    try adam.restore(state: optimizerState, biases: biases)
  }
}
