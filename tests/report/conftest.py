"""Small notebooks to run and render."""

import nbformat
import pytest
from nbformat import v4


def _cell(source, tags):
    cell = (
        v4.new_markdown_cell(source[3:]) if source.startswith("md:") else v4.new_code_cell(source)
    )
    cell.metadata["tags"] = tags
    return cell


@pytest.fixture(scope="session")
def write_notebook():
    """write(path, *cells): a cell is its source, "md:…" for Markdown, or (source, tag, …)."""

    def write(path, *cells):
        sources = [
            (cell, []) if isinstance(cell, str) else (cell[0], list(cell[1:])) for cell in cells
        ]
        notebook = v4.new_notebook(cells=[_cell(source, tags) for source, tags in sources])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}  # fmt: skip
        nbformat.write(notebook, path)
        return path

    return write
