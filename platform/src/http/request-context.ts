import { randomUUID } from 'node:crypto';
import type { Request } from 'express';
import { newId } from '../database/ids.js';

/** W3C trace context and request id of one request: taken over from the caller where they are well formed. */
export interface RequestContext {
  readonly requestId: string;
  readonly traceId: string;
  /** Of this request's own span, and of the caller's. */
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly startedAt: Date;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;

export function requestContext(request: Request): RequestContext {
  const [, known, caller] = TRACEPARENT.exec(request.get('traceparent') ?? '') ?? [];
  const traced = known !== undefined && !/^0+$/.test(known);
  const traceId = traced ? known : randomHex();
  const asked = request.get('x-request-id');
  return {
    requestId: asked !== undefined && /^[\w.-]{8,100}$/.test(asked) ? asked : newId(),
    traceId,
    spanId: randomHex().slice(0, 16),
    parentSpanId: traced ? caller : undefined,
    ip: request.ip?.replace(/^::ffff:/, '') ?? null,
    userAgent: request.get('user-agent') ?? null,
    startedAt: new Date(),
  };
}

/** 32 digits from node's pool of random bytes: `randomBytes` would ask the system each time. */
const randomHex = (): string => randomUUID().replaceAll('-', '');
