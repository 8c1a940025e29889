/** Tables, folds, figures, lists and what the sections share. */
export const PARTS = `
.scroll{overflow-x:auto;margin-top:.4rem;background:linear-gradient(to left,var(--card) 40%,transparent) right/46px 100% no-repeat local,linear-gradient(to left,rgb(30 60 75/.2),transparent) right/14px 100% no-repeat scroll}
table{border-collapse:collapse;width:100%;font-size:.92rem;line-height:1.5}
caption{text-align:left;font-size:.86rem;color:var(--soft);padding:.3rem 0 .5rem}
th,td{padding:.5rem .75rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{padding-left:.15rem}
thead th{font-size:.84rem;font-weight:600;color:var(--soft);border-bottom:1.5px solid var(--rule);vertical-align:bottom;line-height:1.35}
thead th .en{display:block;font-size:.86em}
tbody th{font-weight:500;min-width:9.5em}
tbody th .code{display:block}
.num{text-align:right;white-space:nowrap}.date,time{white-space:nowrap}
tfoot th,tfoot td{font-weight:650;border-top:1.5px solid var(--rule);border-bottom:0}
tbody tr:hover>*{background:var(--wash)}
.wide td{min-width:5em}
th button{font:inherit;color:inherit;background:none;border:0;padding:0;cursor:pointer;text-align:inherit}
th[aria-sort] button::after{content:" ▲"}th[aria-sort=descending] button::after{content:" ▼"}
.part{display:block;font-size:.82em;color:var(--soft);font-weight:400}
.flows td{min-width:8.5em}
details{margin-top:.7rem;border:1px solid var(--line);border-radius:8px}
summary{cursor:pointer;padding:.55rem .9rem;font-weight:550;border-radius:8px}summary:hover{background:var(--wash)}
.fold{padding:.2rem .9rem .9rem}
.count{font-size:.85em;color:var(--soft);font-weight:400;margin-left:.35em}
.finder,.filter{margin:.9rem 0 .2rem;font-size:.9rem;color:var(--soft)}
input[type=search]{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--rule);border-radius:7px;padding:.4rem .7rem;width:min(20em,100%)}
.tag{display:inline-block;font-size:.86em;font-weight:600;padding:.05em .55em;border-radius:5px;background:var(--wash);color:var(--soft)}
.tag .en{color:inherit}.tag.good{background:var(--good-bg);color:var(--good)}.tag.warn{background:var(--warn-bg);color:var(--warn)}.tag.bad{background:var(--bad-bg);color:var(--bad)}
.legend{display:flex;flex-wrap:wrap;gap:.35rem 1.3rem;font-size:.88rem;margin-bottom:1rem;align-items:center}
.legend li{display:inline-flex;align-items:center;gap:.45rem}.legend .unit{color:var(--soft)}
.sw{width:12px;height:12px;border-radius:3px;display:inline-block;flex:none}
.pool-employee{background:var(--employee)}.pool-resident{background:var(--resident)}.pool-employee-large{background:var(--large)}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:1px;background:var(--line);border:1px solid var(--line);border-radius:10px;overflow:hidden}
.figures+.figures{margin-top:1rem}
.figure{background:var(--card);padding:.95rem 1.1rem}
.figure dt{font-size:.9rem;color:var(--soft);line-height:1.4}.figure dt .en{display:block;font-size:.86em}.figure dd{margin-top:.3rem}
.figure .value{font-size:1.36rem;white-space:nowrap;font-weight:650;line-height:1.4;letter-spacing:-.01em}.figure .unit{color:var(--soft);font-size:.88rem}
.figure .note{display:block;font-size:.85rem;color:var(--soft)}
.figure.good .value{color:var(--good)}.figure.warn .value{color:var(--warn)}.figure.bad .value{color:var(--bad)}
.moneybar{margin:1.4rem 0}.moneybar figcaption{font-size:.9rem;color:var(--soft);margin-bottom:.5rem}
.bar{display:flex;height:18px;border-radius:6px;overflow:hidden;background:var(--wash);margin-bottom:.7rem}
.scroll+style+.scroll,.scroll+.scroll,details+.scroll,details+style+.scroll{margin-top:1.8rem}.bar span:not([style="width:0%"]){min-width:4px}
.moved{background:var(--employee)}.waiting{background:var(--resident)}.open{background:var(--large)}
.bar .open,.sw.open{background:repeating-linear-gradient(45deg,var(--large) 0 4px,transparent 4px 7px)}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(330px,100%),1fr));gap:1.6rem 2rem;margin-bottom:1.6rem}
.charts figcaption{font-size:.95rem;font-weight:600;margin-bottom:.2rem}
.charts svg{width:100%;height:auto;display:block}
svg [fill="#010101"]{fill:var(--employee)}svg [fill="#020202"]{fill:var(--resident)}svg [fill="#030303"]{fill:var(--large)}
svg [fill="#040404"]{fill:var(--soft)}svg [stroke="#040404"]{stroke:var(--rule)}svg [stroke="#050505"]{stroke:var(--line)}
.invariants li{display:flex;gap:.9rem;padding:.8rem 0;border-bottom:1px solid var(--line)}.invariants li:last-child{border:0}
.verdictmark{width:1.6em;height:1.6em;flex:none;border-radius:50%;display:grid;place-items:center;background:var(--good-bg);color:var(--good)}
.bad .verdictmark{background:var(--bad-bg);color:var(--bad)}
.invariants .state{font-size:.88em;color:var(--good);margin-left:.3em}.invariants .bad .state{color:var(--bad);font-weight:600}
.invariants p{font-size:.9rem;color:var(--soft);overflow-wrap:anywhere}
.story{padding:.4rem 0 1rem}.story+.story{border-top:1px solid var(--line);padding-top:1rem}
.steps{margin-top:.6rem;border-left:2px solid var(--rule)}
.steps li{position:relative;padding:.28rem 0 .28rem 1.2rem;display:grid;grid-template-columns:10em 1fr;gap:0 1rem}
.steps li::before{content:"";position:absolute;left:-6px;top:.75em;width:10px;height:10px;border-radius:50%;background:var(--card);border:2px solid var(--faint)}
.steps .bad::before{border-color:var(--bad);background:var(--bad)}.steps .warn::before{border-color:var(--warn);background:var(--warn)}.steps .good::before{border-color:var(--good);background:var(--good)}
.when{color:var(--soft);font-size:.9rem}.by{color:var(--soft);font-size:.9em}.what{display:block;font-size:.9em;color:var(--soft);overflow-wrap:anywhere}
.decision{display:block}.decision .by{display:block}.decision+.decision{margin-top:.3rem}.decision.bad .what{color:var(--bad)}
.timeline td,.timeline th{min-width:6em}.timeline td:nth-child(2){min-width:15em}
.plain{columns:16em;font-size:.92rem}.plain li{padding:.15rem 0}
@media (max-width:640px){.steps li{grid-template-columns:1fr}.figure .value{font-size:1.1rem}.figures.attention{grid-template-columns:1fr}.figures.money{grid-template-columns:1fr}.figure{display:flex;flex-wrap:wrap;justify-content:space-between;align-items:baseline;gap:0 1rem;padding:.6rem .9rem}.figure dd{margin:0 0 0 auto;text-align:right}.plain{columns:1}
.cards,.cards caption,.cards tbody,.cards tfoot,.cards tr,.cards th,.cards td{display:block}
.cards thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
.cards tr{padding:.65rem 0;border-bottom:1px solid var(--line)}.cards tfoot tr{border-top:1.5px solid var(--rule);border-bottom:0}
.cards th,.cards td,.cards tfoot th,.cards tfoot td{border:0;padding:.12rem 0}
.cards td{position:relative;padding-left:8em;text-align:right;white-space:normal;min-height:1.7em}
.cards td::before{position:absolute;left:0;color:var(--soft);font-weight:400}
.cards td:empty{display:none}.flows td:has(>.zero){display:none}
.cards tbody tr:hover>*{background:none}
th,td{padding:.45rem .55rem}}
`;
