"""What a user meets when something goes wrong: one message, an exit code, never a stack trace."""

import signal

import pytest
import typer

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


def test_sigterm_is_told_in_words_and_ends_the_command_with_its_own_code(capsys):
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as stopped, errors_in_words():
        signal.raise_signal(signal.SIGTERM)
    assert stopped.value.code == 143
    assert "Stopped by SIGTERM. What was finished is kept" in capsys.readouterr().err
    assert signal.getsignal(signal.SIGTERM) is before


def test_output_in_a_folder_that_is_not_there_says_what_to_do(capsys, tmp_path):
    with pytest.raises(SystemExit) as stopped, errors_in_words():
        (tmp_path / "none" / "findings.json").write_text("[]")
    assert stopped.value.code == 1
    assert "findings.json. Make its folder first, or name another." in capsys.readouterr().err


def test_ctrl_c_in_a_command_is_told_in_words(capsys):
    app = typer.Typer()

    @app.command()
    def wait():
        raise KeyboardInterrupt

    with pytest.raises(SystemExit) as stopped, errors_in_words():
        app([])
    assert stopped.value.code == 130
    assert capsys.readouterr().err.startswith("Error: Stopped. What was finished is kept")
