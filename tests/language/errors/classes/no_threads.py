from lockwright.language import Workload, u8


class Load(Workload):
    value: u8
