"""Chebyshev graph convolution."""

from bestiary.catalogue.part import Part
from bestiary.catalogue.row import Reference, Size

CHEBYSHEV = "bestiary.parts.cheb_conv:ChebyshevConvolution"
PART = Part(
    name="cheb_conv",
    title="Chebyshev spectral graph convolution",
    sort="part",
    paper="Defferrard, Bresson, Vandergheynst 2016, Convolutional neural networks on graphs with fast localized "
    "spectral filtering, arXiv 1606.09375",
    year=2016,
    summary="A filter on the spectrum of a graph that never computes the spectrum: a polynomial of the graph's "
    "Laplacian, whose terms come one from the two before. With K terms a node sees neighbours up to K - 1 edges away. "
    "A graph convolutional network is its first order with one weight for both terms.",
    formula="""
Y = X(0) W(0) + X(1) W(1) + ... + X(K-1) W(K-1) + b
X(0) = X,  X(1) = L~ X,  X(k) = 2 L~ X(k-1) - X(k-2)
L~ = 2 L / 2 - I = - D^-1/2 A D^-1/2            L = I - D^-1/2 A D^-1/2, whose eigenvalues are at most 2
A   adjacency without loops;  D   its degrees;  W(k), b   learned""",
    calls={"cheb_conv": CHEBYSHEV},
    example="""
>>> layer = bestiary.part("cheb_conv")(features=3, width=5, order=2)
>>> layer(torch.randn(4, 3), torch.tensor([[0, 1, 2, 3], [1, 0, 3, 2]])).shape
torch.Size([4, 5])""",
    reference=(
        Reference("torch_geometric.nn.ChebConv", "tests/references/test_parts.py::test_cheb_conv_is_pygs"),
        Reference(
            "the filter on the spectrum itself: eigenvectors of the Laplacian",
            "tests/references/test_parts.py::test_cheb_conv_filters_the_spectrum",
            "filtered_spectrum",
        ),
    ),
    beware="The greatest eigenvalue is taken as 2, which it never exceeds; others compute it. The count is K times "
    "that of a graph convolution. Edges run both ways; weights of edges are left out here.",
    sizes=(
        Size(
            "cheb_conv",
            CHEBYSHEV,
            {"features": 1_433, "width": 16, "order": 2},
            45_872,
            "2 x 1,433 x 16 + 16, Cora's features; torch_geometric.nn.ChebConv agrees",
            example={"nodes": 100},
            part=True,
        ),
    ),
    inputs="bestiary.parts.examples:graph",
    introductions=(0,),
    aliases=("chebyshev_convolution",),
)
