from datetime import datetime
from pathlib import Path

import pytest

from finops_lib.errors import ParameterError
from finops_lib.params import Params, load_params, save_params


def write(folder: Path, text: str) -> Path:
    path = folder / "run.yaml"
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("mnth: 2026-10", "There is no parameter 'mnth'. Did you mean 'month'?"),
        ("source: {regoins: x}", "no parameter 'source.regoins'. Did you mean 'regions'?"),
        ("month: 2026-13", "is not a month; write it as YYYY-MM"),
        ("basis: blended", "Parameter 'basis' is wrong"),
        ("notebooks: {01_visiblity: {}}", "Did you mean '01_visibility'?"),
        ("notebooks: {01_visibility: {topn: 3}}", "Did you mean 'top_n'?"),
        ("tags: {team: {require: true}}", "Did you mean 'required'?"),
        ("- month", "must hold 'name: value' lines"),
        ("month: [", "is not YAML"),
    ],
)
def test_load_params_wrong_file_says_the_nearest_right_name(tmp_path, text, words):
    with pytest.raises(
        ParameterError, match="(?s)" + words.replace("?", r"\?").replace(".", r"\.")
    ):
        load_params(write(tmp_path, text))


def test_load_params_missing_file_names_the_near_one(tmp_path):
    write(tmp_path, "month: 2026-10")
    with pytest.raises(ParameterError, match=r"Did you mean 'run\.yaml'"):
        load_params(tmp_path / "rum.yaml")


def test_load_params_overrides_go_on_top_of_the_file(tmp_path):
    path = write(tmp_path, "month: 2026-10\nsource: {profile: a, regions: us-east-1}")
    params = load_params(path, {"month": "2026-09", "source.profile": "b"})
    assert (params.month, params.source.profile, params.source.regions) == (
        "2026-09", "b", ("us-east-1",),
    )  # fmt: skip


def test_save_params_round_trip_gives_the_same_parameters_and_digest(tmp_path):
    params = load_params(None, {"as_of": "2026-11-04T12:00:00+01:00", "source.accounts": [12]})
    save_params(params, tmp_path / "saved.yaml")
    again = load_params(tmp_path / "saved.yaml")
    assert again == params
    assert again.digest() == params.digest()
    assert again.as_of == datetime(2026, 11, 4, 11)


def test_digest_changes_with_any_parameter():
    assert Params().digest() != Params(title="another").digest()


def test_notebook_parameters_take_the_runs_basis_unless_told_otherwise():
    params = load_params(
        None, {"basis": "billed", "notebooks.02_allocation": {"basis": "effective"}}
    )
    assert params.notebook("01_visibility").basis == "billed"
    assert params.notebook("02_allocation", top_n=3).basis == "effective"


def test_wrong_value_is_told_in_plain_words_and_not_in_pydantics():
    with pytest.raises(ParameterError) as told:
        load_params(None, {"commitments.demand_quantiles": [0.9, 0.5, 0.1]})
    assert "is wrong: low, likely and high must be above 0 and rise" in str(told.value)
    assert "Value error" not in str(told.value)
