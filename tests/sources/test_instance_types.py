"""What the shipped table says of instance types, held to what AWS publishes."""

import pytest

from finops_lib.sources import prices

PREVIOUS = {
    "a1", "c1", "c3", "c4", "g3", "i2", "m1", "m2", "m3", "m4", "p2", "p3", "p3dn", "r3", "r4", "t1",
}  # fmt: skip
"""https://docs.aws.amazon.com/ec2/latest/instancetypes/pg.html, every family ever listed there."""


@pytest.fixture(scope="module")
def types():
    return prices.instance_types().set_index("instance_type")


def test_instance_types_previous_generation_is_what_aws_lists(types):
    family = types.index.str.split(".").str[0]
    said = types.groupby(family)["is_current_generation"].agg(["all", "any"])
    assert (said["all"] == said["any"]).all(), "one family, one answer"
    assert set(said.index[~said["any"].astype(bool)]) == PREVIOUS & set(family)


@pytest.mark.parametrize(
    ("instance_type", "is_current"),
    [("m5.large", True), ("c5.xlarge", True), ("m6i.large", True), ("r6i.large", True),
     ("g5.xlarge", True), ("r7g.large", True), ("c6gn.large", True), ("d2.xlarge", True),
     ("t2.micro", True), ("m4.large", False), ("p3.2xlarge", False), ("a1.large", False)],
)  # fmt: skip
def test_instance_types_known_ones_are_told_right(types, instance_type, is_current):
    assert bool(types.loc[instance_type, "is_current_generation"]) is is_current


def test_instance_types_architecture_is_one_word(types):
    assert set(types["architecture"]) <= {"x86_64", "arm64", "x86_64_mac", "arm64_mac"}


def test_instance_types_graviton_is_the_g_after_the_generation(types):
    named = types.index.str.match(r"^[a-z]+\d+g[a-z]*\.") | types.index.str.match(r"^(im|is)4g")
    others = types.index.str.match(r"^(a1|t4g|mac)")
    assert set(types.index[named]) <= set(types.index[types["architecture"].eq("arm64")])
    assert types[types["architecture"].eq("arm64") & ~named & ~others].empty
