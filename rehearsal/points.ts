import { Phase } from '../domain/business-time';

/** The phase in which a case is approved and paid: the month's move at 18:00, everything else at 14:00 (DESIGN 3). */
export function payingPhase(caseKind: string): Phase {
  return caseKind === 'return' ? Phase.FundMoves : Phase.ApprovalsAndBank;
}
