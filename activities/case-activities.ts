import { addAlert, closeCase, publishCase } from '../db/cases';
import type { ActivityDependencies } from './dependencies';
import type { CaseActivities } from './types';

export function createCaseActivities({ db }: ActivityDependencies): CaseActivities {
  return {
    publishCase: (input) => publishCase(db, input),
    raiseAlert: ({ caseId, at, kind, detail }) => addAlert(db, { caseId, kind, on: at.date, detail }),
    closeCase: (input) => closeCase(db, input),
  };
}
