from lockwright.language import Lock


class Mine(Lock)
    pass
