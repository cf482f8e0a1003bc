/// Everything a program needs that trains or uses models: `import Apus`.
///
/// The re-exported modules can be imported one by one as well.
@_exported import ApusDatasets
@_exported import ApusEngine
@_exported import ApusFormats
@_exported import ApusGraph
@_exported import ApusLayers
@_exported import ApusModels
@_exported import ApusTensors
@_exported import ApusTraining
