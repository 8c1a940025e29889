import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { BusinessMoment } from '../../../domain/business-time';
import type { PlainDate } from '../../../domain/plain-date';
import { Refusal } from '../../../domain/refusal';
import { withoutNeverReceived } from '../answers';
import { hashText } from '../ids';
import { writeCamt060 } from '../iso20022/camt060';
import type { StatusReport } from '../iso20022/pain002';
import { formatMoment } from '../iso20022/values';
import type { BankTransport } from '../iso-bank';
import { createIsoBank } from '../iso-bank';
import type { Bank, BankStatement, MessageLimits, PaymentBatch, PaymentQuestion } from '../port';
import { BankTimeout, BankUnreachable } from '../port';
import type { Correspondence, Seen } from './correspondence';
import { answersOf, collect, readFolder, reportsOn } from './correspondence';
import { foldersOf } from './incoming';
import type { InboxFile } from './inbox';
import { createInbox } from './inbox';
import type { Mailbox } from './mailbox';
import {
  camt060File,
  codeOf,
  dayFolder,
  exists,
  mailboxIn,
  messageFolder,
  pacs028File,
  pain001File,
  publish,
  withdrawPartial,
} from './mailbox';
import { keepQuestion, keepSent } from './register';
import { findStatement } from './statements';

export interface DirectoryBankOptions {
  /** Has `outbox` and `inbox`; `archive` and `rejected` are made where they are missing. */
  directory: string;
  /** How long an answer is waited for before it is called unknown. */
  timeoutMs: number;
  /** How long a file that cannot be read may have been left alone before it is rejected. */
  quietMs?: number;
  limits?: MessageLimits;
  log: Logger;
}

const QUIET_MS = 60_000;
const LOOK_AGAIN_MS = 100;

/**
 * The bank over directories, in the same messages as over HTTP. A file in the outbox is delivered when the bank takes it away;
 * what comes back is found in the inbox, whenever it comes. See {@link Bank} for what its errors mean.
 */
