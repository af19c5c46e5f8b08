"""The ways the world can fail us. Their messages are sentences written for the visitor."""


class BadDrawing(ValueError):
    """What came in is not a drawing: wrong shape, not finite, too large."""


class ModelUnavailable(RuntimeError):
    """A checkpoint is missing, corrupt or unfit; the message names the command that mends it."""


class OutOfBudget(RuntimeError):
    """There is not enough memory for what was asked; the message says how much and what helps."""


class Busy(RuntimeError):
    """Too many requests wait already; the message says how many."""


class Stopping(Busy):
    """The server answers what was asked before and takes nothing new; another one may."""
