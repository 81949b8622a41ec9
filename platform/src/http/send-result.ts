import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request, Response } from 'express';
import type { RouteResult } from './define-route.js';
import { EventStream } from './event-stream.js';

export interface Exchange {
  readonly request: Request;
  readonly response: Response;
  /** Aborted when the client has left. */
  readonly left: AbortSignal;
  /** Aborted when the service begins to stop: streams end, clients come back to another replica. */
  readonly stopping: AbortSignal;
}

/** Answers with what a handler gave: a body, a text, a file piece by piece, or a live stream. Done when all of it is sent. */
export async function sendResult(result: RouteResult, { request, response, left, stopping }: Exchange): Promise<void> {
  if ('stream' in result) {
    const events = new EventStream(response, AbortSignal.any([left, stopping]));
    const lastEventId =
      request.get('last-event-id') ??
      (typeof request.query['last_event_id'] === 'string' ? request.query['last_event_id'] : undefined);
    try {
      await result.stream(events, lastEventId);
    } finally {
      events.close();
    }
    return;
  }
  if ('download' in result) {
    response.status(200).attachment(result.fileName).type(result.type);
    if (result.size !== undefined) response.set('content-length', String(result.size));
    await pipeline(Readable.from(result.download), response, { signal: stopping }).catch((error: unknown) => {
      if (!left.aborted) throw error; // a client may leave in the middle
    });
    return;
  }
  if ('text' in result) {
    response
      .status(result.status ?? 200)
      .set(result.headers ?? {})
      .type(result.type)
      .send(result.text);
    return;
  }
  for (const [name, value] of Object.entries(result.headers ?? {}))
    response.set(name, Array.isArray(value) ? [...(value as string[])] : (value as string));
  response.status(result.status);
  if (result.body === undefined) response.end();
  else response.type('application/json').send(JSON.stringify(result.body));
}
