"""Systems that are not there: records of many flows, rendered by the specs' own templates.

``python -m simulator`` sends them to a topic, a file or standard output, spoils some on request,
and writes down what really happened.
"""

from simulator.faults import ALL_FAULTS, Faults
from simulator.flow import Flow
from simulator.flow_file import default_flow_file, load_flow
from simulator.ledger import Emission
from simulator.simulation import Simulation
from simulator.targets import KafkaTarget, LinesTarget, Sent, send

__all__ = [
    "ALL_FAULTS",
    "Emission",
    "Faults",
    "Flow",
    "KafkaTarget",
    "LinesTarget",
    "Sent",
    "Simulation",
    "default_flow_file",
    "load_flow",
    "send",
]
