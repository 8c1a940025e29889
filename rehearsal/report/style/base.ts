/** Colours, type and layout. Three themes: light, dark by the reader's setting, and paper. */
export const BASE = `
:root{color-scheme:light dark;
--paper:#f3f5f6;--card:#fff;--ink:#15232c;--soft:#4d5e69;--faint:#687882;--line:#e1e7ea;--rule:#c3ced4;--accent:#0b5566;--wash:#eef3f5;
--good:#1b6e4e;--good-bg:#e4f2eb;--warn:#855600;--warn-bg:#fbf0d7;--bad:#a1261e;--bad-bg:#fbe6e3;
--employee:#1b5e7b;--resident:#5aa3a6;--large:#d2a04c;--mast:#10303e;--mast-ink:#fff;--mast-soft:#b9cdd5;--rest:#f6efe9;--rest-ink:#9a4a34}
@media screen and (prefers-color-scheme:dark){:root{
--paper:#0e1519;--card:#151e23;--ink:#e4ebee;--soft:#a5b5bd;--faint:#8b9ca5;--line:#253138;--rule:#3b4b54;--accent:#74c4d2;--wash:#1b262c;
--good:#72cfa6;--good-bg:#12312a;--warn:#e6b85f;--warn-bg:#362a10;--bad:#f3958b;--bad-bg:#3c1a17;
--employee:#4f9fc6;--resident:#8ad0cc;--large:#dcb36d;--mast:#0b2029;--mast-ink:#eef4f6;--mast-soft:#9fb6bf;--rest:#261f1c;--rest-ink:#d9987f}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%;text-size-adjust:100%}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.65 "PingFang SC","Hiragino Sans GB","Microsoft YaHei UI","Microsoft YaHei","Source Han Sans SC","Noto Sans CJK SC","Noto Sans SC",system-ui,sans-serif;font-variant-numeric:tabular-nums lining-nums}
h1,h2,h3,h4,p,dl,dd,ul,ol,figure{margin:0}ul,ol{padding:0;list-style:none}
a{color:var(--accent)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:3px}
.en{font-size:.8em;font-weight:400;color:var(--soft);letter-spacing:.01em}
.code{font-family:ui-monospace,"SF Mono",Consolas,"Noto Sans Mono CJK SC",monospace;font-size:.78em;color:var(--soft);font-weight:400;overflow-wrap:anywhere}
.zero{color:var(--faint)}.amount{font-weight:600}
.skip{position:absolute;left:-999px;top:0;background:var(--card);padding:.6em 1em;z-index:9}.skip:focus{left:1rem;top:1rem}
.mast{background:var(--mast);color:var(--mast-ink)}
.mast .in{max-width:1400px;margin:auto;padding:2.6rem 2rem 2.4rem}
.mast .en,.mast .over,.mast dt{color:var(--mast-soft)}
.over{font-size:.86rem;letter-spacing:.14em}
h1{font-size:clamp(1.7rem,1.1rem + 2.6vw,2.7rem);line-height:1.25;font-weight:650;letter-spacing:.02em;margin:.35rem 0 .2rem}
.period{font-size:1.05rem;color:var(--mast-soft)}
.verdict{display:flex;gap:1rem;align-items:flex-start;margin-top:1.5rem;padding:1rem 1.2rem;border-radius:10px;background:rgb(255 255 255/.07);border-left:5px solid #6fd0a6}
.verdict.bad{border-left-color:#ff8f80}
.verdict .big{font-size:1.7rem;line-height:1;font-weight:700;color:#7fdcb4}.verdict.bad .big{color:#ffa195}
.verdict p{font-size:1.12rem;font-weight:600}.verdict p+p{font-size:.92rem;font-weight:400;color:var(--mast-soft)}
.verdict a{color:inherit}
.provisional{margin-top:1rem;padding:.7rem 1.2rem;border-radius:10px;background:#f6d58a;color:#3a2a00;font-weight:600}.provisional .en{color:#5c4710}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:1rem 2rem;margin-top:1.8rem;font-size:.92rem}
.facts .command{grid-column:1/-1}.facts dt{font-size:.8rem}.facts dd{overflow-wrap:anywhere}.facts .code{color:var(--mast-soft)}
.shell{max-width:1400px;margin:auto;padding:0 2rem 4rem;display:grid;grid-template-columns:176px minmax(0,1fr);gap:2.4rem}
.toc{font-size:.9rem;padding-top:2rem}
.toc>div{position:sticky;top:1.4rem;max-height:calc(100vh - 2.8rem);overflow:auto}
.toc ul{border-left:2px solid var(--line);margin:.3rem 0 1.1rem}
.toc a{display:block;padding:.2rem .8rem;margin-left:-2px;border-left:2px solid transparent;text-decoration:none;color:var(--soft);line-height:1.45}
.toc a:hover{color:var(--ink)}.toc a[aria-current]{border-left-color:var(--accent);color:var(--accent);font-weight:600}
.toc .rg{font-weight:600;color:var(--ink);border:0;padding:.2rem 0;margin:0}
.toc details{border:0;margin:0 0 .4rem}.toc summary{font-weight:600;padding:.2rem 0}.toc ul{margin-bottom:.7rem}
main{min-width:0;padding-top:2rem}
.sec+.region{margin-top:3rem}.region+.region{margin-top:4rem;padding-top:2.4rem;border-top:3px solid var(--accent)}
.region>header{margin-bottom:1.2rem}.region>.only{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
h2{font-size:1.75rem;line-height:1.3;font-weight:650}
.sec{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1.7rem 1.8rem 1.9rem;margin-top:1.4rem;scroll-margin-top:1rem}
h3{font-size:1.22rem;line-height:1.4;font-weight:650;margin-bottom:1.1rem}
h3 .en{font-size:.78em;margin-left:.3em}
.sec>h2{margin-bottom:1.1rem}.totop{display:none;position:fixed;right:.8rem;bottom:.9rem;z-index:5;background:var(--accent);color:var(--card);text-decoration:none;border-radius:99px;padding:.45rem 1rem;font-size:.9rem;font-weight:600;box-shadow:0 2px 10px rgb(0 0 0/.25)}
h4{font-size:1rem;font-weight:600}
.lead{font-size:1.02rem;margin-bottom:1.2rem;max-width:60em}.hint{font-size:.88rem;color:var(--soft);margin:.4rem 0}
.fine{color:var(--good);font-weight:600}
.foot{border-top:1px solid var(--rule);margin-top:3rem;padding-top:1.2rem;font-size:.86rem;color:var(--soft)}
@media (max-width:1080px){.totop{display:block}.shell{grid-template-columns:minmax(0,1fr);gap:0}.toc>div{position:static;max-height:none}.toc{padding-top:1.2rem}.toc ul{border:0;display:flex;flex-wrap:wrap;gap:.35rem;margin:.3rem 0 .8rem}.toc li a{margin:0;border:1px solid var(--rule);border-radius:99px;padding:.2rem .75rem;font-size:.92em;background:var(--card)}.toc a[aria-current]{border-color:var(--accent)}main{padding-top:.6rem}}
@media (max-width:640px){body{font-size:15px}.mast .in{padding:1.7rem 1rem 1.5rem}.shell{padding:0 .75rem 3rem}.sec{padding:1.2rem .95rem 1.3rem;border-radius:10px}.facts{grid-template-columns:1fr;gap:.6rem}h2{font-size:1.45rem}}
`;
