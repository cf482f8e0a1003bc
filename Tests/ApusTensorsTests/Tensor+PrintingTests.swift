import ApusTensors
import Testing

/// The expected texts are what `print(array)` gave in NumPy 2.4.6.
@Suite struct TensorPrintingTests {
  @Test func matrix() {
    let tensor = Tensor([1, 2, 3, 4] as [Float], shape: [2, 2])
    #expect(
      tensor.description == """
        [[1. 2.]
         [3. 4.]]
        """)
  }

  @Test func fractions() {
    let tensor = Tensor([0.1, -2.5, 3, 100] as [Float])
    #expect(
      tensor.description == """
        [  0.1  -2.5   3.  100. ]
        """)
  }

  @Test func exponents() {
    let tensor = Tensor([1e-5, 1, 0] as [Float])
    #expect(
      tensor.description == """
        [1.e-05 1.e+00 0.e+00]
        """)
  }

  @Test func large() {
    let tensor = Tensor([1e8, 1] as [Float])
    #expect(
      tensor.description == """
        [1.e+08 1.e+00]
        """)
  }

  @Test func wideRange() {
    let tensor = Tensor([0.5, 1234.5678] as [Double])
    #expect(
      tensor.description == """
        [5.0000000e-01 1.2345678e+03]
        """)
  }

  @Test func longExponent() {
    let tensor = Tensor([1e-200, 1.5, -3e5] as [Double])
    #expect(
      tensor.description == """
        [ 1.0e-200  1.5e+000 -3.0e+005]
        """)
  }

  @Test func nonFinite() {
    let tensor = Tensor([.nan, -.infinity, 1.5, .infinity] as [Float])
    #expect(
      tensor.description == """
        [ nan -inf  1.5  inf]
        """)
  }

  @Test func onlyNonFinite() {
    let tensor = Tensor([.nan, .infinity] as [Float])
    #expect(
      tensor.description == """
        [nan inf]
        """)
  }

  @Test func thirds() {
    let tensor = Tensor((1...12).map { 1 / Float($0) }, shape: [3, 4])
    #expect(
      tensor.description == """
        [[1.         0.5        0.33333334 0.25      ]
         [0.2        0.16666667 0.14285715 0.125     ]
         [0.11111111 0.1        0.09090909 0.08333334]]
        """)
  }

  @Test func doubles() {
    let tensor = Tensor((1...10).map { 1 / Double($0) })
    #expect(
      tensor.description == """
        [1.         0.5        0.33333333 0.25       0.2        0.16666667
         0.14285714 0.125      0.11111111 0.1       ]
        """)
  }

  @Test func zeros() {
    let tensor = Tensor(zeros: TensorType([2, 3]))
    #expect(
      tensor.description == """
        [[0. 0. 0.]
         [0. 0. 0.]]
        """)
  }

  @Test func negativeZero() {
    let tensor = Tensor([-0.0, 0] as [Float])
    #expect(
      tensor.description == """
        [-0.  0.]
        """)
  }

  @Test func integers() {
    let tensor = Tensor([1, -20, 300] as [Int32])
    #expect(
      tensor.description == """
        [  1 -20 300]
        """)
  }

  @Test func bools() {
    let tensor = Tensor([true, false, true, true], shape: [2, 2])
    #expect(
      tensor.description == """
        [[ True False]
         [ True  True]]
        """)
  }

  @Test func broken() {
    let tensor = Tensor((0..<40).map { Int64($0 * 1000) })
    #expect(
      tensor.description == """
        [    0  1000  2000  3000  4000  5000  6000  7000  8000  9000 10000 11000
         12000 13000 14000 15000 16000 17000 18000 19000 20000 21000 22000 23000
         24000 25000 26000 27000 28000 29000 30000 31000 32000 33000 34000 35000
         36000 37000 38000 39000]
        """)
  }

  @Test func brokenFloats() {
    let tensor = Tensor((0..<26).map { Float($0) / 4 }, shape: [2, 13])
    #expect(
      tensor.description == """
        [[0.   0.25 0.5  0.75 1.   1.25 1.5  1.75 2.   2.25 2.5  2.75 3.  ]
         [3.25 3.5  3.75 4.   4.25 4.5  4.75 5.   5.25 5.5  5.75 6.   6.25]]
        """)
  }

  @Test func threeAxes() {
    let tensor = Tensor((0..<8).map { UInt8($0) }, shape: [2, 2, 2])
    #expect(
      tensor.description == """
        [[[0 1]
          [2 3]]

         [[4 5]
          [6 7]]]
        """)
  }

  @Test func summary() {
    let tensor = Tensor((0..<1001).map { Int32($0) })
    #expect(
      tensor.description == """
        [   0    1    2 ...  998  999 1000]
        """)
  }

  @Test func thousand() {
    let tensor = Tensor((0..<1000).map { Int32($0 % 10) })[...29]
    #expect(
      tensor.description == """
        [0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9]
        """)
  }

  @Test func summaryOfMatrix() {
    let tensor = Tensor((0..<10000).map { Float($0) }, shape: [100, 100])
    #expect(
      tensor.description == """
        [[0.000e+00 1.000e+00 2.000e+00 ... 9.700e+01 9.800e+01 9.900e+01]
         [1.000e+02 1.010e+02 1.020e+02 ... 1.970e+02 1.980e+02 1.990e+02]
         [2.000e+02 2.010e+02 2.020e+02 ... 2.970e+02 2.980e+02 2.990e+02]
         ...
         [9.700e+03 9.701e+03 9.702e+03 ... 9.797e+03 9.798e+03 9.799e+03]
         [9.800e+03 9.801e+03 9.802e+03 ... 9.897e+03 9.898e+03 9.899e+03]
         [9.900e+03 9.901e+03 9.902e+03 ... 9.997e+03 9.998e+03 9.999e+03]]
        """)
  }

  @Test func summaryOfCube() {
    let tensor = Tensor((0..<2000).map { Int32($0) }, shape: [2, 10, 100])
    #expect(
      tensor.description == """
        [[[   0    1    2 ...   97   98   99]
          [ 100  101  102 ...  197  198  199]
          [ 200  201  202 ...  297  298  299]
          ...
          [ 700  701  702 ...  797  798  799]
          [ 800  801  802 ...  897  898  899]
          [ 900  901  902 ...  997  998  999]]

         [[1000 1001 1002 ... 1097 1098 1099]
          [1100 1101 1102 ... 1197 1198 1199]
          [1200 1201 1202 ... 1297 1298 1299]
          ...
          [1700 1701 1702 ... 1797 1798 1799]
          [1800 1801 1802 ... 1897 1898 1899]
          [1900 1901 1902 ... 1997 1998 1999]]]
        """)
  }

  @Test func summaryOfBools() {
    let tensor = Tensor((0..<2000).map { $0 % 3 == 0 }, shape: [1000, 2])
    #expect(
      tensor.description == """
        [[ True False]
         [False  True]
         [False False]
         ...
         [False  True]
         [False False]
         [ True False]]
        """)
  }

  @Test func scalar() {
    let tensor = Tensor(Float(0.1))
    #expect(
      tensor.description == """
        0.1
        """)
  }

  @Test func smallScalar() {
    let tensor = Tensor(1e-5)
    #expect(
      tensor.description == """
        1e-05
        """)
  }

  @Test func wholeScalar() {
    let tensor = Tensor(Float(3))
    #expect(
      tensor.description == """
        3.0
        """)
  }

  @Test func boolScalar() {
    let tensor = Tensor(true)
    #expect(
      tensor.description == """
        True
        """)
  }

  @Test func empty() {
    let tensor = Tensor(zeros: TensorType([0, 3]))
    #expect(
      tensor.description == """
        []
        """)
  }

  @Test func oneEach() {
    let tensor = Tensor([1.5] as [Float], shape: [1, 1, 1])
    #expect(
      tensor.description == """
        [[[1.5]]]
        """)
  }

  @Test func brokenSummary() {
    let tensor = Tensor((0..<4000).map { Double($0) * 1e10 / 3 }, shape: [2, 2000])
    #expect(
      tensor.description == """
        [[0.00000000e+00 3.33333333e+09 6.66666667e+09 ... 6.65666667e+12
          6.66000000e+12 6.66333333e+12]
         [6.66666667e+12 6.67000000e+12 6.67333333e+12 ... 1.33233333e+13
          1.33266667e+13 1.33300000e+13]]
        """)
  }

  @Test func ties() {
    let tensor = Tensor([0.123456785, 0.5, 2.000000005] as [Double])
    #expect(
      tensor.description == """
        [0.12345678 0.5        2.        ]
        """)
  }

}
