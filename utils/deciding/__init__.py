"""From measurements to a decision: the case, the rules, the recommendation, costs, and the showdown of all systems.

Here belongs what somebody needs who has to choose. Measuring itself belongs in ``studies`` and the notebooks.
"""

from utils.deciding.page import signed
from utils.deciding.points import LADDERS, UPDATES_PER_MONTH, alternatives, bill, cheaper_to_run, flips, prices, score
from utils.deciding.recommendation import recommend
from utils.deciding.rules import APPROACHES, CHEAPER, load_rules
from utils.deciding.scenario import FIELDS, Choice, Scenario
