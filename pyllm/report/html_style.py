"""How report.html looks: on a screen of any width, light or dark, and on paper."""

STYLE = """\
:root {
  --paper: #ffffff; --ink: #23272e; --soft: #626a75; --line: #dfe3e8; --wash: #f5f6f8; --accent: #0b5c94;
}
@media (prefers-color-scheme: dark) {
  :root { --paper: #15171b; --ink: #d9dce1; --soft: #949ca8; --line: #30353d; --wash: #1d2025; --accent: #7dbbe8; }
  img.light { filter: invert(0.92) hue-rotate(180deg); }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", sans-serif;
}
main { max-width: 52rem; margin: 0 auto; padding: 2.5rem 1.25rem 5rem; }
h1, h2, h3, h4 { line-height: 1.25; font-weight: 600; overflow-wrap: anywhere; }
h1 { font-size: 2rem; margin: 0 0 1rem; letter-spacing: -0.01em; }
h2 { font-size: 1.4rem; margin: 3.5rem 0 1rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.08rem; margin: 2.25rem 0 0.75rem; }
p { margin: 0.75rem 0; overflow-wrap: anywhere; }
.quiet, .command { color: var(--soft); font-size: 0.875rem; }
code { font: 0.875em/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace; }
.command code { background: var(--wash); color: var(--ink); padding: 0.15em 0.4em; border-radius: 4px; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; padding: 0; margin: 1.25rem 0; list-style: none; }
a { color: var(--accent); text-decoration: none; }
a:hover { text-decoration: underline; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: 0.9rem; line-height: 1.4; font-variant-numeric: tabular-nums; }
table:not(.facts) { min-width: 100%; }
th, td { padding: 0.4rem 1.25rem 0.4rem 0; text-align: left; vertical-align: top; }
th, td { border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 500; vertical-align: bottom; }
th.number, td.number { text-align: right; padding: 0.4rem 0 0.4rem 1.25rem; white-space: nowrap; }
.facts td.number { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.facts td:first-child { color: var(--soft); }
figure { margin: 1.5rem 0; overflow-x: auto; }
img { display: block; width: 100%; height: auto; }
figcaption { color: var(--soft); font-size: 0.875rem; margin-bottom: 0.35rem; }
blockquote {
  margin: 0; padding: 0.75rem 1rem; background: var(--wash); border-radius: 6px;
  font-family: Georgia, "Liberation Serif", serif; white-space: pre-wrap; overflow-wrap: anywhere;
}
.asked { margin: 1.25rem 0; border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.asked > p { margin: 0; padding: 0.7rem 1rem; background: var(--wash); font-weight: 600; white-space: pre-wrap; }
.asked dl {
  display: flex; flex-wrap: wrap; gap: 1px; margin: 0; background: var(--line);
}
.asked dl > div { flex: 1 1 8rem; background: var(--paper); padding: 0.7rem 0.8rem; }
dt { color: var(--soft); font-size: 0.8rem; }
dd { margin: 0.2rem 0 0; font-size: 0.9rem; line-height: 1.5; white-space: pre-wrap; overflow-wrap: anywhere; }
.note { color: var(--soft); font-style: italic; font-size: 0.85em; }
@media screen and (max-width: 40rem) { img { min-width: 36rem; } }
details { margin: 1rem 0; }
summary { cursor: pointer; color: var(--accent); }
@media print {
  body { font-size: 10pt; }
  main { max-width: none; padding: 0; }
  nav { display: none; }
  h2 { margin-top: 2rem; }
  h2, h3, dt { break-after: avoid; }
  figure, .asked, tr { break-inside: avoid; }
  .wide { overflow: visible; }
}
"""
