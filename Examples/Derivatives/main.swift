import Apus

let cube = Function { inputs in
  let y = try inputs[0].raised(to: 3).sum()
  let slope = try gradients(of: y, with: inputs)[0]  // 3x², as a graph
  return [slope] + (try gradients(of: slope, with: inputs))  // 6x: derivatives of derivatives
}
for derivative in try cube(Tensor([1, 2, 3] as [Float])) { print(derivative) }
