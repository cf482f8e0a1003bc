import ApusTraining
import Synchronization

/// The events of a run, in order.
final class EventLog: Sendable {
  private let log = Mutex<[TrainingEvent]>([])

  var events: [TrainingEvent] { log.withLock { $0 } }

  var report: @Sendable (TrainingEvent) -> Void {
    { event in self.log.withLock { $0.append(event) } }
  }

  /// One word for each event.
  var kinds: [String] {
    events.map { event in
      switch event {
      case .planned: "planned"
      case .notice: "notice"
      case .step: "step"
      case .epoch: "epoch"
      case .checkpoint: "checkpoint"
      case .stopped: "stopped"
      }
    }
  }

  var epochs: [(progress: TrainingProgress, evaluation: Evaluation?)] {
    events.compactMap { event in
      if case .epoch(let progress, let evaluation) = event { (progress, evaluation) } else { nil }
    }
  }

  var notices: [String] {
    events.compactMap { if case .notice(let text) = $0 { text } else { nil } }
  }
}
