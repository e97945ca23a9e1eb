import os
import threading
import time

import pytest

from finops_lib.sources.lock import only_one


@pytest.mark.skipif(os.name == "nt", reason="the lock is one of POSIX")
def test_only_one_lets_the_second_wait_until_the_first_is_done(tmp_path):
    said, held = [], threading.Event()

    def first():
        with only_one(tmp_path / "lake", lambda: said.append("first waits")):
            held.set()
            time.sleep(0.6)
            said.append("first is done")

    worker = threading.Thread(target=first)
    worker.start()
    held.wait()
    with only_one(tmp_path / "lake", lambda: said.append("second waits")):
        said.append("second has it")
    worker.join()
    assert said == ["second waits", "first is done", "second has it"]


def test_only_one_gives_the_folder_back_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), only_one(tmp_path, lambda: None):
        raise ZeroDivisionError
    said = []
    with only_one(tmp_path, lambda: said.append("waits")):
        assert said == []
