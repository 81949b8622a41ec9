/**
 * The deploy form's values and their two ways: from an earlier deployment or release, and to the request's body. Pure.
 *
 * A field left empty is left out of the body: the server's default applies, and is told by the server, not repeated here.
 */
import type {
  CreateDeploymentInput,
  DeploymentSource,
  DeploymentView,
  StageName,
} from '@aws-deployer/platform/contracts/deployments';
import { pairsOf, recordOf, type Pair } from '../ui/pairs.js';
import { STARTERS, type Language } from './starters.js';

export type SourceType = 'git' | 'snippet' | 'image';
export interface TestRow {
  readonly path: string;
  readonly status: number | '';
  readonly body: string;
}
export interface DeployValues {
  readonly application: string;
  readonly environment: string;
  readonly namespace: string;
  readonly sourceType: SourceType;
  readonly repoUrl: string;
  readonly ref: string;
  readonly context: string;
  readonly dockerfile: string;
  readonly credential: string;
  readonly buildArgs: readonly Pair[];
  readonly language: Language;
  readonly code: string;
  readonly image: string;
  /** The build that made the image; its quality gates are held to. */
  readonly imageBuild: string;
  readonly builder: 'auto' | 'docker' | 'host' | 'codebuild';
  readonly kind: 'Deployment' | 'ReplicaSet';
  readonly replicas: number | '';
  readonly port: number | '';
  readonly env: readonly Pair[];
  readonly secrets: readonly string[];
  /** Kubernetes quantities such as 100m or 64Mi; empty for none. */
  readonly cpuRequest: string;
  readonly memoryRequest: string;
  readonly cpuLimit: string;
  readonly memoryLimit: string;
  /** What runs in place of the image's own; the form can only keep them or leave them out. */
  readonly command: readonly string[] | null;
  readonly args: readonly string[] | null;
  readonly healthPath: string;
  readonly serviceType: 'ClusterIP' | 'NodePort' | 'LoadBalancer';
  readonly nodePort: number | '';
  readonly routeHost: string;
  readonly routePath: string;
  readonly tests: readonly TestRow[];
  readonly monitorSeconds: number | '';
  /** The most seconds that a stage may take. */
  readonly timeouts: Readonly<Partial<Record<StageName, number | '' | undefined>>>;
  /** Consents; never taken over from an earlier deployment. */
  readonly recreate: boolean;
  readonly adopt: boolean;
}

export const BLANK: DeployValues = {
  application: '',
  environment: 'development',
  namespace: '',
  sourceType: 'git',
  repoUrl: '',
  ref: '',
  context: '',
  dockerfile: '',
  credential: '',
  buildArgs: [],
  language: 'python',
  code: STARTERS.python,
  image: '',
  imageBuild: '',
  builder: 'auto',
  kind: 'Deployment',
  replicas: 1,
  port: '',
  env: [],
  secrets: [],
  cpuRequest: '',
  memoryRequest: '',
  cpuLimit: '',
  memoryLimit: '',
  command: null,
  args: null,
  healthPath: '',
  serviceType: 'ClusterIP',
  nodePort: '',
  routeHost: '',
  routePath: '',
  tests: [],
  monitorSeconds: '',
  timeouts: {},
  recreate: false,
  adopt: false,
};

/** What both a deployment and a release say of how they were asked for. */
export type Earlier = Pick<
  DeploymentView,
  'application' | 'environment' | 'namespace' | 'source' | 'workload' | 'tests' | 'monitor_seconds' | 'timeouts'
>;

export function valuesOf(earlier: Earlier): DeployValues {
  const { workload } = earlier;
  return {
    ...BLANK,
    application: earlier.application,
    environment: earlier.environment,
    namespace: earlier.namespace,
    ...sourceValues(earlier.source),
    kind: workload.kind,
    replicas: workload.replicas,
    port: workload.container_port ?? '',
    env: pairsOf(workload.env),
    secrets: workload.secrets,
    cpuRequest: workload.resources?.requests?.cpu ?? '',
    memoryRequest: workload.resources?.requests?.memory ?? '',
    cpuLimit: workload.resources?.limits?.cpu ?? '',
    memoryLimit: workload.resources?.limits?.memory ?? '',
    command: workload.command ?? null,
    args: workload.args ?? null,
    healthPath: workload.health?.path ?? '',
    serviceType: workload.service_type,
    nodePort: workload.node_port ?? '',
    routeHost: workload.route?.host ?? '',
    routePath: workload.route && workload.route.path !== '/' ? workload.route.path : '',
    tests: earlier.tests.map(({ path, expect_status, expect_body }) => ({
      path,
      status: expect_status ?? '',
      body: expect_body ?? '',
    })),
    monitorSeconds: earlier.monitor_seconds,
    timeouts: earlier.timeouts,
  };
}

