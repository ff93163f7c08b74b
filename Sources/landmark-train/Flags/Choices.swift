public import ArgumentParser
public import Networks
public import Tensors
public import Training

extension Recipe: ExpressibleByArgument {}
extension Architecture: ExpressibleByArgument {}
extension OptimizerKind: ExpressibleByArgument {}
extension ScheduleKind: ExpressibleByArgument {}
extension Balance: ExpressibleByArgument {}
extension Preprocessing: ExpressibleByArgument {}
extension ConvolutionMode: ExpressibleByArgument {}
extension BLASEngine: ExpressibleByArgument {}
