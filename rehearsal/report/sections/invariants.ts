import type { ReportSection } from '../components';
import { html } from '../html';
import { both, invariantLabel, label } from '../labels';
import { withSeparators } from '../prose';

export const invariantsSection: ReportSection = {
  id: 'invariants',
  title: label('不变量', 'Invariants'),
  applies: () => true,
  render: (view) =>
    html`<ul class="invariants">
        ${view.input.summary.invariants.map(
          ({ name, ok, detail }) =>
            html`<li class="${ok ? 'good' : 'bad'}">
              <b class="verdictmark">${ok ? '✓' : '✗'}</b>
              <div>
                <strong>${both(invariantLabel(name))}</strong>
                <span class="state">${both(ok ? label('成立', 'holds') : label('不成立', 'fails'))}</span>
                <p>${withSeparators(detail)}</p>
              </div>
            </li>`,
        )}
      </ul>
      ${view.input.summary.invariants.length === 0 && html`<p class="hint">没有检查结果。<span class="en" lang="en">Nothing was checked.</span></p>`}`,
};