function sourceValues(source: unknown): Partial<DeployValues> {
  if (typeof source !== 'object' || source === null || !('type' in source)) return {};
  const known = source as DeploymentSource;
  switch (known.type) {
    case 'git':
      return {
        sourceType: 'git',
        repoUrl: known.repo_url,
        ref: known.ref ?? '',
        context: known.context === '.' ? '' : known.context,
        dockerfile: known.dockerfile === 'Dockerfile' ? '' : known.dockerfile,
        credential: known.credential ?? '',
        buildArgs: pairsOf(known.build_args),
      };
    case 'snippet':
      return { sourceType: 'snippet', language: known.language, code: known.code };
    case 'image':
      return {
        sourceType: 'image',
        image: known.image,
        imageBuild: known.build_id ?? '',
        credential: known.credential ?? '',
      };
  }
}

export function bodyOf(values: DeployValues): CreateDeploymentInput {
  const body: CreateDeploymentInput = {
    application: values.application.trim(),
    environment: values.environment.trim(),
    source: sourceOf(values),
    builder: values.builder,
    workload: workloadOf(values),
  };
  if (values.namespace.trim() !== '') body.namespace = values.namespace.trim();
  if (values.monitorSeconds !== '') body.monitor_seconds = values.monitorSeconds;
  const timeouts = Object.entries(values.timeouts).filter(([, seconds]) => seconds !== '');
  if (timeouts.length > 0) body.timeouts = Object.fromEntries(timeouts);
  if (values.tests.length > 0) {
    body.tests = values.tests.map((test) => ({
      path: test.path.trim() === '' ? '/' : test.path.trim(),
      ...(test.status === '' ? {} : { expect_status: test.status }),
      ...(test.body === '' ? {} : { expect_body: test.body }),
    }));
  }
  if (values.recreate) body.recreate = true;
  if (values.adopt) body.adopt = true;
  return body;
}

function sourceOf(values: DeployValues): CreateDeploymentInput['source'] {
  const credential = values.credential === '' ? {} : { credential: values.credential };
  if (values.sourceType === 'snippet') return { type: 'snippet', language: values.language, code: values.code };
  if (values.sourceType === 'image') {
    const build = values.imageBuild.trim();
    return { type: 'image', image: values.image.trim(), ...(build === '' ? {} : { build_id: build }), ...credential };
  }
  const buildArgs = recordOf(values.buildArgs);
  return {
    type: 'git',
    repo_url: values.repoUrl.trim(),
    ...(values.ref.trim() === '' ? {} : { ref: values.ref.trim() }),
    ...(values.context.trim() === '' ? {} : { context: values.context.trim() }),
    ...(values.dockerfile.trim() === '' ? {} : { dockerfile: values.dockerfile.trim() }),
    ...credential,
    ...(Object.keys(buildArgs).length === 0 ? {} : { build_args: buildArgs }),
  };
}

function workloadOf(values: DeployValues): NonNullable<CreateDeploymentInput['workload']> {
  const env = recordOf(values.env);
  return {
    kind: values.kind,
    ...(values.replicas === '' ? {} : { replicas: values.replicas }),
    ...(values.port === '' ? {} : { container_port: values.port }),
    ...(Object.keys(env).length === 0 ? {} : { env }),
    ...(values.secrets.length === 0 ? {} : { secrets: [...values.secrets] }),
    ...(values.command === null ? {} : { command: [...values.command] }),
    ...(values.args === null ? {} : { args: [...values.args] }),
    ...resourcesOf(values),
    ...(values.healthPath.trim() === '' ? {} : { health: { path: withSlash(values.healthPath.trim()) } }),
    service_type: values.serviceType,
    ...(values.serviceType === 'ClusterIP' || values.nodePort === '' ? {} : { node_port: values.nodePort }),
    ...(values.routeHost.trim() === ''
      ? {}
      : {
          route: {
            host: values.routeHost.trim(),
            ...(values.routePath.trim() === '' ? {} : { path: withSlash(values.routePath.trim()) }),
          },
        }),
  };
}

type Quantities = { cpu?: string; memory?: string };

function resourcesOf(values: DeployValues): { resources?: { requests?: Quantities; limits?: Quantities } } {
  const requests = quantitiesOf(values.cpuRequest, values.memoryRequest);
  const limits = quantitiesOf(values.cpuLimit, values.memoryLimit);
  if (requests === null && limits === null) return {};
  return { resources: { ...(requests && { requests }), ...(limits && { limits }) } };
}

function quantitiesOf(cpu: string, memory: string): Quantities | null {
  const given: Quantities = {};
  if (cpu.trim() !== '') given.cpu = cpu.trim();
  if (memory.trim() !== '') given.memory = memory.trim();
  return Object.keys(given).length === 0 ? null : given;
}

const withSlash = (path: string): string => (path.startsWith('/') ? path : `/${path}`);

/** `https://host/team/My_Shop.git` → `my-shop`: the name an application gets until one is typed. */
export function nameFromRepository(url: string): string {
  const last =
    url
      .trim()
      .replace(/\.git\/?$/, '')
      .replace(/\/+$/, '')
      .split(/[/:]/)
      .pop() ?? '';
  return last
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 63);
}

/** `registry.host:5000/team/shop:1.2@sha256:…` → `shop`. */
export function nameFromImage(image: string): string {
  const [path = ''] = image.trim().split('@');
  return nameFromRepository((path.split('/').pop() ?? '').split(':')[0] ?? '');
}
