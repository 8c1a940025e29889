import { createBreachActivities } from './breach/breach';
import { createMonitoringActivities } from './breach/monitoring';
import { createCaseActivities } from './case-activities';
import { refusingActivities, type ActivityDependencies } from './dependencies';
import { createDocumentActivities } from './documents/activities';
import { createEnterpriseActivities } from './enterprise/enterprise';
import { createFundActivities } from './fund';
import { createApprovalActivities } from './payments/approvals';
import { createBankActivities } from './payments/bank-exchange';
import { createOperatorActivities } from './payments/operator-actions';
import { createDisbursementActivities } from './prepayment/disbursement';
import { createReturnActivities } from './prepayment/returns';
import { createStarterActivities } from './start-due-cases';
import type { Activities } from './types';
import { createHeldActivities } from './window/held';
import { createWindowActivities } from './window/window';

/** Everything the workflows may ask for, bound to what it works on. */
export function createActivities(dependencies: ActivityDependencies): Activities {
  return refusingActivities<Activities>(
    {
      ...createCaseActivities(dependencies),
      ...createApprovalActivities(dependencies),
      ...createOperatorActivities(dependencies),
      ...createBankActivities(dependencies),
      ...createDisbursementActivities(dependencies),
      ...createReturnActivities(dependencies),
      ...createWindowActivities(dependencies),
      ...createHeldActivities(dependencies),
      ...createMonitoringActivities(dependencies),
      ...createBreachActivities(dependencies),
      ...createEnterpriseActivities(dependencies),
      ...createFundActivities(dependencies),
      ...createDocumentActivities(dependencies),
      ...createStarterActivities(dependencies),
    },
    dependencies,
  );
}
