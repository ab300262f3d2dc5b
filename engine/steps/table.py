"""The table of step types. A new verb is a file in this folder and a line here."""

from __future__ import annotations

from engine.steps.assign import ASSIGN
from engine.steps.branch import BRANCH
from engine.steps.contract import StepType
from engine.steps.coupon import COUPON
from engine.steps.emit import EMIT
from engine.steps.end import END
from engine.steps.recommend import RECOMMEND
from engine.steps.repeat import REPEAT
from engine.steps.send import SEND
from engine.steps.split import SPLIT
from engine.steps.start import START
from engine.steps.subscribe import SUBSCRIBE
from engine.steps.unsubscribe import UNSUBSCRIBE
from engine.steps.update import UPDATE
from engine.steps.wait import WAIT
from engine.steps.wait_for import WAIT_FOR

_ALL = (
    *(SEND, WAIT, WAIT_FOR, BRANCH, SPLIT, REPEAT),
    *(UPDATE, SUBSCRIBE, UNSUBSCRIBE, ASSIGN, COUPON, RECOMMEND, EMIT, START, END),
)
STEPS: dict[str, StepType] = {step.word: step for step in _ALL}
