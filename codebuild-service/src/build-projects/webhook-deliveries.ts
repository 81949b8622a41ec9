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
import { insertedIfAbsent } from '@aws-deployer/platform/database/insert-if-absent';
import { inTransaction, type Database } from '@aws-deployer/platform/database/open-database';
import { AppError, invalidField } from '@aws-deployer/platform/errors/app-error';
import { recordAction, type Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import type { CodebuildSchema } from '../schema.js';
import { projectFromRow, type BuildProject } from './build-project.js';
import { webhookSecretPlace } from './build-project-service.js';
import { readDelivery } from './delivery-event.js';
import { deliveryId, isSigned, type HeaderOf } from './delivery-signature.js';
import type { WebhookEvent } from './webhook-event.js';
import { filterEvent } from './webhook-filter.js';

export interface BuildStarter {
  start(
    project: BuildProject,
    body: z.output<typeof StartBuildBody>,
    how: { readonly trigger: 'webhook' },
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

/** A build that is not there after this time was begun by a process that died: the delivery may begin it again. */
const START_WITHIN_MS = 60_000;
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
    const by = signedBy(origin, event);
    return this.#once(project, deliveryId(header), { reason: answer.reason, origin, by }, () =>
      this.parts.builds.start(project, startBody(event), { trigger: 'webhook' }, by),
    );
  }

  /** Starts the build of a delivery that has none yet. */
  async #once(
    project: BuildProject,
    delivery: string | undefined,
    { reason, origin, by }: { readonly reason: string; readonly origin: Origin; readonly by: Origin },
    start: () => Promise<BuildView>,
  ): Promise<WebhookAnswer> {
    if (delivery === undefined)
      throw invalidField(
        'X-GitHub-Delivery',
        'is missing',
        'send the id of the delivery, as GitHub does',
        'no_delivery',
      );
    const { db } = this.parts.database;
    const key = { project_id: project.id, delivery };
    const of = db
      .selectFrom('webhook_deliveries')
      .where('project_id', '=', project.id)
      .where('delivery', '=', delivery);
    const now = this.parts.clock.now();
    await db
      .deleteFrom('webhook_deliveries')
      .where((where) =>
        where.or([
          where('created_at', '<', instant(new Date(now.getTime() - KEPT_MS))),
          where.and([
            where('build_id', 'is', null),
            where('created_at', '<', instant(new Date(now.getTime() - START_WITHIN_MS))),
          ]),
        ]),
      )
      .execute();
    const mine = await insertedIfAbsent(
      db.insertInto('webhook_deliveries').values({ ...key, build_id: null, created_at: instant(now) }),
    );
    if (!mine) {
      const there = await of
        .leftJoin('builds', 'builds.id', 'webhook_deliveries.build_id')
        .select(['webhook_deliveries.build_id', 'builds.number'])
        .executeTakeFirst();
      const number = there?.number == null ? null : Number(there.number);
      return { build_id: there?.build_id ?? null, build_number: number, reason: 'this delivery came before' };
    }
    try {
      const build = await start();
      await inTransaction(this.parts.database, async (trx) => {
        await trx
          .updateTable('webhook_deliveries')
          .set({ build_id: build.id })
          .where('project_id', '=', project.id)
          .where('delivery', '=', delivery)
          .execute();
        await recordAction(trx, origin, {
          type: 'build_project.webhook',
          targetType: 'build_project',
          target: project.name,
          after: { build: build.number, delivery, reason },
          ...(by.principal === null ? {} : { userId: by.principal.username }),
        });
      });
      return { build_id: build.id, build_number: build.number, reason };
    } catch (error) {
      await db
        .deleteFrom('webhook_deliveries')
        .where('project_id', '=', project.id)
        .where('delivery', '=', delivery)
        .where('build_id', 'is', null)
        .execute();
      throw error;
    }
  }
}

const noBuild = (reason: string): WebhookAnswer => ({ build_id: null, build_number: null, reason });

function reasonAgainst({ fromFork, commit, repository }: WebhookEvent): string | undefined {
  if (fromFork) return `the change lies in a fork of ${repository}: build it by hand once somebody has read it`;
  if (commit === null) return 'the delivery names no commit';
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
