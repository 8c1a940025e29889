import type { ReportSection } from '../components';
import { alertsSection } from './alerts';
import { balancesSection } from './balances';
import { breachesSection, enterprisesSection } from './breaches';
import { calendarSection } from './calendar';
import { exceptionsSection } from './exceptions';
import { clearingsSection, preallocationsSection, settlementsSection, transfersSection } from './funds';
import { invariantsSection } from './invariants';
import { keyFigures } from './key-figures';
import { matrixSection } from './matrix';
import { moneySection } from './money';
import { prepaymentsSection } from './prepayments';
import { approvalsSection, operatorSection } from './stories';
import { timelineSection } from './timeline';
import { windowGridSection } from './window-grid';
import { paymentsSection, windowsSection } from './windows';

/** The parts of a region's report in the order of the page. A new part is one module and one entry here. */
export const SECTIONS: readonly ReportSection[] = [
  keyFigures,
  calendarSection,
  moneySection,
  matrixSection,
  exceptionsSection,
  prepaymentsSection,
  windowsSection,
  windowGridSection,
  paymentsSection,
  preallocationsSection,
  settlementsSection,
  transfersSection,
  clearingsSection,
  breachesSection,
  enterprisesSection,
  operatorSection,
  approvalsSection,
  alertsSection,
  balancesSection,
  invariantsSection,
  timelineSection,
];
