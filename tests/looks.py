"""How a page looks, in numbers that hold on every machine and with every font."""

import re

BEYOND = """() => {
  const edge = document.documentElement.clientWidth;
  const inScroller = (node) => {
    for (let up = node.parentElement; up && up !== document.body; up = up.parentElement) {
      const style = getComputedStyle(up);
      if (/auto|scroll|hidden/.test(style.overflowX) || style.position === "fixed") return true;
    }
    return false;
  };
  return [...document.body.querySelectorAll("*")]
    .filter((node) => {
      const box = node.getBoundingClientRect();
      const seen = box.width > 0 && box.height > 0 && getComputedStyle(node).visibility !== "hidden";
      return seen && (box.right > edge + 1 || box.left < -1) && box.right > 0 && !inScroller(node);
    })
    .map((node) => `${node.tagName} ${node.className}: ${node.textContent.trim().slice(0, 40)}`);
}"""
"""Elements that stand beyond an edge of the page and cannot be scrolled to."""

ON_EACH_OTHER = """(tolerance) => {
  const words = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.data.trim() || /SCRIPT|STYLE/.test(parent.tagName) || !parent.checkVisibility({visibilityProperty: true})) continue;
    if (parent.closest(".quiet, .skip, .aria-status, details:not([open]) > :not(summary)")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const box of range.getClientRects()) {
      if (box.width > 1 && box.height > 1) words.push({ text: node.data.trim(), scroller: parent.closest(".fo-table, .fo-figure, .fo-html, pre, .bar"), box });
    }
  }
  words.sort((a, b) => a.box.top - b.box.top);
  const found = [];
  words.forEach((one, place) => {
    for (let next = place + 1; next < words.length && words[next].box.top < one.box.bottom; next++) {
      const other = words[next];
      // What lies beyond the edge of a box that scrolls is not seen there; two boxes are compared by their own place.
      if (one.text === other.text || one.scroller !== other.scroller) continue;
      const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
      const high = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
      if (wide > tolerance && high > tolerance * 1.5) found.push(`${one.text.slice(0, 40)} | ${other.text.slice(0, 40)}`);
    }
  });
  return [...new Set(found)];
}"""
"""Pairs of texts of which one lies on the other by more than these pixels."""

WIDTHS = (360, 768, 1280)
"""A phone, a tablet, a desk."""


def beyond(page):
    """What cannot be reached because it stands beyond the page's edge."""
    return page.evaluate(BEYOND)


def on_each_other(page, tolerance=3):
    """Texts that lie on each other, those of pictures included."""
    return page.evaluate(ON_EACH_OTHER, tolerance)


def sheets(data):
    """Width and height of each sheet of a PDF, in points; Chromium writes them as plain text."""
    pages = re.findall(rb"<<[^<>]*/Type\s*/Page\b.*?>>\s*endobj", data, flags=re.DOTALL)
    boxes = [re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", page) for page in pages]
    return [(round(float(box[1])), round(float(box[2]))) for box in boxes]
