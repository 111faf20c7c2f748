"""The style sheet of reports: light and dark, on screens and on paper."""

STYLE = """
:root{--bg:#f7f7f5;--card:#fff;--ink:#1c1e21;--dim:#646b73;--line:#dfe1e3;--bar:#4a6fb5;--good:#2f8f5b;--fair:#b98212;
--poor:#c2453d;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--bg:#15171a;--card:#1e2125;--ink:#e8eaed;--dim:#9aa1a9;--line:#33383e;
--bar:#7c9fe0;--good:#57b884;--fair:#d9a441;--poor:#e2746c}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif}
main{max-width:1040px;margin:0 auto;padding:32px 20px}
h1{font-size:26px;line-height:1.25;margin:0;overflow-wrap:anywhere}h2{font-size:18px;margin:36px 0 12px}
h3{font-size:14px;margin:0 0 8px;display:flex;justify-content:space-between;gap:12px;overflow-wrap:anywhere}
p{margin:4px 0}.dim,small,footer{color:var(--dim)}footer{margin-top:40px;font-size:13px;overflow-wrap:anywhere}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin-top:20px}
.tile,.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 16px}
.tile{display:flex;flex-direction:column}.tile b{font-size:24px;font-variant-numeric:tabular-nums}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(280px,1fr));gap:12px}
svg{width:100%;height:auto;display:block}svg text{font-size:11px;fill:var(--dim)}
.mid{text-anchor:middle}.end{text-anchor:end}
.bar{fill:var(--bar)}.axis{stroke:var(--line)}.track{fill:var(--line)}.meter{height:8px;margin-bottom:10px}
.good{fill:var(--good)}.fair{fill:var(--fair)}.poor{fill:var(--poor)}.same{fill:var(--dim)}
.range{stroke-width:3;stroke-linecap:round}.good-line{stroke:var(--good)}.poor-line{stroke:var(--poor)}
.same-line{stroke:var(--dim)}.poor-text{color:var(--poor)}
.wide,.scroll{overflow-x:auto}.wide svg{min-width:560px}
table{border-collapse:collapse;width:100%;margin-top:12px;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:6px 10px;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left}
details{background:var(--card);border:1px solid var(--line);border-radius:8px;margin-bottom:6px}
summary{display:flex;gap:12px;align-items:center;padding:9px 14px;cursor:pointer}
.name{font-weight:600;max-width:22ch;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;flex:none}
.ask{flex:1;min-width:0;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;color:var(--dim)}
.chips{display:flex;gap:4px;flex-wrap:wrap;justify-content:flex-end}
.chip{font-size:12px;padding:1px 7px;border-radius:9px;border:1px solid;font-variant-numeric:tabular-nums}
.good-chip{color:var(--good)}.fair-chip{color:var(--fair)}.poor-chip{color:var(--poor)}.none-chip{color:var(--dim)}
details>:not(summary){margin-left:16px;margin-right:16px}dl{display:grid;grid-template-columns:80px 1fr;gap:8px}
dt{color:var(--dim)}dd{margin:0;min-width:0}ul{padding-left:18px;overflow-wrap:anywhere}
pre{margin:0;font:13px/1.5 ui-monospace,Menlo,Consolas,monospace;white-space:pre-wrap;overflow-wrap:anywhere}
@media (max-width:600px){summary{flex-wrap:wrap}.ask{order:3;flex-basis:100%}dl{grid-template-columns:1fr}}
@media print{body{background:none}details{break-inside:avoid}}
"""
