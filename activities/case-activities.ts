import { activityInfo } from '@temporalio/activity';
import { addAlert, closeCase, publishCase } from '../db/cases';
import type { ActivityDependencies } from './dependencies';
import type { CaseActivities } from './types';

export function createCaseActivities({ db }: ActivityDependencies): CaseActivities {
  return {
    publishCase: (input) => {
      // A workflow numbers what it schedules.
      const { activityId, workflowExecution } = activityInfo();
      return publishCase(db, input, { run: workflowExecution!.runId, step: Number(activityId) });
    },
    raiseAlert: ({ caseId, at, kind, detail }) => addAlert(db, { caseId, kind, on: at.date, detail }),
    closeCase: (input) => closeCase(db, input),
  };
}
