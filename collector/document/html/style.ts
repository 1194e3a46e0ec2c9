// The look of a report as a page: light and dark screens, and paper. Colours are variables, so that pictures follow them.

export const STYLE = `
:root{color-scheme:light dark;--text:#1c2733;--faint:#5f6b78;--line:#c9d1d9;--paper:#fff;--band:#f3f5f7;--main:#24527a;--good:#2e7d5b;--attention:#8f5a0c;--bad:#b3261e;--unknown:#5f6b78}
@media screen and (prefers-color-scheme:dark){:root{--text:#e3e8ed;--faint:#9aa7b4;--line:#3a4551;--paper:#12181f;--band:#1b232c;--main:#84b6e0;--good:#5fc195;--attention:#e0ad52;--bad:#f28b82;--unknown:#9aa7b4}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--text);font:15px/1.6 "Noto Sans SC","Microsoft YaHei","PingFang SC","Source Han Sans SC",system-ui,sans-serif}
main{max-width:960px;margin:0 auto;padding:32px 20px 64px}
h1,h2{color:var(--main);line-height:1.3}h1{font-size:1.55rem;margin:2.4em 0 .7em}h2{font-size:1.2rem;margin:2em 0 .6em}h3{font-size:1.02rem;margin:1.6em 0 .5em}
table{border-collapse:collapse;width:100%;font-size:.88rem;line-height:1.45}
caption{text-align:left;font-weight:700;padding:.9em 0 .4em}
th,td{text-align:left;vertical-align:top;padding:.4em .5em;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
thead th{background:var(--band);border-top:1px solid var(--line)}
.end{text-align:right}.small{font-size:.78rem}
.fields th{width:26%;font-weight:400;color:var(--faint)}
.pairs th{width:19%}.pairs td{width:31%}
.wide{overflow-x:auto}
figure{margin:1.4em 0}figure svg{width:100%;height:auto;display:block}figcaption{color:var(--faint);font-size:.85rem;margin-top:.4em}
.lead{font-size:1.08rem}.note,.faint{color:var(--faint)}.note{font-size:.86rem}
.good{color:var(--good)}.attention{color:var(--attention)}.bad{color:var(--bad)}.unknown{color:var(--unknown)}
.tone{font-weight:700;white-space:nowrap}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin:1em 0}
.tile{border:1px solid var(--line);border-left:4px solid currentColor;border-radius:4px;padding:12px}
.tile p{margin:0;color:var(--text);font-size:.86rem}.tile .word{font-size:1.4rem;color:inherit;margin:.2em 0}
.cover{min-height:60vh;display:flex;flex-direction:column;justify-content:center;border-bottom:2px solid var(--main);padding-bottom:2em}
.cover h1{font-size:2.2rem;margin:.3em 0 .6em}.cover .verdict{font-size:1.25rem;margin:0 0 1.4em}
.parties{display:grid;grid-template-columns:repeat(auto-fit,minmax(220px,1fr));gap:14px;margin-top:2em}
.party{border:1px solid var(--line);padding:12px 14px 28px}.party p{margin:2em 0 0}
nav ol{list-style:none;padding:0}nav li{margin:.25em 0}nav li.sub{padding-left:1.4em}nav a{color:inherit}
footer{margin-top:4em;border-top:1px solid var(--line);padding-top:1em;color:var(--faint);font-size:.82rem}
@page{size:A4;margin:18mm 16mm}
@media print{main{max-width:none;padding:0}body{font-size:10pt}.cover{min-height:240mm;break-after:page}.new-page{break-before:page}
h1,h2,h3,caption{break-after:avoid}tr,figure,.tile,.party{break-inside:avoid}thead{display:table-header-group}.wide{overflow:visible}nav a{text-decoration:none}}
`.trim();
