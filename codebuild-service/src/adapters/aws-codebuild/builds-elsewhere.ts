/**
 * Builds of CodeBuild that the platform did not start: of each project the newest page of ids, of those that nobody knows what
 * they are. What ended long ago is remembered, so that a look costs one short call a project when there is nothing new.
 */
import type { Build } from '@aws-sdk/client-codebuild';
import { BuildVariable } from '@aws-deployer/platform/contracts/build-projects';
import type { AwsSession } from '../../ports/aws-session.js';
import type { ElsewhereBuild, ElsewhereQuestion } from '../../ports/build-engine.js';
import type { AwsCaller } from '../aws/aws-caller.js';
import type { BuildLookup } from './build-lookup.js';
import { toObservation } from './build-observation.js';
import { awsErrorName, worded } from './codebuild-errors.js';

const PROJECTS_AT_ONCE = 4;
/** Ids of a project that are looked up in one look: the newest come first, the others with the next looks. */
const IDS_A_LOOK = 25;
const MOST_PASSED_OVER = 50_000;
/** What servers of sources call themselves when they deliver a push. */
const WEBHOOK = /hookshot|webhook|^gitlab/i;

export class BuildsElsewhere {
  readonly #passedOver = new Set<string>();

  constructor(
    private readonly aws: AwsCaller,
    private readonly lookup: BuildLookup,
  ) {}

  async find(question: ElsewhereQuestion, session: AwsSession, signal: AbortSignal): Promise<ElsewhereBuild[]> {
    const found: ElsewhereBuild[] = [];
    const waiting = question.projects.values();
    const takeTurns = async (): Promise<void> => {
      for (const project of waiting) found.push(...(await this.#ofProject(project, question, session, signal)));
    };
    await Promise.all(Array.from({ length: PROJECTS_AT_ONCE }, takeTurns));
    return found;
  }

  async #ofProject(
    project: string,
    { unknown, endedAfter }: ElsewhereQuestion,
    session: AwsSession,
    signal: AbortSignal,
  ): Promise<ElsewhereBuild[]> {
    const listed = (await this.#newestIds(project, session, signal)).filter((id) => !this.#passedOver.has(id));
    if (listed.length === 0) return [];
    const ids = (await unknown(listed)).slice(0, IDS_A_LOOK);
    const builds = await Promise.all(ids.map((id) => worded(this.lookup.find(session, id, signal), 'build')));
    return builds.flatMap((build) => {
      const ref = build?.id;
      if (build === undefined || ref === undefined) return [];
      const elsewhere = toElsewhere(ref, project, build);
      const { endedAt } = elsewhere.observation;
      if (endedAt === null || Date.parse(endedAt) >= Date.parse(endedAfter)) return [elsewhere];
      this.#passOver(ref);
      return [];
    });
  }

  /** None of a project that AWS does not have any more. */
  async #newestIds(projectName: string, session: AwsSession, signal: AbortSignal): Promise<readonly string[]> {
    const { ListBuildsForProjectCommand } = await import('@aws-sdk/client-codebuild');
    const command = new ListBuildsForProjectCommand({ projectName, sortOrder: 'DESCENDING' });
    try {
      const { ids } = await this.aws.call(
        session,
        'codebuild',
        (client, abortSignal) => client.send(command, { abortSignal }),
        { signal },
      );
      return ids ?? [];
    } catch (error) {
      if (awsErrorName(error) === 'ResourceNotFoundException') return [];
      throw error;
    }
  }

  #passOver(ref: string): void {
    this.#passedOver.add(ref);
    const [oldest] = this.#passedOver;
    if (this.#passedOver.size > MOST_PASSED_OVER && oldest !== undefined) this.#passedOver.delete(oldest);
  }
}

function toElsewhere(ref: string, project: string, build: Build): ElsewhereBuild {
  const { initiator = 'AWS', environment } = build;
  return {
    ref,
    project,
    initiator,
    byWebhook: WEBHOOK.test(initiator),
    submittedAt: build.startTime?.toISOString() ?? null,
    sourceVersion: build.sourceVersion ?? null,
    image: environment?.image ?? null,
    compute: environment?.computeType ?? null,
    privileged: environment?.privilegedMode ?? null,
    variables: (environment?.environmentVariables ?? []).flatMap(
      ({ name, value, type = 'PLAINTEXT' }) => BuildVariable.safeParse({ name, value, type }).data ?? [],
    ),
    observation: toObservation(build),
  };
}
