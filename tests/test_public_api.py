import subprocess
import sys

import graphrec


def test_every_verb_is_there() -> None:
    assert set(graphrec.__all__) == set(graphrec._HOMES)
    for name in graphrec.__all__:
        assert callable(getattr(graphrec, name))


def test_loading_and_recommending_do_not_import_torch() -> None:
    code = "import sys, graphrec as g; g.load, g.recommend, g.open_store; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
