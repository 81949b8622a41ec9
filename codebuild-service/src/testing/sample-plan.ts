/** A plan as the builds slice makes it, of a project with nothing special: for tests of engines. */
import { CreateBuildProjectBody, type CreateBuildProjectInput } from '@aws-deployer/platform/contracts/build-projects';
import type { BuildPlan, EngineBuild } from '../ports/build-engine.js';

const NOTHING_OVERRIDDEN: BuildPlan['overridden'] = {
  buildspec: false,
  image: false,
  compute: false,
  privileged: false,
  timeout: false,
  artifacts: false,
  source: false,
};

export function samplePlan(
  project: CreateBuildProjectInput,
  more: Partial<Omit<BuildPlan, 'overridden'>> & { readonly overridden?: Partial<BuildPlan['overridden']> } = {},
): BuildPlan {
  const settings = CreateBuildProjectBody.parse(project);
  return {
    project: settings.name,
    source: settings.source,
    sourceVersion: settings.source.version,
    buildspec: settings.buildspec.type === 'inline' ? { text: settings.buildspec.text } : { path: 'buildspec.yml' },
    environment: settings.environment,
    artifacts: settings.artifacts,
    cache: settings.cache,
    timeoutMinutes: settings.timeout_minutes,
    queuedTimeoutMinutes: settings.queued_timeout_minutes,
    ...more,
    overridden: { ...NOTHING_OVERRIDDEN, ...more.overridden },
  };
}

export const sampleBuild = (plan: BuildPlan, more: Partial<EngineBuild> = {}): EngineBuild => ({
  id: '01900000-0000-7000-8000-000000000001',
  attempt: 1,
  number: 1,
  plan,
  secretVariables: {},
  session: null,
  ...more,
});
