/**
 * Deliveries to the platform's own endpoint: proven by their signature, judged by the project's filters, one build for each.
 *
 * A delivery is public and may come from anybody, so an unknown project, one without a webhook and a bad signature all answer
 * alike, and nothing of the body is read before it is proven. A change that lies in a fork is not built: whoever may open a
 * pull request could otherwise run commands here.
 */
import type { z } from 'zod';
import type { WebhookAnswerView } from '@aws-deployer/platform/contracts/build-projects';
import { StartBuildBody, type BuildView } from '@aws-deployer/platform/contracts/builds';
import { newId } from '@aws-deployer/platform/database/ids';
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { isDuplicate, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import type { CodebuildSchema } from '../schema.js';
import { projectFromRow, type BuildProject } from './build-project.js';
import { webhookSecretPlace } from './build-project-service.js';
import { readDelivery } from './read-delivery.js';
import { deliveryId, isSigned, type HeaderOf } from './delivery-signature.js';
import type { WebhookEvent } from './webhook-event.js';
import { filterEvent } from './webhook-filter.js';

export interface BuildStarter {
  start(
    project: BuildProject,
    body: z.output<typeof StartBuildBody>,
    how: { readonly trigger: 'webhook'; readonly id: string },
    origin: Origin,
  ): Promise<BuildView>;
}
export interface WebhookDeliveriesParts {
  readonly database: Database<CodebuildSchema>;
  readonly box: SecretBox;
  readonly clock: Clock;
  readonly builds: BuildStarter;
}
export type WebhookAnswer = z.infer<typeof WebhookAnswerView>;

/** A server gives up sending a delivery again long before. */
const KEPT_MS = 30 * 24 * 3_600_000;

export class WebhookDeliveries {
  constructor(private readonly parts: WebhookDeliveriesParts) {}

  /** Throws unauthenticated/`webhook_refused`, invalid on a body that is no JSON. */
  async take(name: string, header: HeaderOf, body: () => Promise<Buffer>, origin: Origin): Promise<WebhookAnswer> {
    const row = await this.parts.database.db
      .selectFrom('build_projects')
      .selectAll()
      .where('name', '=', name)
      .executeTakeFirst();
    if (row?.webhook_secret == null) throw refused();
    const bytes = await body();
    if (!isSigned(header, bytes, this.parts.box.open(row.webhook_secret, webhookSecretPlace(row.id)))) throw refused();
    const project = projectFromRow(row);
    const { webhook } = project.settings;
    if (webhook === null) throw refused();
    const read = readDelivery(header, jsonOf(bytes));
    if ('nothing' in read) return noBuild(read.nothing);
    const { event } = read;
    const reason = reasonAgainst(event);
    if (reason !== undefined) return noBuild(reason);
    const answer = filterEvent(webhook, event);
    if (!answer.matched) return noBuild(answer.reason);
    const delivery = deliveryId(header);
    if (delivery === undefined) throw withoutId();
    return this.#build(project, delivery, event, answer.reason, origin);
  }

  /** The delivery's row says the id of its build before there is one: begun twice, also after a crash, it is one build. */
  async #build(
    project: BuildProject,
    delivery: string,
    event: WebhookEvent,
    reason: string,
    origin: Origin,
  ): Promise<WebhookAnswer> {
    const { database, builds, clock } = this.parts;
    const { db } = database;
    const now = clock.now();
    await db
      .deleteFrom('webhook_deliveries')
      .where('created_at', '<', instant(new Date(now.getTime() - KEPT_MS)))
      .execute();
    await insertedIfAbsent(
      db
        .insertInto('webhook_deliveries')
        .values({ project_id: project.id, delivery, build_id: newId(), created_at: instant(now) }),
    );
    const { build_id: id } = await db
      .selectFrom('webhook_deliveries')
      .select('build_id')
      .where('project_id', '=', project.id)
      .where('delivery', '=', delivery)
      .executeTakeFirstOrThrow();
    const before = await this.#numberOf(id);
    if (before !== undefined) return { build_id: id, build_number: before, reason: 'this delivery came before' };
    const by = signedBy(origin, event);
    try {
      const build = await builds.start(project, startBody(event), { trigger: 'webhook', id }, by);
      await recordAction(db, origin, {
        type: 'build_project.webhook',
        targetType: 'build_project',
        target: project.name,
        after: { build: build.number, delivery, reason },
        ...(by.principal === null ? {} : { userId: by.principal.username }),
      });
      return { build_id: id, build_number: build.number, reason };
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      return {
        build_id: id,
        build_number: (await this.#numberOf(id)) ?? null,
        reason: 'this delivery came twice at once',
      };
    }
  }

  async #numberOf(buildId: string): Promise<number | undefined> {
    const row = await this.parts.database.db
      .selectFrom('builds')
      .select('number')
      .where('id', '=', buildId)
      .executeTakeFirst();
    return row === undefined ? undefined : Number(row.number);
  }
}

const noBuild = (reason: string): WebhookAnswer => ({ build_id: null, build_number: null, reason });

function reasonAgainst({ fromFork, commit, repository }: WebhookEvent): string | undefined {
  if (fromFork) return `the change lies in a fork of ${repository}: build it by hand once somebody has read it`;
  if (commit === null || !/^[^-\s]\S{0,249}$/.test(commit)) return 'the delivery names no commit that can be built';
  return undefined;
}

function startBody(event: WebhookEvent): z.output<typeof StartBuildBody> {
  const variables = {
    CODEBUILD_WEBHOOK_TRIGGER: event.trigger,
    CODEBUILD_WEBHOOK_EVENT: event.event,
    CODEBUILD_WEBHOOK_HEAD_REF: event.headRef,
    CODEBUILD_WEBHOOK_BASE_REF: event.baseRef,
    CODEBUILD_WEBHOOK_ACTOR_ACCOUNT_ID: event.actor,
  };
  return StartBuildBody.parse({
    source_version: event.commit ?? undefined,
    variables: Object.entries(variables).flatMap(([name, value]) => (value === null ? [] : [{ name, value }])),
  });
}

/** Nobody is signed in; the books name the webhook and the account that pushed. */
const signedBy = (origin: Origin, { actor }: WebhookEvent): Origin => ({
  ...origin,
  principal: {
    userId: 'webhook',
    username: actor === null ? 'webhook' : `webhook:${actor.slice(0, 80)}`,
    tokenId: null,
  },
});

const withoutId = (): AppError =>
  invalidField('X-GitHub-Delivery', 'is missing', 'send the id of the delivery, as GitHub does', 'no_delivery');

const refused = (): AppError =>
  new AppError(
    'unauthenticated',
    'webhook_refused',
    'The delivery is not signed with the secret of a webhook of this project',
  );

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new AppError('invalid', 'malformed_json', 'The body is not JSON', {
      fields: [
        { field: 'body', message: 'is not JSON', mend: 'set the content type of the webhook to application/json' },
      ],
      cause,
    });
  }
}
