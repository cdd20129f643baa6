"""Evidence: the committed verdicts on a claim, by notebook and as one."""

from utils.deciding import evidence


def test_verdicts_stand_with_their_notebooks_and_the_finding_of_most_cases_first(publish):
    publish("W5", "supported")
    publish("W5", "mixed", "11", n=20)
    known = evidence.verdicts_by_claim()
    (entry,) = evidence.evidence(["W5"], known)
    assert entry.verdict == evidence.verdict("W5", known) == "supported (06), mixed (11)"
    assert entry.findings == ("W5 was mixed.", "W5 was supported.")
    assert entry.text.endswith(".")


def test_a_claim_without_a_committed_verdict_is_unmeasured(publish):
    publish("W5", "supported")
    known = evidence.verdicts_by_claim()
    (entry,) = evidence.evidence(["R4"], known)
    assert (entry.claim, entry.verdict, entry.findings) == ("R4", "not yet measured here", ())
    assert evidence.overall("R4", known) == evidence.UNMEASURED == entry.verdict


def test_one_verdict_of_several_notebooks(publish):
    publish("R4", "supported")
    publish("R4", "supported", "07")
    publish("W5", "contradicted")
    known = evidence.verdicts_by_claim()
    told = [evidence.overall(claim, known) for claim in ("R4", "W5", "H2")]
    assert told == ["supported", "contradicted", evidence.UNMEASURED]
    publish("W5", "supported", "11")
    assert evidence.overall("W5", evidence.verdicts_by_claim()) == "mixed", "they disagree"
    publish("R4", "undecided", "09")
    assert evidence.overall("R4", evidence.verdicts_by_claim()) == "undecided", "one of three could not tell"
