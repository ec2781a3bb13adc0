from pathlib import Path

import pytest

from graphrec import schema
from graphrec.errors import NotFoundError

DOCS = Path(__file__).parent.parent / "docs" / "schema.md"


def test_documentation_is_derived_from_the_schema() -> None:
    assert schema.markdown() in DOCS.read_text(encoding="utf-8"), (
        "run: python -m graphrec.schema > docs/schema.md"
    )


def test_every_end_is_a_label() -> None:
    ends = {end for rel in schema.RELATIONSHIPS.values() for pair in rel.ends for end in pair}
    assert ends <= set(schema.LABELS)


@pytest.mark.parametrize(
    ("find", "wrong", "right"), [(schema.label, "Itme", "Item"), (schema.relationship, "RATE", "RATED")]
)
def test_misspelt_names_are_told_the_nearest(find, wrong, right) -> None:
    with pytest.raises(NotFoundError, match=right):
        find(wrong)
