import type { TimelineRow } from '../../summary';
import { count } from '../amounts';
import { foldedWhenLong, table, tag, type ReportSection } from '../components';
import { readEvent, type EventRole, type ReadEvent } from '../events';
import { html, type Content, type Html } from '../html';
import { both, caseLabel, eventLabel, label, LEVELS } from '../labels';
import type { RegionView } from '../model';
import { readable } from '../prose';

/** Steps of one case shown in a story; a case of thousands of payments is told by its first ones and a number. */
const STEPS_SHOWN = 30;

interface Step extends ReadEvent {
  row: TimelineRow;
}

/** The steps of each case in the timeline's order, cases in the order in which they begin. */
function stepsByCase(view: RegionView): Map<string, Step[]> {
  const cases = new Map<string, Step[]>();
  for (const row of view.input.timeline) {
    const steps = cases.get(row.case);
    const step = { row, ...readEvent(row) };
    if (steps) steps.push(step);
    else cases.set(row.case, [step]);
  }
  return cases;
}

function caseHead(id: string): Html {
  return html`${both(caseLabel(id))} <span class="code">${id}</span>`;
}

function troubled(steps: readonly Step[]): boolean {
  return steps.some((step) => step.role === 'operator' || step.role === 'bank-trouble');
}

function stepItem({ row, role }: Step, names: Readonly<Record<string, string>>): Html {
  const tone = role === 'bank-trouble' ? 'bad' : role === 'operator' ? 'warn' : role === 'paid' ? 'good' : 'calm';
  return html`<li class="${tone}">
    <span class="when"><time datetime="${row.date}">${row.date}</time> ${row.time}</span
    ><span
      ><b>${both(eventLabel(row.event))}</b> <span class="by">${row.actor}</span
      ><span class="what">${readable(row.detail, names)}</span></span
    >
  </li>`;
}

/** What went wrong, what people did about it, and what the bank booked after that: not what was booked beside it. */
function telling(steps: readonly Step[]): Step[] {
  let waiting = false;
  return steps.filter(({ role, row }) => {
    if (role === 'operator' || row.event === 'bank-unanswered') waiting = true;
    return role === 'operator' || role === 'bank-trouble' || (role === 'paid' && waiting);
  });
}

export const operatorSection: ReportSection = {
  id: 'operator',
  title: label('经人工处理的支付', 'Payments that needed an operator'),
  applies: (view) => [...stepsByCase(view).values()].some(troubled),
  render: (view) => {
    const cases = [...stepsByCase(view)].filter(([, steps]) => troubled(steps));
    return html`<div class="stories">
      ${cases.map(([id, steps]) => {
        const story = telling(steps);
        const rest = story.length - STEPS_SHOWN;
        return html`<article class="story">
          <h4>${caseHead(id)}</h4>
          <ol class="steps">
            ${story.slice(0, STEPS_SHOWN).map((step) => stepItem(step, view.input.names))}
          </ol>
          ${rest > 0 && html`<p class="hint">另有 ${count(rest)} 条，见 timeline.csv。</p>`}
        </article>`;
      })}
    </div>`;
  },
};

/** The reason given with a decision, without the level and the request that stand before it. */
function reasonOf({ row, level }: Step): string {
  const text = level === undefined ? row.detail : row.detail.replace(level, '');
  return text.replace(/^\s*of \S+/, '').replace(/^[\s:]+/, '');
}

function decisions(steps: readonly Step[], level: string | undefined, ...roles: EventRole[]): Content {
  const found = steps.filter((step) => roles.includes(step.role) && (level === undefined || step.level === level));
  if (found.length === 0) return html`<span class="zero">—</span>`;
  return found.slice(0, STEPS_SHOWN).map((step) => {
    const { row, role } = step;
    const bad = role === 'rejected' || role === 'refused';
    const word = role === 'rejected' ? label('驳回', 'Rejected') : label('拒绝', 'Refused');
    return html`<span class="decision${bad ? ' bad' : ''}"
      ><time datetime="${row.date}">${row.date}</time>${bad && html` ${tag('bad', word)}`}<span class="by"
        >${row.actor}</span
      >${bad && html`<span class="what">${reasonOf(step)}</span>`}</span
    >`;
  });
}

function hasApproval(steps: readonly Step[]): boolean {
  return steps.some((step) => step.level !== undefined && (step.role === 'approved' || step.role === 'rejected'));
}

export const approvalsSection: ReportSection = {
  id: 'approvals',
  title: label('四级审批', 'Approvals'),
  applies: (view) => [...stepsByCase(view).values()].some(hasApproval),
  render: (view) => {
    const cases = [...stepsByCase(view)].filter(([, steps]) => hasApproval(steps));
    const rejected = cases.filter(([, steps]) => steps.some((step) => step.role === 'rejected')).length;
    const name = label('每一案的审批', 'Approvals case by case');
    return html`<p class="lead">
        ${count(cases.length)}
        案经审批，${rejected === 0 ? '无驳回。' : html`其中 ${count(rejected)} 案曾被驳回，重新编制后再审。`}
      </p>
      ${foldedWhenLong(
        cases.length,
        name,
        table({
          caption: name,
          className: 'wide approvals',
          columns: [
            { label: label('案', 'Case') },
            ...Object.values(LEVELS).map((level) => ({ label: level })),
            { label: label('出纳拨付', 'Cashier') },
          ],
          rows: cases.map(([id, steps]) => [
            caseHead(id),
            ...Object.keys(LEVELS).map((level) => decisions(steps, level, 'approved', 'rejected', 'refused')),
            decisions(steps, undefined, 'released'),
          ]),
        }),
      )}`;
  },
};
