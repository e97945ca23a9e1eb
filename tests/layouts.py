"""Where the parts of a page stand: numbers that are the same on every machine and with every font."""

PARTS = {
    "title": ".cover h1, main.wide > h1, section.present h1",
    "facts": ".cover .facts, main.wide > .facts, section.present .facts",
    "notice": ".notice",
    "contents": ".toc",
    "heading": "main h2, section.present h2",
    "sentence": ".fo-say",
    "tile": ".fo-kpi",
    "picture": ".fo-figure svg",
    "table": ".fo-table",
    "report": "section.report",
    "provenance": ".provenance, dl.lines",
}
"""What is looked at, and how it is found on a page, a slide, an index."""

MEASURE = """(parts) => {
  const wide = document.documentElement.clientWidth;
  const found = [];
  for (const [kind, selector] of Object.entries(parts))
    for (const node of document.querySelectorAll(selector)) {
      if (matchMedia("screen").matches && node.closest(".reveal section:not(.present)")) continue;
      const box = node.getBoundingClientRect();
      if (!box.width || !box.height || !node.checkVisibility({ visibilityProperty: true })) continue;
      const style = getComputedStyle(node);
      found.push({ kind, node, box, style });
    }
  found.sort((a, b) => a.node.compareDocumentPosition(b.node) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1);
  const share = (pixels) => Math.round(100 * pixels / wide);
  const rows = found.map(({ kind, box, style }) => ({
    kind, left: share(box.left), width: share(box.width),
    ...(kind === "picture" ? { height: share(box.height) } : {}),
    ink: style.color, paper: style.backgroundColor,
  }));
  const over = [];
  found.forEach((one, place) => found.slice(place + 1).forEach((other) => {
    if (one.node.contains(other.node)) return;
    const width = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
    const height = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
    if (width > 2 && height > 2) over.push(`${one.kind} on ${other.kind}: ${other.node.textContent.trim().slice(0, 30)}`);
  }));
  return { rows, over };
}"""


def layout(page):
    """Each part in order: its kind, its place and width in hundredths of the page's width, its colours.

    Heights of text differ with the fonts of a machine and are left out; a picture's is its own.
    """
    return page.evaluate(MEASURE, PARTS)["rows"]


def over(page):
    """Pairs of parts of which one lies on the other."""
    return page.evaluate(MEASURE, PARTS)["over"]


def apart(rows, kept):
    """Where a page is not as it is kept: a sentence per part; a hundredth of the width is no difference."""
    if [row["kind"] for row in rows] != [row["kind"] for row in kept]:
        return [f"parts: {_told(rows)}; kept are: {_told(kept)}"]
    return [
        f"{now['kind']} {place}: {name} is {now[name]}, kept is {then[name]}"
        for place, (now, then) in enumerate(zip(rows, kept, strict=True))
        for name in then
        if _differs(now[name], then[name])
    ]


def _differs(now, then):
    return abs(now - then) > 1 if isinstance(then, int) else now != then


def _told(rows):
    return ", ".join(row["kind"] for row in rows)
