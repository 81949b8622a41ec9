/** A project and what one build does otherwise, made one plan: all that an engine needs, kept with the build. Pure. */
import type { ProjectSource } from '@aws-deployer/platform/contracts/build-projects';
import type { StartBuildBody } from '@aws-deployer/platform/contracts/builds';
import { invalidField } from '@aws-deployer/platform/errors/app-error';
import type { BuildProject } from '../build-projects/build-project.js';
import type { BuildPlan } from '../ports/build-engine.js';

/** Text with a newline, or that begins with `version:`, is a buildspec itself; anything else is its path in the source. */
export const isInlineBuildspec = (text: string): boolean => text.includes('\n') || /^\s*version\s*:/.test(text);

const buildspecOf = (text: string): BuildPlan['buildspec'] => (isInlineBuildspec(text) ? { text } : { path: text });

/** `source`: in the place of the project's own (an image build of an upload). Throws invalid on `buildspec` or `source_version`. */
export function buildPlan(project: BuildProject, body: StartBuildBody, source?: ProjectSource): BuildPlan {
  const { settings } = project;
  const from = source ?? settings.source;
  const buildspec = body.buildspec === undefined ? projectBuildspec(settings.buildspec) : buildspecOf(body.buildspec);
  if (from.type === 'none' && 'path' in buildspec)
    throw invalidField(
      'buildspec',
      `is the path ${buildspec.path}, but project ${project.name} has no source`,
      'write the buildspec inline, or give the project a source',
    );
  if (from.type === 'none' && body.source_version !== undefined)
    throw invalidField(
      'source_version',
      `project ${project.name} has no source`,
      'leave it out, or give the project a source',
    );
  const { environment } = settings;
  const named = new Set(body.variables.map(({ name }) => name));
  return {
    project: project.name,
    source: from,
    sourceVersion: body.source_version ?? from.version,
    buildspec,
    environment: {
      ...environment,
      image: body.image ?? environment.image,
      compute: body.compute ?? environment.compute,
      privileged: body.privileged ?? environment.privileged,
      variables: [...environment.variables.filter(({ name }) => !named.has(name)), ...body.variables],
    },
    artifacts: body.no_artifacts ? { type: 'none' } : settings.artifacts,
    cache: settings.cache,
    timeoutMinutes: body.timeout_minutes ?? settings.timeout_minutes,
    queuedTimeoutMinutes: settings.queued_timeout_minutes,
    overridden: {
      buildspec: body.buildspec !== undefined,
      image: body.image !== undefined,
      compute: body.compute !== undefined,
      privileged: body.privileged !== undefined,
      timeout: body.timeout_minutes !== undefined,
      artifacts: body.no_artifacts,
      source: source !== undefined,
    },
  };
}

/** A template was made inline when the project was saved. */
function projectBuildspec(buildspec: BuildProject['settings']['buildspec']): BuildPlan['buildspec'] {
  if (buildspec.type === 'inline') return { text: buildspec.text };
  if (buildspec.type === 'file') return { path: buildspec.path };
  throw invalidField('buildspec', `is the template ${buildspec.template} still`, 'save the project again');
}
