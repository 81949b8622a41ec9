/** A build that was started in AWS, as a row: what it does otherwise than its project is read from what AWS says of it. Pure. */
import { COMPUTE_TYPES, type BuildVariable } from '@aws-deployer/platform/contracts/build-projects';
import { isBuildEnd, StartBuildBody } from '@aws-deployer/platform/contracts/builds';
import { mask, MASKED } from '@aws-deployer/platform/masking/mask';
import type { Origin } from '@aws-deployer/platform/outbox/outbox';
import { instant, type Clock } from '@aws-deployer/platform/runtime/clock';
import type { SecretBox } from '@aws-deployer/platform/sealing/secret-box';
import type { BuildProject } from '../build-projects/build-project.js';
import { STARTED_ELSEWHERE } from '../builds/build.js';
import { newBuildRow, type NewBuildRow } from '../builds/new-build-row.js';
import type { ElsewhereBuild } from '../ports/build-engine.js';

const LONGEST_NAME = 100;

/** Running, so that its end is written with its log, reports and artifacts, also where it has ended already. */
export function elsewhereRow(
  parts: { readonly box: SecretBox; readonly clock: Clock },
  build: ElsewhereBuild,
  project: BuildProject,
  origin: Origin,
): NewBuildRow {
  const { observation } = build;
  const own = ownVariables(build.variables, project);
  const secret = own.filter(looksSecret);
  const row = newBuildRow(
    {
      project,
      body: bodyOf(
        build,
        project,
        own.filter((variable) => !looksSecret(variable)),
      ),
    },
    {
      trigger: build.byWebhook ? 'webhook' : 'aws',
      secretVariables: Object.fromEntries(secret.map(({ name, value }) => [name, value])),
    },
    origin,
    { box: parts.box, now: parts.clock.now() },
  );
  const startedAt = observation.startedAt === null ? null : instant(new Date(observation.startedAt));
  return {
    ...row,
    status: isBuildEnd(observation.status) ? 'in_progress' : observation.status,
    reason: 'Was started in AWS.',
    engine_ref: build.ref,
    dispatched: 1,
    phase: observation.phase,
    commit_id: observation.resolvedCommit,
    created_by: build.initiator.slice(0, LONGEST_NAME),
    created_by_id: STARTED_ELSEWHERE,
    created_at: build.submittedAt === null ? row.created_at : instant(new Date(build.submittedAt)),
    started_at: startedAt,
  };
}

/** Those that its project does not have, or has otherwise. */
function ownVariables(variables: readonly BuildVariable[], { settings }: BuildProject): BuildVariable[] {
  const ofProject = new Map(settings.environment.variables.map((variable) => [variable.name, variable]));
  return variables.filter(({ name, value, type }) => {
    const known = ofProject.get(name);
    return known?.value !== value || known.type !== type;
  });
}
/** Its value is sealed while the build runs, masked in its log, and forgotten at its end. */
const looksSecret = ({ name, value, type }: BuildVariable): boolean =>
  type === 'PLAINTEXT' && (mask({ [name]: value }) as Record<string, string>)[name] !== value && value !== MASKED;

function bodyOf(
  build: ElsewhereBuild,
  { settings }: BuildProject,
  variables: readonly BuildVariable[],
): StartBuildBody {
  const { environment, source } = settings;
  const said: Record<string, unknown> = { variables };
  if (build.sourceVersion !== null && build.sourceVersion !== source.version && source.type !== 'none')
    said['source_version'] = build.sourceVersion;
  if (build.image !== null && build.image !== environment.image) said['image'] = build.image;
  if (COMPUTE_TYPES.some((known) => known === build.compute) && build.compute !== environment.compute)
    said['compute'] = build.compute;
  if (build.privileged !== null && build.privileged !== environment.privileged) said['privileged'] = build.privileged;
  return StartBuildBody.parse(said);
}
