import { documents } from './activities';
import type { StarterInput } from './messages';

/** `documents/<region>-<moment>`: issues and draws what is due in a region (DESIGN 5.2, 5.5, 5.6). */
export async function documentsRun({ region }: StarterInput): Promise<{ issued: number; drawn: number }> {
  return documents.makeDueDocuments({ region });
}
