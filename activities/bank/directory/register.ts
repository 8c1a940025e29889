import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Refusal } from '../../../domain/refusal';
import { readPacs028 } from '../iso20022/pacs028';
import { readPain001 } from '../iso20022/pain001';
import type { PaymentBatch } from '../port';
import type { Mailbox } from './mailbox';
import { exists, hashOf, messageFolder, optionally, pain001File, publish } from './mailbox';

/** Payments of a message as they were sent: end-to-end ids and amounts; without an amount where only a question went out. */
export type SentPayments = ReadonlyMap<string, bigint | undefined>;

/**
 * Keeps a message before anything of it is in the outbox: the archive is the register of what was sent, which the bank cannot
 * empty. Again with the same content changes nothing.
 *
 * @throws Refusal `IdempotencyConflict` when the id was kept with other content
 */
export async function keepSent(box: Mailbox, messageId: string, message: string): Promise<void> {
  const directory = join(box.archive, messageFolder(messageId));
  await mkdir(directory, { recursive: true });
  if (await publish(directory, pain001File(messageId), message)) return;
  const kept = await readFile(join(directory, pain001File(messageId)));
  if (contentOf(readPain001(kept)) !== contentOf(readPain001(message)))
    throw new Refusal('IdempotencyConflict', `message ${messageId} was sent with other content`, { messageId });
}

/** When a message was made is not what makes it the same. */
function contentOf({ requestedOn, instructions }: PaymentBatch): string {
  return JSON.stringify({ requestedOn, instructions }, (_, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}

/** Keeps a question about a message that was not sent over these directories: which payments it has, only questions say. */
export async function keepQuestion(box: Mailbox, messageId: string, question: string): Promise<void> {
  const directory = join(box.archive, messageFolder(messageId));
  if (await exists(join(directory, pain001File(messageId)))) return;
  await mkdir(directory, { recursive: true });
  await publish(directory, `pacs.028-${hashOf(Buffer.from(question))}.xml`, question);
}

/** What was sent, or asked about, under a message id; undefined where nothing ever was. */
export async function sentPayments(box: Mailbox, messageId: string): Promise<SentPayments | undefined> {
  const directory = join(box.archive, messageFolder(messageId));
  const names = (await optionally(readdir(directory))) ?? [];
  const payments = new Map<string, bigint | undefined>();
  for (const name of names.filter((each) => each.startsWith('pacs.028-')))
    for (const id of readPacs028(await readFile(join(directory, name))).endToEndIds) payments.set(id, undefined);
  if (names.includes(pain001File(messageId)))
    for (const { endToEndId, amountFen } of readPain001(await readFile(join(directory, pain001File(messageId))))
      .instructions)
      payments.set(endToEndId, amountFen);
  return payments.size === 0 ? undefined : payments;
}