export function createDirectoryBank(options: DirectoryBankOptions): Bank {
  const { timeoutMs, log, quietMs = QUIET_MS } = options;
  const box = mailboxIn(options.directory);
  const inbox = createInbox(box, { quietMs, log });
  /** By archive folder: the files of the inbox that the last answer was made of. */
  const answered = new Map<string, InboxFile[]>();

  async function within<Result>(look: () => Promise<Result | undefined>): Promise<Result | undefined> {
    const deadline = performance.now() + timeoutMs;
    for (;;) {
      const result = await look();
      if (result !== undefined || performance.now() > deadline) return result;
      await pause(LOOK_AGAIN_MS);
    }
  }

  /** An answer of the bank after sending is one that says more than that it never received anything. */
  function firstReports({ reports }: Correspondence): StatusReport[] {
    return reports.flatMap((report) => withoutNeverReceived(report) ?? []);
  }

  async function deliver(batch: PaymentBatch, message: string): Promise<StatusReport[] | undefined> {
    const { messageId, instructions } = batch;
    await checkDisk(box);
    await keepSent(box, messageId, message);
    const told = await collect(box, inbox, messageId, instructions, new Map());
    const earlier = firstReports(told);
    if (earlier.length > 0) return earlier;
    // What was said before this delivery says nothing of it.
    for (const file of told.files) await inbox.putAway(file, messageFolder(messageId));
    await publish(box.outbox, pain001File(messageId), message);
    return undefined;
  }

  async function firstAnswer({ messageId, instructions }: PaymentBatch): Promise<StatusReport[] | undefined> {
    const read: Seen = new Map();
    return within(async () => {
      const told = await collect(box, inbox, messageId, instructions, read);
      if (told.rejected.length > 0) throw new Error(describe(told));
      const reports = firstReports(told);
      if (reports.length === 0) return undefined;
      answered.set(messageFolder(messageId), told.files);
      return reports;
    });
  }

  async function answerTo(question: PaymentQuestion, message: string): Promise<Correspondence> {
    const { messageId, payments } = question;
    const folder = messageFolder(messageId);
    const read: Seen = new Map();
    await checkDisk(box);
    const listen = async (): Promise<Correspondence> => {
      const told = await collect(box, inbox, messageId, payments, read);
      if (told.rejected.length > 0) throw new Refusal('BankMessageInvalid', describe(told), { messageId });
      return told;
    };
    // In this order: a delivery that was cut short cannot come to its end after the look into the outbox.
    await withdrawPartial(box.outbox, pain001File(messageId));
    const isTaken = !(await exists(join(box.outbox, pain001File(messageId))));
    let told = await listen();
    const { archived } = told;
    const before = new Set(told.files.map(versionOf));
    const old = new Set((answered.get(folder) ?? []).map(versionOf));
    const hasNews = (): boolean => told.files.some((file) => !old.has(versionOf(file)));
    // A bank that has not taken the message would say that it never received it, and take it afterwards.
    if (isTaken && !(hasNews() && isFinal(told, question))) {
      await keepQuestion(box, messageId, message);
      await publish(box.outbox, pacs028File(messageId), message);
      await within(async () => {
        told = await listen();
        const isNew = (file: InboxFile): boolean => file.incoming.kind === 'report' && !before.has(versionOf(file));
        // Another worker that asks the same may have put the answer away by now.
        return told.archived > archived || told.files.some(isNew) || undefined;
      });
    }
    if (told.files.length === 0 && told.archived === archived)
      throw new BankTimeout(
        isTaken
          ? `no answer on ${messageId} in the inbox within ${timeoutMs} ms`
          : `the bank has not taken ${messageId} from the outbox yet`,
      );
    answered.set(folder, told.files);
    return told;
  }

  async function statementOf(account: string, date: PlainDate, at: BusinessMoment): Promise<BankStatement | undefined> {
    const folder = dayFolder(account, date);
    const seen: Seen = new Map();
    await checkDisk(box);
    const find = async (): Promise<BankStatement | undefined> => {
      const archived = await readFolder(box, folder, seen);
      const { files } = await inbox.scan();
      const own = files.filter(({ incoming }) => foldersOf(incoming).includes(folder));
      const found = findStatement([...archived.values(), ...own.map(({ incoming }) => incoming)], account, date, at);
      if (found) answered.set(folder, own);
      return found;
    };
    const there = await find();
    if (there) return there;
    const messageId = `A${hashText(JSON.stringify([account, date, formatMoment(at)]), 20)}`;
    await publish(box.outbox, camt060File(account, date), writeCamt060({ messageId, createdAt: at, account, date }));
    return within(find);
  }

  const transport: BankTransport = {
    async send(batch, message) {
      const earlier = await reaching(() => deliver(batch, message));
      if (earlier) return earlier;
      const { messageId } = batch;
      const reports = await firstAnswer(batch).catch((error: unknown) => {
        throw new BankTimeout(`no answer to ${messageId} can be read: ${(error as Error).message}`, { cause: error });
      });
      if (reports) return reports;
      throw new BankTimeout(`no answer to ${messageId} in the inbox within ${timeoutMs} ms`);
    },

    async ask(question, message) {
      const { reports, notifications } = await reaching(() => answerTo(question, message));
      return { reports: reportsOn(reports, question.payments), notifications };
    },

    async statement(account, date, at) {
      const statement = await reaching(() => statementOf(account, date, at));
      if (statement) return [statement];
      throw new BankTimeout(`no statement of ${date} in the inbox within ${timeoutMs} ms`);
    },

    async settled(subject) {
      const folder =
        'messageId' in subject ? messageFolder(subject.messageId) : dayFolder(subject.account, subject.date);
      for (const file of answered.get(folder) ?? []) await inbox.putAway(file, folder);
      answered.delete(folder);
    },
  };
  return createIsoBank(transport, options);
}

const versionOf = ({ name, version }: InboxFile): string => `${name} ${version}`;

function describe({ rejected }: Correspondence): string {
  return rejected.map(({ name, reason }) => `${name} was rejected: ${reason}`).join('; ');
}

const FINAL: readonly string[] = ['booked', 'returned', 'rejected', 'unknown-to-bank'];

function isFinal(told: Correspondence, { messageId, payments }: PaymentQuestion): boolean {
  return answersOf(told, messageId, payments).every(({ state }) => FINAL.includes(state));
}

/** A mount point without its disk is an empty directory, in which nothing must be made. */
async function checkDisk(box: Mailbox): Promise<void> {
  await access(box.outbox, constants.W_OK);
  await access(box.inbox, constants.R_OK);
}

/** What the file system refuses has left nothing in the outbox. */
async function reaching<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (codeOf(error) === '' || error instanceof Refusal) throw error;
    throw new BankUnreachable(`the directories of the bank cannot be used: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
