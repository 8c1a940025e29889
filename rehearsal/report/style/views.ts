/** The calendar, the matrix of institutions, and paper. */
export const VIEWS = `
.year{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(236px,100%),1fr));gap:1.5rem 1.6rem}
.month{table-layout:fixed;font-size:.84rem;align-self:start}
.month caption{font-weight:650;font-size:.95rem;color:var(--ink);padding:0 0 .25rem}
.month.outside{opacity:.55}
.month th,.month td{padding:0;text-align:center;border:0;min-width:0;height:34px;line-height:1.1;vertical-align:top}
.month th{height:22px;font-size:.78rem;font-weight:400;color:var(--faint)}
.month tr:hover>*{background:none}
.month td{padding-top:5px;border:1px solid transparent;position:relative;background-clip:padding-box}
.month .rest{color:var(--faint)}.month .off{color:var(--rest-ink)}
.month .off,.month tr:hover>.off{background-color:var(--rest)}
.month .unknown{font-style:italic;color:var(--faint)}
.month .has{padding-top:0}
.month a{display:block;height:32px;padding-top:5px;color:inherit;text-decoration:none;font-weight:700;border-radius:5px;background:var(--wash)}
.month a:hover{box-shadow:inset 0 0 0 1.5px var(--accent)}
.month .off a{background:none}.month .rest a{color:var(--ink)}
sup{font-size:.62em;font-weight:400;margin-left:1px;line-height:0}
.legend sup{font-size:.8em;line-height:1;vertical-align:0}
.xiu{color:var(--rest-ink)}.ban{color:var(--accent);font-weight:650}
.mks{display:flex;justify-content:center;gap:2px;margin-top:3px}
.mk{width:7px;height:7px;display:inline-block;flex:none;border-radius:50%;background:var(--faint)}
.legend .mk,.day .mk{width:10px;height:10px}.legend .mk.moved,.legend .mk.paid,.legend .mk.settled,.legend .mk.released,.day .mk.moved,.day .mk.paid,.day .mk.settled,.day .mk.released{height:5px}
.mk.disbursed{background:var(--employee);border-radius:1px}
.mk.due{background:none;border:1.5px solid var(--soft)}
.mk.arrived,.mk.confirmed,.mk.resumed{background:var(--good)}
.mk.confirmed{border-radius:1px}.mk.resumed{clip-path:polygon(50% 0,100% 100%,0 100%);border-radius:0}
.mk.late{background:var(--warn);border-radius:0;clip-path:polygon(50% 0,100% 100%,0 100%)}
.mk.missing{background:var(--bad);border-radius:0;clip-path:polygon(20% 0,50% 30%,80% 0,100% 20%,70% 50%,100% 80%,80% 100%,50% 70%,20% 100%,0 80%,30% 50%,0 20%)}
.mk.moved{background:var(--resident);border-radius:1px;height:4px;align-self:center}
.mk.paid,.mk.settled,.mk.released{background:var(--employee);border-radius:1px;height:4px;align-self:center}
.mk.preallocated{background:var(--large);border-radius:1px}
.mk.noticed,.mk.suspended{background:var(--bad);border-radius:1px;transform:rotate(45deg) scale(.85)}
.mk.noticed{background:none;border:1.5px solid var(--bad)}
.mk.alert{background:var(--large);border-radius:0;clip-path:polygon(0 0,100% 0,50% 100%)}
.daylist{margin-top:1.8rem;display:grid;grid-template-columns:repeat(auto-fill,minmax(min(190px,100%),1fr));gap:.6rem}.daylist>*{margin:0}.daylist h4,.daylist [open]{grid-column:1/-1}
.days{display:grid;gap:.2rem 2.4rem;grid-template-columns:repeat(auto-fit,minmax(min(360px,100%),1fr));align-items:start}
.day{padding:.55rem .5rem;border-bottom:1px solid var(--line);scroll-margin-top:30vh}
.day:target{background:var(--wash);box-shadow:-3px 0 0 var(--accent)}
.day dt{font-weight:650}.wd{font-weight:400;font-size:.85rem;color:var(--soft)}
.day dd{display:flex;gap:.6rem;margin-top:.25rem;font-size:.93rem}.day dd .mk{margin-top:.55em;align-self:flex-start}.day dd .mk.moved,.day dd .mk.paid,.day dd .mk.settled,.day dd .mk.released{margin-top:.72em}.day dd b{font-weight:550}
.who{display:block;font-size:.86rem;color:var(--soft)}
.matrix{font-size:.87rem}
.matrix td{white-space:nowrap;text-align:right;font-size:.9em;padding:.4rem .5rem .4rem .3rem}.matrix td b{display:block}
.matrix thead th:not(:first-child){text-align:right}.matrix .why{white-space:normal}
.sign{display:inline-block;min-width:1.5em;text-align:center;margin-right:.15em}.matrix td b,.sign{font-weight:650}.o{color:var(--soft)}
.sign{border-radius:4px;padding:0 .15em}.matrix tbody:not(.sums) th{min-width:13em}
.o b,.sign.o{color:var(--good)}
td.l,.sign.l{background:var(--warn-bg);color:var(--warn)}
td.c,td.m,.sign.c,.sign.m{background:var(--bad-bg);color:var(--bad)}
td.m,.sign.m{box-shadow:inset 0 0 0 1.5px var(--bad)}
td.p,.sign.p{color:var(--soft)}td.n,.sign.n{color:var(--faint)}
.matrix tbody tr:hover td.l{background:var(--warn-bg)}.matrix tbody tr:hover td.c,.matrix tbody tr:hover td.m{background:var(--bad-bg)}
.sums td{font-weight:600}.sums .unit{font-weight:400;font-size:.85em}
.sums th .en{display:block}
[hidden]{display:none!important}
@media (max-width:640px){.month th,.month td{height:38px}.month a{height:36px}
.matrix,.matrix caption,.matrix tbody{display:block}.matrix thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
.matrix tr{display:grid;grid-template-columns:repeat(4,1fr);gap:4px;padding:.6rem 0;border-bottom:1px solid var(--line)}
.matrix tbody th{grid-column:1/-1;position:static;max-width:none;border:0;padding:0 0 .15rem}
.matrix tbody th .code{display:inline}
.matrix td{border:0;border-radius:6px;text-align:left;padding:.25rem .3rem;font-size:.72rem;white-space:nowrap;line-height:1.4;overflow:hidden}.matrix td.o,.matrix td.n,.matrix td.p{background:var(--wash)}
.matrix td::before{content:attr(data-m);display:inline-block;min-width:3em;color:var(--soft);font-weight:400}
.matrix td b{display:inline}.matrix td b::after{content:"\\A";white-space:pre}.sums td{white-space:nowrap}.sums .unit{display:none}.charts svg text{font-size:15px!important}
.daylist .fold{padding:.1rem .4rem .6rem}}
@media print{
@page{size:A4;margin:15mm 13mm 16mm}
:root{color-scheme:light;--paper:#fff;--line:#d5dcdf;--wash:#f2f5f6}
body{font-size:9.6pt;background:#fff;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.mast{background:none;color:var(--ink);border-bottom:2.5pt solid var(--accent)}.mast .in{padding:0 0 5mm}.mast .en,.mast .over,.mast dt,.period,.facts .code,.verdict p+p{color:var(--soft)}
.verdict{background:#f2f5f6;border-left-color:var(--good)}.verdict.bad{border-left-color:var(--bad)}.verdict .big{color:var(--good)}.verdict.bad .big{color:var(--bad)}
.shell{display:block;padding:0;max-width:none}.toc,.totop,.skip,.finder,.filter,.screen{display:none!important}
main{padding-top:0}
.sec{border:0;padding:0;margin:7mm 0 0;border-radius:0}
.region+.region{break-before:page;margin-top:0;padding-top:0;border:0}
h2,h3,h4,caption,thead,.legend,summary,.lead{break-after:avoid}.who.many,details:not([data-print]):not([open]){display:none}
tr,.legend,.month,.figure,.day,.story,.charts figure,.invariants li,.verdict,.moneybar{break-inside:avoid}
thead{display:table-header-group}tfoot{display:table-row-group}
.scroll{overflow:visible;background:none}
table{font-size:8.3pt}th,td{padding:1.1mm 1.6mm}
.wide td,.flows td,.timeline td,.timeline th{min-width:0}tbody th{min-width:0}
.matrix{font-size:7.2pt}.matrix td{padding:.9mm .8mm}
.year{grid-template-columns:repeat(3,1fr);gap:5mm 6mm}.month td,.month a{height:24px}.month{font-size:7.6pt}
.charts{grid-template-columns:1fr 1fr;gap:4mm 6mm}
.figures{grid-template-columns:repeat(4,1fr)}.figures.attention{grid-template-columns:repeat(3,1fr)}.figure{padding:2mm 3mm}.figure .value{font-size:11pt}
.days{grid-template-columns:1fr 1fr;gap:0 8mm}
details{border:0;margin-top:3mm}summary{padding:0;list-style:none}.fold{padding:1mm 0 0}
details[data-print]::details-content{content-visibility:visible;display:block;height:auto}
a{color:inherit;text-decoration:none}}
`;
