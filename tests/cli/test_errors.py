"""What a user meets when something goes wrong: one message, an exit code, never a stack trace."""

import pytest

from finops_lib.cli.console import errors_in_words


def test_unknown_error_is_one_message_and_its_trace_is_kept_in_a_file(
    capsys, tmp_path, monkeypatch
):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(SystemExit) as stopped, errors_in_words():
        raise KeyError("Volumes")
    said = capsys.readouterr().err
    log = next(tmp_path.glob("finops-*/error.log"))
    assert stopped.value.code == 1
    assert said.startswith("Error: Something happened that this program does not know: KeyError")
    assert str(log) in said
    assert "Traceback" not in said
    assert "Traceback" in log.read_text()
