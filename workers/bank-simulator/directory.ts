import { mkdirSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import { fileName, isBeingWritten, mailboxIn, optionally, publish } from '../../activities/bank/directory/mailbox';
import { readCamt060 } from '../../activities/bank/iso20022/camt060';
import { readPacs028 } from '../../activities/bank/iso20022/pacs028';
import { readPain001 } from '../../activities/bank/iso20022/pain001';
import type { BusinessMoment } from '../../domain/business-time';
import { Refusal } from '../../domain/refusal';
import { bookings, firstReport, statement, statusReport } from './messages';
import type { BankStore } from './store';

const LOOK_AGAIN_MS = 50;
const AFTER_FAILURE_MS = 2_000;
/** Below the outbox: what the bank could not read. */
const REFUSED = 'refused';

/**
 * The made-up bank over directories, with the same books as over HTTP: it takes files from `outbox`, and puts its answers into
 * `inbox` before the file that it answers is gone, so that one which was interrupted is answered again. Its day ends with the
 * first message of a later one, and every account that moved gets its statement then. The caller ends it with the signal.
 */
export async function watchDirectory(
  root: string,
  { store, log, signal }: { store: BankStore; log: Logger; signal: AbortSignal },
): Promise<void> {
  const { outbox, inbox } = mailboxIn(root);
  for (const directory of [outbox, inbox]) mkdirSync(directory, { recursive: true });
  while (!signal.aborted) {
    let restMs = LOOK_AGAIN_MS;
    try {
      for (const name of await oldestFirst(outbox)) {
        if (signal.aborted) break;
        await take({ store, log, outbox, inbox }, name);
      }
    } catch (error) {
      log.error({ err: error }, 'the directories cannot be used');
      restMs = AFTER_FAILURE_MS;
    }
    await pause(restMs, undefined, { signal }).catch(() => undefined);
  }
}

interface Desk {
  store: BankStore;
  log: Logger;
  outbox: string;
  inbox: string;
}

async function oldestFirst(outbox: string): Promise<string[]> {
  const names = (await readdir(outbox)).filter((name) => name.endsWith('.xml') && !isBeingWritten(name));
  const times = await Promise.all(
    names.map(async (name) => ({ name, at: (await optionally(stat(join(outbox, name))))?.mtimeMs ?? 0 })),
  );
  return times.sort((a, b) => a.at - b.at || (a.name < b.name ? -1 : 1)).map(({ name }) => name);
}

async function take(desk: Desk, name: string): Promise<void> {
  const path = join(desk.outbox, name);
  const bytes = await optionally(readFile(path));
  if (!bytes) return;
  try {
    await answer(desk, name, bytes);
    await rm(path, { force: true });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    desk.log.error({ file: name, reason: error.message }, 'a file cannot be read');
    await mkdir(join(desk.outbox, REFUSED), { recursive: true });
    await optionally(rename(path, join(desk.outbox, REFUSED, name)));
  }
}

async function answer(desk: Desk, name: string, bytes: Buffer): Promise<void> {
  const { store } = desk;
  if (name.startsWith('pain.001-')) {
    const batch = readPain001(bytes);
    await endDaysBefore(desk, batch.createdAt);
    // What comes after the end of its day is booked on the day that it comes.
    await drop(desk, 'pain.002', batch.messageId, firstReport(store, batch, laterOf(batch.createdAt, store.today())));
  } else if (name.startsWith('pacs.028-')) {
    const request = readPacs028(bytes);
    await endDaysBefore(desk, request.createdAt);
    // Bookings first: whoever waits for the status finds them there.
    await drop(desk, 'camt.054', request.originalMessageId, bookings(store, request));
    await drop(desk, 'pain.002', request.originalMessageId, statusReport(store, request));
  } else {
    const { messageId, createdAt, account, date } = readCamt060(bytes);
    const asked = { account, date, inAnswerTo: messageId };
    await drop(desk, 'camt.053', `${account}-${date}`, statement(store, asked, createdAt));
  }
}

function laterOf(moment: BusinessMoment, today: string | undefined): BusinessMoment {
  return today !== undefined && today > moment.date ? { ...moment, date: today as BusinessMoment['date'] } : moment;
}

/** The statements of the days that have ended, then the new day: a bank that dies in between sends them twice. */
async function endDaysBefore(desk: Desk, { date }: BusinessMoment): Promise<void> {
  const { store } = desk;
  const today = store.today();
  if (today !== undefined && today >= date) return;
  if (today !== undefined)
    for (const moved of store.movedDays(today, date))
      await drop(
        desk,
        'camt.053',
        `${moved.account}-${moved.date}`,
        statement(store, moved, { ...moved, time: '23:59' }),
      );
  store.begin(date);
}

/** Under a name that no file in the inbox has. */
async function drop({ inbox }: Desk, kind: string, id: string, message: string | undefined): Promise<void> {
  if (message === undefined) return;
  for (let number = 1; ; number += 1)
    if (await publish(inbox, `${kind}-${fileName(id)}-${number}.xml`, message)) return;
}
