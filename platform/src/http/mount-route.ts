import { json, type Application, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import type { Histogram } from 'prom-client';
import type { RateLimiterMemory } from 'rate-limiter-flexible';
import { z } from 'zod';
import type { Principal } from '../auth/principal.js';
import type { PrincipalResolver } from '../auth/principal-resolver.js';
import type { ServiceTokens } from '../auth/service-token.js';
import { AppError } from '../errors/app-error.js';
import type { Logger } from '../observability/logger.js';
import { inTrace } from '../observability/trace-context.js';
import type { Tracing } from '../observability/tracing.js';
import { wasRecorded, type Origin } from '../outbox/outbox.js';
import { authorise, cookiesOf } from './authenticate.js';
import type { Route, RouteResult } from './define-route.js';
import { answerLost, idempotencyId, sha256, type CarriedOut, type IdempotencyKeys } from './idempotency.js';
import { asAppError, invalidInput, problemOf } from './problem.js';
import { onlyFields, recordableBody } from './refused-body.js';
import { rawBytes } from './raw-bytes.js';
import type { RequestLog } from './request-log.js';
import { sendResult } from './send-result.js';
import { requestContext, type RequestContext } from './request-context.js';

export interface RouteDependencies {
  readonly service: string;
  readonly principals: PrincipalResolver;
  readonly tokens: ServiceTokens;
  readonly idempotency: IdempotencyKeys;
  readonly requestLog: RequestLog;
  readonly limiter: RateLimiterMemory;
  readonly duration: Histogram<'service' | 'method' | 'route' | 'status'>;
  readonly tracing: Tracing;
  readonly log: Logger;
  /** Aborted when the service stops: streams end, clients come back to another replica. */
  readonly stopping: AbortSignal;
  /** Something may have been recorded: the relay looks at once. */
  readonly recorded: () => void;
}

const DEFAULT_BODY_LIMIT = 1_048_576;
const NONE = z.unknown();
/** One for all: an exception of its own for each request's end costs a stack trace that nobody reads. */
const LEFT = new DOMException('The client has left', 'AbortError');

/** Puts one route on the app: context, who, body, schema, idempotency, handler, answer; and the log of what was refused. */
export function mountRoute(app: Application, route: Route, dependencies: RouteDependencies): void {
  const parser: RequestHandler = json({
    limit: route.bodyLimit ?? DEFAULT_BODY_LIMIT,
    type: () => true,
    strict: false,
  });
  app[route.method](route.path, (request: Request, response: Response, next: NextFunction) => {
    const context = requestContext(request);
    const call = new RouteCall(route, dependencies, request, response, parser, context);
    inTrace(context, () => call.run()).catch(next);
  });
}

class RouteCall {
  #caller: Principal | null = null;
  readonly #left = new AbortController();
  /** Of a body that was refused: what the log may keep of it. */
  #recordable: { readonly body: unknown } | undefined;

  constructor(
    private readonly route: Route,
    private readonly dependencies: RouteDependencies,
    private readonly request: Request,
    private readonly response: Response,
    private readonly parser: RequestHandler,
    private readonly context: RequestContext,
  ) {}

  async run(): Promise<void> {
    const { route, response, dependencies } = this;
    const { requestId } = this.context;
    response.set('x-request-id', requestId);
    response.once('close', () => {
      this.#left.abort(LEFT);
      this.#observe(new Date());
    });
    try {
      await this.#answer();
    } catch (thrown) {
      if (response.headersSent) {
        dependencies.log.warn('a stream broke off', { route: route.path, requestId, error: thrown });
        response.destroy();
        return;
      }
      const error = asAppError(thrown);
      await this.#log(error, thrown);
      dependencies.recorded();
      if (error.retryAfterSeconds !== undefined) response.set('retry-after', String(error.retryAfterSeconds));
      const problem = problemOf(error, requestId);
      response.status(problem.status).type('application/problem+json').send(JSON.stringify(problem));
    }
  }

  #observe(endedAt: Date): void {
    const { route, response, dependencies } = this;
    const { traceId, spanId, parentSpanId, startedAt } = this.context;
    const method = route.method.toUpperCase();
    const status = response.statusCode;
    dependencies.duration.observe(
      { service: dependencies.service, method, route: route.path, status },
      (endedAt.getTime() - startedAt.getTime()) / 1000,
    );
    if (Object.values(route.responses).includes('sse')) return; // lasts as long as somebody looks: says nothing of our work
    dependencies.tracing.record({
      name: `${method} ${route.path}`,
      kind: 'server',
      traceId,
      spanId,
      parentSpanId,
      startedAt,
      endedAt,
      failure: status >= 500 ? `answered ${String(status)}` : undefined,
      attributes: { 'http.request.method': method, 'http.route': route.path, 'http.response.status_code': status },
    });
  }

  async #answer(): Promise<void> {
    const { route, request, dependencies } = this;
    this.#caller = await authorise(request, route, dependencies.principals, dependencies.tokens).catch(
      (error: unknown) => {
        if (error instanceof AppError && 'principal' in error) this.#caller = error.principal as Principal; // known, but not permitted
        throw error;
      },
    );
    await this.#limit();
    const body = await this.#body();
    const input = {
      params: this.#check('params', route.params ?? NONE, request.params),
      query: this.#check('query', route.query ?? NONE, { ...request.query }),
      body,
    };
    const claim = await this.#claim(body);
    if (claim === 'replayed') return;
    const origin: Origin = {
      ...this.#origin(),
      ...(claim && route.action ? { idempotency: { id: claim.id, actionType: route.action.type } } : {}),
    };
    try {
      const result = await route.handler({
        ...input,
        raw: rawBytes(this.request, this.route.bodyLimit ?? DEFAULT_BODY_LIMIT),
        principal: this.#caller as Principal,
        caller: this.#caller,
        origin,
        requestId: this.context.requestId,
        signal: AbortSignal.any([this.#left.signal, dependencies.stopping]),
        header: (name) => request.get(name),
        cookies: cookiesOf(request),
      });
      if (route.action !== undefined && !wasRecorded(origin))
        await dependencies.requestLog.unchanged(origin, { ...route.action, target: this.#target() }, body);
      if (claim && 'status' in result && !('text' in result))
        await dependencies.idempotency.keep(claim.id, {
          status: result.status,
          body: result.body,
          headers: result.headers ?? {},
        });
      else if (claim) await dependencies.idempotency.release(claim.id);
      if (wasRecorded(origin)) dependencies.recorded();
      await this.#send(result);
    } catch (error) {
      if (claim) await dependencies.idempotency.release(claim.id);
      throw error;
    }
  }

  /** The first path parameter: what the request is about. */
  #target(): string | undefined {
    return Object.values(this.request.params).find((value) => typeof value === 'string');
  }

  #origin(): Origin {
    const { traceId, ip, userAgent, startedAt } = this.context;
    return {
      principal: this.#caller,
      service: this.dependencies.service,
      endpoint: `${this.route.method.toUpperCase()} ${this.route.path}`,
      ip,
      userAgent,
      traceId,
      startedAt,
    };
  }

  async #limit(): Promise<void> {
    if (this.#caller?.kind === 'service') return;
    const key = this.#caller?.userId ?? this.context.ip ?? 'unknown';
    await this.dependencies.limiter.consume(key).catch((refused: unknown) => {
      const wait =
        typeof refused === 'object' && refused !== null && 'msBeforeNext' in refused
          ? Math.ceil(Number(refused.msBeforeNext) / 1000)
          : 60;
      throw new AppError('rate_limited', 'rate_limited', `Too many requests: wait ${wait} s`, {
        retryAfterSeconds: wait,
      });
    });
  }

  async #body(): Promise<unknown> {
    const { route, request, response } = this;
    if (route.body === undefined) return undefined;
    const type = request.get('content-type');
    const hasBody = request.get('transfer-encoding') !== undefined || Number(request.get('content-length') ?? 0) > 0;
    if (hasBody && (type === undefined || !/^application\/([\w.+-]+\+)?json\b/i.test(type)))
      throw new AppError(
        'unsupported_media',
        'json_expected',
        `The body must be JSON, not ${type ?? 'without a type'}`,
        {
          fields: [
            {
              field: 'Content-Type',
              message: 'must be application/json',
              mend: 'send the header Content-Type: application/json',
            },
          ],
        },
      );
    await new Promise<void>((resolve, reject) =>
      this.parser(request, response, (error?: unknown) => (error instanceof Error ? reject(error) : resolve())),
    );
    return this.#check('body', route.body, request.body ?? {});
  }

  #check(where: 'body' | 'query' | 'params', schema: z.ZodType, value: unknown): unknown {
    const parsed = schema.safeParse(value, { reportInput: true });
    if (parsed.success) return parsed.data;
    if (where === 'body') this.#recordable = { body: recordableBody(value, parsed.error) };
    throw invalidInput(where, parsed.error);
  }

  /** The row's id when this call is the first with its key; `replayed` when the first answer was sent again. */
  async #claim(body: unknown): Promise<{ readonly id: string } | 'replayed' | undefined> {
    const { route, request, response, dependencies } = this;
    const key = request.get('idempotency-key');
    const honoured = route.idempotent ?? (route.method === 'post' && route.action !== undefined);
    if (key === undefined || !honoured || this.#caller === null) return undefined;
    const id = idempotencyId(this.#caller.userId, `${route.method} ${request.path}`, key);
    const kept = await dependencies.idempotency.claim(id, sha256(JSON.stringify([key, body, request.query])));
    if (kept === undefined) return { id };
    response.set('idempotency-replayed', 'true');
    const again = 'target' in kept ? await this.route.answerAgain?.(kept.target) : kept;
    if (again === undefined) throw answerLost(kept as CarriedOut);
    await this.#send(again);
    return 'replayed';
  }

  #send(result: RouteResult): Promise<void> {
    const { request, response, dependencies } = this;
    return sendResult(result, { request, response, left: this.#left.signal, stopping: dependencies.stopping });
  }

  async #log(error: AppError, thrown: unknown): Promise<void> {
    const { route, request, dependencies } = this;
    const fields = {
      route: route.path,
      method: route.method,
      status: problemOf(error, '').status,
      code: error.code,
      requestId: this.context.requestId,
    };

    if (error.kind === 'internal') dependencies.log.error('a request failed', { ...fields, error: thrown });
    else dependencies.log.info('a request was refused', { ...fields, detail: error.message });
    const denied = error.kind === 'unauthenticated' || error.kind === 'forbidden';
    if (route.access === 'internal' || (route.action === undefined && !denied)) return;
    await dependencies.requestLog
      .refused(
        this.#origin(),
        { type: route.action?.type ?? 'access.denied', targetType: route.action?.targetType, target: this.#target() },
        error,
        onlyFields(this.#recordable ? this.#recordable.body : (request.body ?? null), route.recordable),
      )
      .catch((problem: unknown) => dependencies.log.error('a refusal could not be recorded', { ...fields, problem }));
  }
}
