"""Executed notebooks to pages: HTML, slides, PDF, Markdown, and the indexes over them."""
