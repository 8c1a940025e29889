import { renderReport, type ReportInput } from '../../rehearsal/report';
import { emptySummary, fullReport, largeReport, regionFixture, reportFixture } from '../support/report-fixture';

/** The text of the element with this attribute, tags taken out: how a reader sees it. */
function textOf(page: string, start: string, end: string): string {
  const from = page.indexOf(start);
  if (from < 0) throw new Error(`the page has no ${start}`);
  const to = page.indexOf(end, from);
  return page
    .slice(from, to)
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ');
}

const figure = (page: string, key: string): string => textOf(page, `data-figure="${key}"`, '</dd>');

function only(change: (input: ReportInput) => void): string {
  const input = reportFixture();
  change(input);
  return renderReport(input);
}

describe('the report page', () => {
  const page = renderReport(reportFixture());

  // Added up by hand from the list in the fixture. Disbursed: 14,400,000 + 5,760,000 + 6,172,839.46 + 4,000,000 + 3,200,000
  // + 2,600,000 + 2,880,000 + 1,800,000 + 1,200,000 + 900,000 + 600,000 + 450,000 + 320,000 + 0.13.
  it.each([
    ['disbursed', '44,282,839.59'],
    ['returned', '44,096,839.59'], // without 90,000.00 of September and 96,000.00 of November, which never came
    ['moved', '44,096,839.59'],
    ['outstanding', '186,000.00'],
    ['late', '3'],
    ['late', '653,000.00'], // 320,000 + 288,000 + 45,000
    ['missing', '3'],
    ['missing', '474,000.00'], // 288,000 + 90,000 + 96,000
    ['alerts', '7'],
  ])('shows %s as %s', (key, expected) => {
    expect(figure(page, key)).toContain(` ${expected} `);
  });

  it('shows each month’s money by pool as it was added up by hand', () => {
    const march = textOf(page, '<time datetime="2026-03">2026年3月', '</tr>');
    expect(march).toContain('44,282,839.59 职工统筹 30,000,000.00 居民统筹 12,000,000.00 职工大额 2,282,839.59');
    // June: the 320,000.00 of May are moved with it, the 288,000.00 that are missing are not: both are resident money.
    const june = textOf(page, '<time datetime="2026-06">2026年6月', '</tr>');
    expect(june).toContain('4,140,283.96');
    expect(june).toContain('4,460,283.96');
    const december = textOf(page, '<time datetime="2026-12">2026年12月', '</tr>');
    expect(december).toContain('186,000.00 职工大额');
  });

  it('adds the pools of all prepayments to the totals row', () => {
    const total = textOf(textOfSection(page, 'prepayments'), '<tfoot>', '</tfoot>');
    expect(total).toContain('80,885,679.17 44,282,839.59 30,000,000.00 12,000,000.00 2,282,839.59');
  });

  it('tells of every late and missing return when it came', () => {
    const section = textOf(page, 'id="r1-exceptions"', '</section>');
    expect(section).toContain('2026-05-20 2026-05-31 11 2026-06-30');
    expect(section).toContain('2026-06-20 2026-08-10 51 2026-08-31');
    expect(section).toContain('期末仍欠');
    expect(section.match(/H650401000\d\d/g)).toHaveLength(6);
  });

  it('gives every late or missing return its sign in the row of its institution, and no other', () => {
    const section = textOfSection(page, 'institutions');
    const row = section.slice(section.indexOf('示例县第二人民医院'), section.indexOf('示例医共体总院'));
    expect(row).toMatch(/data-m="6月">\s*<b>补<\/b> 288,000\.00/);
    expect(row).toMatch(/data-m="7月">\s*<b>迟<\/b> 288,000\.00/);
    expect(row.match(/<b>✓<\/b>/g)).toHaveLength(6);
  });

  it('says in its head whether all invariants hold, and which fail', () => {
    expect(page).toContain('data-verdict="ok"');
    const broken = only(({ regions }) => {
      regions[0]!.summary.invariants[3] = { name: 'advance-outstanding', ok: false, detail: '0.01 too much' };
    });
    expect(textOf(broken, 'data-verdict="failing"', '</header>')).toContain('1 项不变量不成立');
    expect(textOf(broken, 'data-verdict="failing"', '</header>')).toContain('advance-outstanding');
    expect(broken).toContain('0.01 too much');
  });

  it('never claims that invariants hold where none was checked', () => {
    expect(only(({ regions }) => (regions[0]!.summary.invariants = []))).toContain('data-verdict="none"');
    const half = only(({ regions }) => {
      const second = regionFixture();
      second.summary.invariants = [];
      regions.push(second);
    });
    expect(half).toContain('data-verdict="none"');
    expect(half).toContain('未检查');
  });

  it('marks a provisional calendar', () => {
    expect(page).not.toContain('data-provisional');
    expect(only(({ regions }) => (regions[0]!.summary.calendar.provisional = true))).toContain('data-provisional');
  });

  it('is the same bytes for the same input', () => {
    expect(renderReport(reportFixture())).toBe(page);
  });

  it('names no address outside itself and loads nothing', () => {
    expect(page).not.toMatch(/https?:|\/\/[a-z]|@import|url\(|<link|<img|<iframe|src=/i);
    expect(page).toContain('default-src &#39;none&#39;'.replaceAll('&#39;', "'"));
  });

  it('holds several regions, each with its own anchors, and their sum', () => {
    const two = only(({ regions }) => regions.push({ ...regionFixture(), regionName: '示例二市' }));
    expect(two).toContain('id="r2-calendar"');
    expect(figure(two, 'disbursed')).toContain('88,565,679.18');
    const ids = [...two.matchAll(/ id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('leaves out what the summary has no rows for', () => {
    const bare = only(({ regions }) => {
      regions[0] = { ...regions[0]!, summary: emptySummary(), timeline: [] };
    });
    for (const id of ['institutions', 'breaches', 'prepayments', 'balances', 'timeline', 'approvals'])
      expect(bare).not.toContain(`id="r1-${id}"`);
    expect(bare).toContain('id="r1-calendar"');
    expect(page).toContain('id="r1-breaches"');
  });

  it('shows windows, payments, funds and clearings once the summary has them', () => {
    const full = renderReport(fullReport());
    for (const id of ['windows', 'payments', 'preallocations', 'funds', 'transfers', 'clearings', 'enterprises']) {
      expect(full).toContain(`id="r1-${id}"`);
      expect(page).not.toContain(`id="r1-${id}"`);
    }
    const statements = textOf(textOfSection(full, 'windows'), '<tfoot>', '</tfoot>');
    // 900,000 + 400,000; −100,000; 800,000 + 400,000; 700,000 + 400,000; 100,000; 60,000
    expect(statements).toContain('2 1,300,000.00 -100,000.00 1,200,000.00 1,100,000.00 100,000.00 60,000.00');
    const payments = textOf(textOfSection(full, 'payments'), '<tfoot>', '</tfoot>');
    expect(payments).toContain('2 400,000.00 1 笔 800,000.00 1 笔');
    expect(textOf(full, 'id="r1-d2026-06-24"', '</div>')).toContain('60,000.00');
    // Only what has arrived is in the sum.
    const transfers = textOfSection(full, 'transfers');
    expect(transfers).toContain('示例财〔2026〕8号');
    expect(textOf(transfers, '<tfoot>', '</tfoot>')).toContain('20,000.50');
  });

  it('adds up windows and funds of several regions, beside each', () => {
    const several = fullReport();
    const [first] = several.regions;
    several.regions.push({
      ...first!,
      summary: { ...first!.summary, region: '650401', preallocations: [], settlements: [] },
    });
    const all = textOf(renderReport(several), 'id="all"', 'class="region"');
    // 800,000 and 400,000 are confirmed in each, of which 800,000 have arrived; the funds are those of the first alone.
    expect(all).toContain('2,400,000.00');
    expect(all).toContain('已支付企业 Paid to enterprises 1,600,000.00');
    expect(all).toContain('已预拨 Pre-allocated 250,000.00');
    expect(all).toMatch(/合计 Total .*1,600,000\.00 250,000\.00/);
  });

  it('says what monthly funds did in words and sums, and nothing of prepayments where there are none', () => {
    const fundsAlone = fullReport();
    Object.assign(fundsAlone.regions[0]!.summary, { prepayments: [], returns: [], statements: [], payments: [] });
    const funds = renderReport(fundsAlone);
    expect(figure(funds, 'preallocated')).toContain('250,000.00');
    expect(textOfSection(funds, 'figures')).not.toContain('预付金');
    expect(textOfSection(funds, 'preallocations')).toContain('绩效评价得分不足');
    expect(textOf(textOfSection(funds, 'clearings'), '<tbody>', '</tbody>')).toMatch(/2026-Q\d 1 /);
  });

  it('lists alerts by their day', () => {
    const alerts = renderReport(fullReport()).split('id="r1-alerts"')[1]!;
    const days = [...alerts.split('</section>')[0]!.matchAll(/datetime="(\d{4}-\d\d-\d\d)"/g)].map(([, on]) => on);
    expect(days.length).toBeGreaterThan(1);
    expect(days).toEqual([...days].sort());
  });

  it('names payments by institution and pool and writes amounts with separators', () => {
    const story = textOfSection(page, 'operator');
    expect(story).toContain('示例市妇幼保健院（示例） · 职工统筹, 6,172,839.46: AC01');
    expect(textOfSection(page, 'invariants')).toContain('186,000.00 = 44,282,839.59 − 44,096,839.59');
  });

  it('shows the name of the scenario without the folder it lies in', () => {
    const named = only(({ generatedFrom }) => (generatedFrom.scenario = '/somewhere/else/scenario.yaml'));
    expect(named).toContain('scenario.yaml');
    expect(named).not.toContain('/somewhere/else');
  });

  it('escapes whatever came from a file', () => {
    const evil = '<script>alert(1)</script>"\'&';
    const hostile = only(({ regions, generatedFrom }) => {
      const region = regions[0]!;
      for (const id of Object.keys(region.names)) region.names[id] = evil;
      region.regionName = evil;
      region.summary.calendar.source = evil;
      region.summary.region = evil;
      for (const row of region.timeline)
        Object.assign(row, { actor: evil, detail: `${evil} first-review`, case: evil });
      region.summary.alerts.push({ kind: evil, case: evil, on: '2026-04-01' });
      region.summary.invariants.push({ name: evil, ok: false, detail: evil });
      region.summary.balances.push({ book: 'fund', account: `fund/${evil}`, balance: '0.01' });
      region.summary.breaches[0]!.kind = evil;
      region.calendar[0]!.name = evil;
      region.documents = { 'xinjiang-2025-50': { number: evil } };
      generatedFrom.command = evil;
      generatedFrom.scenario = evil;
      generatedFrom.webUiHint = evil;
    });
    expect(hostile).not.toContain('<script>alert');
    expect(hostile).not.toContain(`"'&<`);
    expect(hostile.match(/<script>/g)).toHaveLength(1);
    expect(hostile).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;');
  });

  it('refuses a summary with an amount that is none instead of showing a guess', () => {
    expect(() => only(({ regions }) => (regions[0]!.summary.returns[0]!.amount = 'NaN'))).toThrow(RangeError);
  });

  it('stays under 3 MB with 1,000 institutions and a whole year of returns', () => {
    const bytes = Buffer.byteLength(renderReport(largeReport(1000)));
    expect(bytes).toBeLessThan(3_000_000);
  });
});

function textOfSection(page: string, id: string): string {
  const from = page.indexOf(`id="r1-${id}"`);
  return page.slice(from, page.indexOf('</section>', from));
}
