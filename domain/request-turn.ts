/**
 * Whose turn it is to raise a case's next request: at most one is raised or undecided at a time, because two at once would
 * take each other's number and payments.
 */
export interface RequestTurn {
  /** A request is raised and not yet released or rejected. */
  isOpen: boolean;
  /** The next preparation has been asked for and has not begun. */
  isPreparationWanted: boolean;
  /** What raises a request at this moment. */
  raising?: 'preparation' | 'correction' | undefined;
}

/** Whether the case prepares now what it is asked to prepare. */
export function mayPrepare({ isOpen, isPreparationWanted, raising }: RequestTurn): boolean {
  return isPreparationWanted && !isOpen && !raising;
}

/** Whether an operator's correction may raise its request; a preparation that is wanted goes first. */
export function mayCorrect({ isOpen, isPreparationWanted, raising }: RequestTurn): boolean {
  return !isPreparationWanted && !isOpen && !raising;
}
