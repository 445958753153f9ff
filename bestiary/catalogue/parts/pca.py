"""Principal component analysis."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference, Size

COMPONENTS = "bestiary.parts.pca:PrincipalComponents"
PART = Part(
    name="pca",
    title="Principal component analysis (a linear autoencoder)",
    sort="method",
    paper="Pearson 1901, On lines and planes of closest fit to systems of points in space; Baldi, Hornik 1989, Neural "
    "networks and principal component analysis",
    year=1901,
    summary="The directions in which rows vary most, and each row's place along them. A linear autoencoder can at "
    "best learn the same: its least error is that of PCA with as many components. So PCA is the baseline that every "
    "autoencoder is measured against here, in `--task reconstruct` and `anomaly`.",
    formula="""
S = (1 / N) sum of (x - m)(x - m)^T,  m = mean of x            covariance
V = the Z eigenvectors of S with the greatest eigenvalues      rows [Z F], orthogonal
code z = V (x - m),  reconstruction x' = V^T z + m
mean of |x - x'|^2 = sum of the eigenvalues that are left out""",
    calls={"pca": COMPONENTS},
    example="""
>>> rows = torch.tensor([[0.0, 0.0], [2.0, 2.0], [4.0, 4.0]])
>>> network = bestiary.part("pca")(features=2, code=1).fit(rows)
>>> network(torch.tensor([[3.0, 1.0]])).round(decimals=4)
tensor([[2., 2.]])""",
    reference=(
        Reference("sklearn.decomposition.PCA", "tests/references/test_parts.py::test_pca_is_scikit_learns"),
        Reference(
            "bestiary.architectures.representation.autoencoder.Autoencoder",
            "tests/references/test_parts.py::test_a_linear_autoencoder_can_do_no_better_than_pca",
        ),
    ),
    same=("sklearn.decomposition.PCA",),
    beware="The sign of a component is arbitrary. Columns of larger numbers count more: scale them first. A trained "
    "linear autoencoder finds the same plane, but any axes in it.",
    sizes=(Size("pca", COMPONENTS, {"features": 64, "code": 8}, 576, "8 components of 64, and a mean", part=True),),
    inputs="bestiary.parts.examples:rows",
    introductions=(1,),
    aliases=("principal_component_analysis",),
)
