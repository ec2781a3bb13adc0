"""``graphrec models``: what is told of each model."""

from __future__ import annotations


def test_models_are_named_with_the_dois_of_their_papers(typed) -> None:
    listed = {one["model"]: one for one in typed("models", "--json").json}
    assert listed["transgrec"]["doi"] == "10.1145/3397271.3401145"
    assert listed["bpr"]["doi"] == "10.48550/arXiv.1205.2618"
    assert (listed["bias"]["paper"], listed["bias"]["doi"]) == (listed["mf"]["paper"], listed["mf"]["doi"])
    assert (listed["random"]["paper"], listed["random"]["doi"]) == ("", "")
    shown = typed("models").out
    for one in listed.values():
        assert one["doi"] in shown, "to be copied, it stands in one line on a narrow screen too"


def test_a_model_is_told_with_a_link_to_its_paper(typed) -> None:
    told = typed("models", "ease", "--json").json
    assert told["doi"] == "10.1145/3308558.3313710"
    assert typed("models", "ease").out.splitlines()[:3] == [
        f"ease: {told['title']}",
        told["paper"],
        "https://doi.org/10.1145/3308558.3313710",
    ]
    assert "doi.org" not in typed("models", "popularity").out
