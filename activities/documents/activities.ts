import { fromEpochMs } from '../../domain/business-time';
import type { ActivityDependencies } from '../dependencies';
import type { DocumentActivities } from '../types';
import { makeDocuments } from './make';

/** What is due by today is made; a daily schedule asks for it. */
export function createDocumentActivities(dependencies: ActivityDependencies): DocumentActivities {
  return {
    makeDueDocuments: ({ region }) => makeDocuments(dependencies, { region, upTo: fromEpochMs(Date.now()).date }),
  };
}
