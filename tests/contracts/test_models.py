"""Every model that is registered keeps the contract."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import entry_points
from typing import Any, ClassVar

import pytest

from graphrec.graph.data import Data
from graphrec.models.acf import ACF
from graphrec.models.afm import AFM
from graphrec.models.aldi import ALDI
from graphrec.models.asymmetric import Asymmetric
from graphrec.models.autoint import AutoInt
from graphrec.models.avnet import AVNet
from graphrec.models.base import Model
from graphrec.models.bias import Bias
from graphrec.models.blend import Blend
from graphrec.models.bm3 import BM3
from graphrec.models.bpr import BPR
from graphrec.models.cdl import CDL
from graphrec.models.clcrec import CLCRec
from graphrec.models.content_knn import ContentKNN
from graphrec.models.dcn import DCN
from graphrec.models.deepfm import DeepFM
from graphrec.models.dropoutnet import DropoutNet
from graphrec.models.ease import EASE
from graphrec.models.fm import FM
from graphrec.models.freedom import Freedom
from graphrec.models.fused import Fused
from graphrec.models.gorec import GoRec
from graphrec.models.hft import HFT
from graphrec.models.ials import IALS
from graphrec.models.item_knn import ItemKNN
from graphrec.models.jifr import JIFR
from graphrec.models.kfrc import KFRC
from graphrec.models.kfrci import KFRCI
from graphrec.models.kfri import KFRI
from graphrec.models.lapreg import LapReg
from graphrec.models.libfm import LibFM
from graphrec.models.lightgcn import LightGCN
from graphrec.models.metadata import Metadata
from graphrec.models.mf import MF
from graphrec.models.mhsaac import MHSAAC
from graphrec.models.phdgifs import PHDGIFs
from graphrec.models.pmf import PMF
from graphrec.models.popularity import Popularity
from graphrec.models.position import PositionPrior
from graphrec.models.random import Random
from graphrec.models.registry import GROUP
from graphrec.models.ridge import Ridge
from graphrec.models.slim import SLIM
from graphrec.models.svdpp import SVDPP
from graphrec.models.svmd import SVMD
from graphrec.models.trailer_content import TrailerContent
from graphrec.models.trailernet import TrailerNet
from graphrec.models.transgrec import TransGRec
from graphrec.models.vbpr import VBPR
from graphrec.models.video2gif import Video2GIF
from graphrec.models.vpoi import VPOI
from graphrec.testing.model_contract import ModelContract
from graphrec.testing.training_data import learned

FIELDS = "Item>Genre,Item.year,Item.kind,content"
"""Of models of clicks."""


class TestACF(ModelContract):
    kind = ACF
    settings: ClassVar = {"dimension": 8}
    options: ClassVar = {"learning_rate": 0.02}


class TestAFM(ModelContract):
    kind = AFM
    settings: ClassVar = {"fields": FIELDS, "dropout": 0}
    options: ClassVar = {"learning_rate": 0.05}


class TestALDI(ModelContract):
    kind = ALDI
    settings: ClassVar = {"dimension": 8, "hidden": 16, "teacher_epochs": 15}
    options: ClassVar = {"batch_size": 256, "learning_rate": 0.02, "epochs": 20}


class TestAsymmetric(ModelContract):
    kind = Asymmetric
    settings: ClassVar = {"dimension": 8, "hidden": 16}
    options: ClassVar = {"batch_size": 256, "learning_rate": 0.02, "epochs": 20}


class TestAutoInt(ModelContract):
    kind = AutoInt
    settings: ClassVar = {"fields": FIELDS}
    options: ClassVar = {"learning_rate": 0.01}


class TestAVNet(ModelContract):
    kind = AVNet
    settings: ClassVar = {"dimension": 4, "apart": 1, "dropout": 0}
    options: ClassVar = {"learning_rate": 0.01}


class TestAVNetByDivergence(TestAVNet):
    settings: ClassVar = {"dimension": 4, "apart": 0.01, "difference": "kl", "dropout": 0}


class TestBias(ModelContract):
    kind = Bias
    learns = False


NO_FEATURES = {"features": [], "widths": {}, "beside": {}}
LOOK = {"features": ["look"], "widths": {"look": 6}}


class TestBlend(ModelContract):
    """Of a model that embeds, one that looks at content, and one that only proposes."""

    kind = Blend
    settings: ClassVar = {
        "members": [
            {"run": "a", "model": "bpr", "settings": {"dimension": 8}, **NO_FEATURES},
            {"run": "b", "model": "contentknn", "settings": {}, **NO_FEATURES, **LOOK},
            {"run": "c", "model": "itemknn", "settings": {"neighbours": 20}, **NO_FEATURES},
        ]
    }
    options: ClassVar = {"epochs": 6}
    taught: ClassVar[dict[int, list[Model[Any]]]] = {}

    def made(self, data: Data) -> Model[Any]:
        model = super().made(data)
        assert isinstance(model, Blend)
        seen = replace(data, features={"look": data.features["look"]})
        if len(data.records) not in self.taught:
            self.taught[len(data.records)] = [
                learned(BPR, replace(data, features={}), {"epochs": 20, "batch_size": 128}, dimension=8),
                learned(ContentKNN, seen),
                learned(ItemKNN, replace(data, features={}), neighbours=20),
            ]
        model.take(self.taught[len(data.records)])
        model.attach(data)
        return model


class TestBlendOfRanks(TestBlend):
    settings: ClassVar = {**TestBlend.settings, "by": "ranks"}


class TestBM3(ModelContract):
    kind = BM3
    settings: ClassVar = {"dimension": 16, "initial_std": 0.1, "layers": 2}
    options: ClassVar = {"learning_rate": 0.02, "epochs": 30}


class TestBPR(ModelContract):
    kind = BPR
    settings: ClassVar = {"dimension": 8}
    options: ClassVar = {"batch_size": 128}


class TestCDL(ModelContract):
    kind = CDL
    settings: ClassVar = {"dimension": 8, "hidden": 16}
    options: ClassVar = {"batch_size": 256, "learning_rate": 0.02, "epochs": 20}


class TestCLCRec(ModelContract):
    kind = CLCRec
    settings: ClassVar = {"dimension": 8, "hidden": 16}
    options: ClassVar = {"batch_size": 256, "negatives": 8, "learning_rate": 0.02, "epochs": 30}


class TestContentKNN(ModelContract):
    kind = ContentKNN


class TestNearestContent(ModelContract):
    kind = ContentKNN
    settings: ClassVar = {"neighbours": 3}


class TestDCN(ModelContract):
    kind = DCN
    settings: ClassVar = {"fields": FIELDS}
    options: ClassVar = {"learning_rate": 0.01}


class TestDeepFM(ModelContract):
    kind = DeepFM
    settings: ClassVar = {"fields": FIELDS}
    options: ClassVar = {"learning_rate": 0.01}


class TestDropoutNet(ModelContract):
    kind = DropoutNet
    settings: ClassVar = {"dimension": 16, "preference_dimension": 8, "hidden": 32}
    options: ClassVar = {"batch_size": 128, "learning_rate": 0.01, "epochs": 40}


class TestEASE(ModelContract):
    kind = EASE
    settings: ClassVar = {"l2": 10}
    pairs_of_items = True


class TestFM(ModelContract):
    kind = FM
    settings: ClassVar = {"fields": FIELDS}
    options: ClassVar = {"learning_rate": 0.01}


class TestFreedom(ModelContract):
    kind = Freedom
    settings: ClassVar = {"dimension": 16, "l2": 0.001, "dropped": 0.3}
    options: ClassVar = {"learning_rate": 0.02, "epochs": 30}


class TestFused(ModelContract):
    """Of a model that embeds, and one that looks at content."""

    kind = Fused
    settings: ClassVar = {
        "members": [
            {"run": "a", "model": "svdpp", "settings": {"dimension": 4}, **NO_FEATURES},
            {"run": "b", "model": "trailer_content", "settings": {}, **NO_FEATURES, **LOOK},
        ]
    }
    options: ClassVar = {"epochs": 5}
    taught: ClassVar[dict[int, list[Model[Any]]]] = {}

    def made(self, data: Data) -> Model[Any]:
        model = super().made(data)
        assert isinstance(model, Fused)
        if len(data.records) not in self.taught:
            self.taught[len(data.records)] = [
                learned(SVDPP, replace(data, features={}), {"epochs": 20}, dimension=4),
                learned(TrailerContent, replace(data, features={"look": data.features["look"]})),
            ]
        model.take(self.taught[len(data.records)])
        model.attach(data)
        return model


class TestGoRec(ModelContract):
    kind = GoRec
    settings: ClassVar = {"dimension": 8, "latent_dimension": 4, "hidden": 16, "teacher_epochs": 15}
    options: ClassVar = {"batch_size": 256, "learning_rate": 0.02, "epochs": 20}


class TestHFT(ModelContract):
    kind = HFT
    settings: ClassVar = {"dimension": 8}
    options: ClassVar = {"learning_rate": 0.02}
    projection = "comments"


class TestItemKNN(ModelContract):
    kind = ItemKNN
    settings: ClassVar = {"neighbours": 20}
    # It counts pairs in blocks of up to 160 megabytes, however many there are.
    many = 20_000


# Torch says once that its sparse matrices are young.
@pytest.mark.filterwarnings("ignore:Sparse")
class TestIALS(ModelContract):
    kind = IALS
    settings: ClassVar = {"dimension": 8}


class TestJIFR(ModelContract):
    kind = JIFR
    settings: ClassVar = {"dimension": 8, "visual_dimension": 8}
    options: ClassVar = {"learning_rate": 0.02}


class TestJIFRWithoutAttention(TestJIFR):
    settings: ClassVar = {"dimension": 8, "visual_dimension": 8, "frames": "mean", "rating": "mean"}


class TestKFRC(ModelContract):
    kind = KFRC
    settings: ClassVar = {"dimension": 16, "word_dimension": 16, "l2": 0.02}
    projection = "comments"


class TestKFRCI(ModelContract):
    kind = KFRCI
    settings: ClassVar = {"dimension": 16, "word_dimension": 16, "l2": 0.02, "content_l2": 0.02}
    projection = "comments"


class TestKFRCIInLayers(ModelContract):
    """As the paper has it: its score is no inner product."""

    kind = KFRCI
    settings: ClassVar = {
        "dimension": 16, "word_dimension": 16, "l2": 0.01, "content_l2": 0.01, "merge": "product", "layers": 3,
        "init": 2, "reads": "preference", "first_word": False,
    }  # fmt: skip
    projection = "comments"


class TestKFRCIGated(ModelContract):
    kind = KFRCI
    settings: ClassVar = {"dimension": 16, "word_dimension": 16, "l2": 0.02, "content_l2": 0.02, "merge": "gate"}
    projection = "comments"


class TestKFRI(ModelContract):
    kind = KFRI
    settings: ClassVar = {"dimension": 16, "l2": 0.02, "content_l2": 0.02}
    projection = "comments"


class TestLapReg(TestCDL):
    kind = LapReg


class TestLibFM(ModelContract):
    kind = LibFM
    settings: ClassVar = {"dimension": 4, "burn_in": 3, "kept": 12}
    options: ClassVar = {"epochs": 20}


class TestLibFMByLeastSquares(TestLibFM):
    settings: ClassVar = {"dimension": 4, "learner": "als", "fields": "Item>Genre,Item.title"}


class TestLibFMByDescent(TestLibFM):
    settings: ClassVar = {"dimension": 4, "learner": "sgd", "fields": "content,Item.year", "l2": 0.005}
    options: ClassVar = {"learning_rate": 0.03}


class TestLightGCN(ModelContract):
    kind = LightGCN
    settings: ClassVar = {"dimension": 16, "l2": 0.001}
    options: ClassVar = {"learning_rate": 0.02}


class TestLightGCNOnBlocks(TestLightGCN):
    options: ClassVar = {"learning_rate": 0.02, "propagation": "blocks"}


class TestMetadata(ModelContract):
    kind = Metadata
    settings: ClassVar = {"power": 4}


class TestMF(ModelContract):
    kind = MF
    settings: ClassVar = {"dimension": 8, "l2": 0.005}
    options: ClassVar = {"batch_size": 128, "learning_rate": 0.1}


class TestMHSAAC(ModelContract):
    kind = MHSAAC
    settings: ClassVar = {"fields": FIELDS}
    options: ClassVar = {"learning_rate": 0.01}


class TestPHDGIFs(ModelContract):
    kind = PHDGIFs
    settings: ClassVar = {"hidden": 16, "narrow": 8}
    options: ClassVar = {"batch_size": 256, "learning_rate": 0.02, "epochs": 30}


class TestPMF(ModelContract):
    kind = PMF
    settings: ClassVar = {"dimension": 8, "l2": 0.001}
    options: ClassVar = {"batch_size": 128, "learning_rate": 0.02}


class TestPopularity(ModelContract):
    kind = Popularity
    learns = False


class TestPositionPrior(ModelContract):
    kind = PositionPrior
    projection = "highlights"
    learns = False


class TestRandom(ModelContract):
    kind = Random
    learns = False


class TestRidge(ModelContract):
    kind = Ridge


class TestSLIM(ModelContract):
    kind = SLIM
    settings: ClassVar = {"l1": 0.1, "l2": 1, "neighbours": 20, "dimension": 16}


class TestSVDPP(ModelContract):
    kind = SVDPP
    settings: ClassVar = {"dimension": 8, "l2": 0.01}
    options: ClassVar = {"learning_rate": 0.04}


class TestSVMD(ModelContract):
    kind = SVMD
    options: ClassVar = {"batch_size": 256, "learning_rate": 0.05, "epochs": 20}


class TestTrailerContent(ModelContract):
    kind = TrailerContent
    settings: ClassVar = {"around": "biases", "similarity": "cosine"}


class TestTrailerNet(ModelContract):
    kind = TrailerNet
    settings: ClassVar = {"hidden": 8, "dimension": 8, "length": 3, "shift": 1}
    options: ClassVar = {"learning_rate": 0.01, "patience": 30}


class TestTrailerNetByAttention(TestTrailerNet):
    settings: ClassVar = {**TestTrailerNet.settings, "body": "transformer"}


class TestTrailerNetByTriplets(TestTrailerNet):
    settings: ClassVar = {
        **TestTrailerNet.settings, "hidden": 32, "dimension": 64, "objective": "triplet", "layer": "before",
        "margin": 1.0, "dropout": 0.1,
    }  # fmt: skip
    options: ClassVar = {"learning_rate": 0.02, "patience": 60}


class TestTransGRec(ModelContract):
    kind = TransGRec
    settings: ClassVar = {"dimension": 8, "hidden": 16, "neighbours": 5}
    options: ClassVar = {"learning_rate": 0.02}


class TestTransGRecOfSegments(ModelContract):
    kind = TransGRec
    settings: ClassVar = {"dimension": 8, "hidden": 16, "neighbours": 5, "transfer": "adversarial"}
    options: ClassVar = {"learning_rate": 0.02}
    projection = "highlights"


class TestTransGRecAsPrinted(ModelContract):
    kind = TransGRec
    settings: ClassVar = {"preset": "printed", "dimension": 8, "hidden": 16, "layers": 1}
    options: ClassVar = {"learning_rate": 0.02, "propagation": "blocks"}


class TestVBPR(ModelContract):
    kind = VBPR
    settings: ClassVar = {"dimension": 8, "visual_dimension": 8, "l2": 0.005}
    options: ClassVar = {"learning_rate": 0.02}


class TestVPOI(ModelContract):
    kind = VPOI
    settings: ClassVar = {"dimension": 8}
    options: ClassVar = {"learning_rate": 0.02}


class TestVideo2GIF(ModelContract):
    kind = Video2GIF
    settings: ClassVar = {"hidden": 16, "narrow": 8}
    options: ClassVar = {"batch_size": 256, "epochs": 10}
    projection = "highlights"
    learns = False


CONTRACTS = [one for one in globals().values() if isinstance(one, type) and issubclass(one, ModelContract)]


@pytest.mark.parametrize("entry", sorted(entry_points(group=GROUP), key=lambda entry: entry.name))
def test_no_model_escapes(entry):
    kind = entry.load()
    assert kind.name == entry.name
    assert any(getattr(one, "kind", None) is kind for one in CONTRACTS), f"{entry.name} has no ModelContract"
