/** The preflight of a deployment: the same for the question of a person and for the pipeline itself. */
import { VerdictView } from '@aws-deployer/platform/contracts/deployments';
import type { CheckView, DiffView, PreflightView } from '@aws-deployer/platform/contracts/preflight';
import { AppError } from '@aws-deployer/platform/errors/app-error';
import { instant } from '@aws-deployer/platform/runtime/clock';
import { failed, isOk, passed, untold, warned, type Check } from '../preflight/check.js';
import { runPreflight } from '../preflight/preflight.js';
import { markedBad } from '../releases/refusals.js';
import { badReleaseOfImage, liveSpecs } from '../releases/release-store.js';
import { applicationLabels } from './manifests/identity.js';
import { planRelease, type Plan } from './planned-release.js';
import { checkRequest } from './steps/validate.js';

/** A person waits for at most two seconds; the pipeline has more patience. */
export const ASKED_BUDGET_MS = 1_800;
export const PIPELINE_BUDGET_MS = 10_000;

/** Throws the signal's reason when it aborts, and what is our own fault. */
export async function preflightOf(plan: Plan, budgetMs: number, signal: AbortSignal): Promise<PreflightView> {
  const { deployment, parts } = plan;
  const began = performance.now();
  const now = parts.clock.now();
  const answer = (checks: readonly Check[], diff: DiffView | null): PreflightView => ({
    ok: isOk(checks),
    checks: [...checks],
    diff,
    duration_ms: Math.round(performance.now() - began),
  });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(budgetMs)]);
  const first: Check[] = [];
  try {
    if (deployment.rollbackOf === null) first.push(...(await requestChecks(plan, limit)));
    first.push(...(await routeChecks(plan)));
    const { manifests, images } = await planRelease(plan, limit);
    const { checks, objects } = await runPreflight(
      {
        cluster: parts.cluster,
        manifests,
        namespace: deployment.namespace,
        owner: applicationLabels(deployment),
        consent: { recreate: deployment.spec.recreate, adopt: deployment.spec.adopt },
        place: { embedded: parts.cluster.embedded, runsContainers: parts.runsContainers },
        images: images.then(async (answers) => {
          for (const one of answers)
            if (one.outcome === 'found') first.push(...(await imageHistory(plan, one.facts.digest)));
          return answers;
        }),
        now,
      },
      limit,
      signal,
    );
    // The same route may be told of by the cluster and by our own books.
    const known = new Set(first.map(({ code, state }) => `${state} ${code}`));
    const others = checks.filter(({ code, state }) => code !== 'route_taken' || !known.has(`${state} ${code}`));
    const toCome = manifestsToCome(deployment.spec.source.type, deployment.rollbackOf);
    const diff = objects && { at: instant(now), basis: toCome, objects: [...objects] };
    return answer([...first, ...others], diff);
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) return answer([...first, untold('request', 'The checks did not end in time')], null);
    if (!(error instanceof AppError) || error.kind === 'internal') throw error;
    return answer([...first, ofError(error)], null);
  }
}

const manifestsToCome = (source: string, rollbackOf: string | null): DiffView['basis'] =>
  source === 'image' || rollbackOf !== null ? 'rollout' : 'before_build';

async function requestChecks(plan: Plan, signal: AbortSignal): Promise<readonly Check[]> {
  const warnings: string[] = [];
  await checkRequest({ ...plan, log: (_stream, text) => warnings.push(text) }, signal);
  return [passed('request', ['The request is in order.', ...warnings].join(' '))];
}

/** A host and path lead to one application only: what our own books say, whatever the cluster shows. */
async function routeChecks({ deployment, parts }: Plan): Promise<readonly Check[]> {
  const { route } = deployment.spec.workload;
  if (route === undefined) return [];
  const other = (await liveSpecs(parts.database.db)).find(
    ({ application, environment, spec }) =>
      (application !== deployment.application || environment !== deployment.environment) &&
      spec.workload.route?.host === route.host &&
      spec.workload.route.path === route.path,
  );
  return other === undefined
    ? []
    : [
        failed('route', {
          code: 'route_taken',
          fault: 'release',
          object: 'workload.route',
          message: `${route.host}${route.path} already leads to ${other.application} in ${other.environment}`,
          mend: 'Choose another host or path',
        }),
      ];
}

/** What the books say of an image: it was marked bad, or failed in this place for a fault of its own. */
async function imageHistory(plan: Plan, digest: string): Promise<readonly Check[]> {
  return [...(await badImage(plan, digest)), ...(await failedBefore(plan, digest))];
}

async function failedBefore({ deployment, parts }: Plan, digest: string): Promise<readonly Check[]> {
  const last = await parts.database.db
    .selectFrom('deployments')
    .select(['id', 'state', 'failed_state', 'verdict', 'ended_at'])
    .where('application', '=', deployment.application)
    .where('environment', '=', deployment.environment)
    .where('image_digest', '=', digest)
    .where('ended_at', 'is not', null)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst();
  const verdict = last?.verdict ? VerdictView.parse(JSON.parse(last.verdict)) : undefined;
  if (last === undefined || last.failed_state === null || verdict?.fault !== 'release') return [];
  return [
    warned('image', {
      code: 'failed_before',
      fault: 'release',
      object: digest.slice(0, 19),
      message: `The same image failed here at ${last.ended_at ?? ''}: ${verdict.reason}`,
      mend: `See deployment ${last.id}; deploy another version, unless its settings were the cause`,
      evidence: [verdict.code],
    }),
  ];
}

async function badImage({ deployment, parts }: Plan, digest: string): Promise<readonly Check[]> {
  if (deployment.spec.accept_bad_release || deployment.rollbackOf !== null) return [];
  const bad = await badReleaseOfImage(parts.database.db, deployment.applicationId, digest);
  return bad?.bad ? [ofError(markedBad(bad, bad.bad), 'image')] : [];
}

/** What could not even be planned, or was refused for itself. */
export const ofError = (error: AppError, name: 'request' | 'image' = 'request'): CheckView => {
  const [field] = error.fields;
  if (error.kind === 'unavailable') return untold(name, error.message, error.code, field?.field ?? null);
  return failed(name, {
    code: error.code,
    fault: error.kind === 'forbidden' ? 'platform' : 'release',
    object: field?.field ?? null,
    message: error.message,
    mend: field?.mend ?? '',
  });
};
