/** The one task queue of the engine: every worker runs every workflow and activity. */
export const TASK_QUEUE = 'settle';
