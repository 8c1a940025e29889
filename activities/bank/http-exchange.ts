import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { BankTimeout, BankUnreachable } from './port';

/**
 * One request to the bank on a connection of its own, so that its fate is known exactly: as long as the connection did
 * not come about nothing was delivered; once it did, anything but a whole answer leaves the result unknown. A pooled
 * connection could break under a request that was never read, and nobody could tell.
 */
export interface Exchange {
  method: 'GET' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body?: string;
  timeoutMs: number;
}

export interface ExchangeResult {
  status: number;
  body: Buffer;
}

/** Longer than any answer on a full batch (50,000 payments, about 60 MB). */
const MAX_ANSWER_BYTES = 128 * 1024 * 1024;

/**
 * @throws BankUnreachable when no connection came about (refused, no such host, no route, not within the time-out).
 * @throws BankTimeout when the connection broke, or the answer did not come whole within the time-out.
 */
export function exchange(input: Exchange): Promise<ExchangeResult> {
  const { method, url, headers, body, timeoutMs } = input;
  const payload = body === undefined ? undefined : Buffer.from(body, 'utf8');
  const secure = url.protocol === 'https:';
  return new Promise((resolve, reject) => {
    let connected = false;
    const outgoing = (secure ? requestHttps : requestHttp)(url, {
      method,
      agent: false,
      headers: { ...headers, ...(payload && { 'content-length': String(payload.length) }) },
    });
    const fail = (cause: Error): void => {
      clearTimeout(timer);
      outgoing.destroy();
      const why = `${cause.message || (cause as NodeJS.ErrnoException).code || cause.name}`;
      reject(
        connected
          ? new BankTimeout(`${method} ${url.pathname}: no answer after the request was sent: ${why}`, { cause })
          : new BankUnreachable(`${method} ${url.pathname}: no connection: ${why}`, { cause }),
      );
    };
    const timer = setTimeout(() => fail(new Error(`not within ${timeoutMs} ms`)), timeoutMs);
    // The first byte of a request leaves only after this event.
    outgoing.on('socket', (socket) => socket.once(secure ? 'secureConnect' : 'connect', () => (connected = true)));
    outgoing.on('error', fail);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > MAX_ANSWER_BYTES) fail(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('end', () => {
        if (!response.complete) return fail(new Error('the answer was cut'));
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) });
      });
    });
    outgoing.end(payload);
  });
}
