/** What the manifests must hold beyond being accepted: who may talk to whom, pods without rights, names that the services know. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AuthConfig } from '@aws-deployer/auth-service/config';
import { CodebuildConfig } from '@aws-deployer/codebuild-service/config';
import { DeployerConfig } from '@aws-deployer/deployer/config';
import { HistoryConfig } from '@aws-deployer/history-service/config';
import { InfraConfig } from '@aws-deployer/infra-oneclick/config';
import { MonitorConfig } from '@aws-deployer/monitor-service/config';
import { OWN_PORT, SharedConfig } from '@aws-deployer/platform/runtime/config';
import { describe, expect, test } from 'vitest';
import { loadServices } from '../local/services.js';
import { networkArrows } from './testing/network-arrows.js';
import { hasKubectl, idOf, render, root, type KubeDocument } from './testing/rendered.js';

const SERVICES = {
  'auth-service': { name: 'auth', config: Object.keys(AuthConfig.shape) },
  'codebuild-service': { name: 'codebuild', config: Object.keys(CodebuildConfig.shape) },
  deployer: { name: 'deployer', config: Object.keys(DeployerConfig.shape) },
  'history-service': { name: 'history', config: Object.keys(HistoryConfig.shape) },
  'monitor-service': { name: 'monitor', config: Object.keys(MonitorConfig.shape) },
  'infra-oneclick': { name: 'infra', config: Object.keys(InfraConfig.shape) },
} as const;
const FOLDERS = Object.keys(SERVICES);

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly resources?: { readonly requests?: Record<string, string>; readonly limits?: Record<string, string> };
  readonly securityContext?: Record<string, unknown>;
  readonly [probe: string]: unknown;
}
interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly securityContext?: { readonly runAsNonRoot?: boolean; readonly seccompProfile?: { readonly type: string } };
  readonly [field: string]: unknown;
}
interface Workload extends KubeDocument {
  readonly spec: {
    readonly template: { readonly spec: PodSpec };
    readonly jobTemplate?: { readonly spec: Workload['spec'] };
  };
}

const objects = hasKubectl ? render('k8s/overlays/production') : [];
const of = (kind: string): readonly KubeDocument[] => objects.filter((one) => one.kind === kind);
const podOf = (object: KubeDocument): PodSpec => {
  const { spec } = object as Workload;
  return (spec.jobTemplate?.spec ?? spec).template.spec;
};
const workloads = ['Deployment', 'StatefulSet', 'Job', 'CronJob'].flatMap(of);
const staying = workloads.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet');

describe.skipIf(!hasKubectl)('the production overlay', { timeout: 90_000 }, () => {
  test('lets exactly these talk to each other', () => {
    const everyService = (to: string): string[] => FOLDERS.map((from) => `${from} → ${to}`);
    const expected = [
      ...[...FOLDERS, 'frontend', 'certificate-challenge'].map((to) => `ingress → ${to}`),
      ...FOLDERS.map((to) => `prometheus → ${to}`),
      ...['auth-service', 'history-service', 'monitor-service', 'mysql', 'dns'].flatMap(everyService),
      // it asks every service for its health
      ...FOLDERS.map((to) => `monitor-service → ${to}`),
      ...['codebuild-service', 'kubernetes-api', 'registry', 'git', 'builder', 'prometheus', 'applications'].map(
        (to) => `deployer → ${to}`,
      ),
      ...['aws', 'deployer'].map((to) => `codebuild-service → ${to}`),
      ...['aws', 'codebuild-service', 'kubernetes-api'].map((to) => `infra-oneclick → ${to}`),
      ...['kubernetes-api', 'prometheus', 'alertmanager', 'channels'].map((to) => `monitor-service → ${to}`),
      'auth-service → oidc',
      'alertmanager → monitor-service',
      ...['mysql', 'dns'].map((to) => `migration → ${to}`),
      ...['mysql', 'dns', 'aws'].map((to) => `mysql-backup → ${to}`),
      ...['mysql', 'dns'].map((to) => `mysql-replica → ${to}`),
    ];
    const arrows = networkArrows(objects);
    expect(arrows.unmatched, 'inside the cluster an arrow is allowed at both of its ends').toEqual([]);
    expect([...arrows.all].sort()).toEqual([...new Set(expected)].sort());
  });

  test('denies what no policy allows, to every pod', () => {
    const closed = of('NetworkPolicy').find(({ metadata }) => metadata.name === 'default-deny');
    expect(closed?.['spec']).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
  });

  test('runs no container without limits, or with more rights than PodSecurity `restricted` leaves', () => {
    const [namespace] = of('Namespace');
    expect(namespace?.metadata.labels?.['pod-security.kubernetes.io/enforce']).toBe('restricted');
    expect(workloads.length).toBeGreaterThanOrEqual(11);
    for (const workload of workloads) {
      const pod = podOf(workload);
      expect(pod.securityContext, idOf(workload)).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const container of [...(pod.initContainers ?? []), ...pod.containers]) {
        const where = `${idOf(workload)} ${container.name}`;
        expect(container.securityContext, where).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        for (const of of ['requests', 'limits'] as const)
          expect(Object.keys(container.resources?.[of] ?? {}), `${where} ${of}`).toEqual(
            expect.arrayContaining(['cpu', 'memory']),
          );
      }
      const kinds = (pod['volumes'] as Record<string, unknown>[]).flatMap((volume) =>
        Object.keys(volume).filter((key) => key !== 'name'),
      );
      expect(['emptyDir', 'configMap', 'secret', 'persistentVolumeClaim', 'projected']).toEqual(
        expect.arrayContaining([...new Set(kinds)]),
      );
    }
  });

  test('asks every container that stays whether it is started, ready and alive', () => {
    for (const workload of staying)
      for (const container of podOf(workload).containers)
        for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe'])
          expect(container[probe], `${idOf(workload)} ${container.name} ${probe}`).toBeTypeOf('object');
  });

  test('restarts nothing because a database is away, and sends no request to what waits for one', () => {
    for (const deployment of of('Deployment'))
      expect(podOf(deployment).containers, idOf(deployment)).toEqual([
        expect.objectContaining({
          startupProbe: expect.objectContaining({ httpGet: { path: '/health/live', port: 'http' } }) as object,
          livenessProbe: expect.objectContaining({ httpGet: { path: '/health/live', port: 'http' } }) as object,
          readinessProbe: expect.objectContaining({ httpGet: { path: '/health/ready', port: 'http' } }) as object,
        }),
      ]);
  });

  test('gives an account of the API only to those that use it, and each service its own', () => {
    const withToken = workloads.filter((one) => podOf(one)['automountServiceAccountToken'] !== false);
    expect(withToken.map(({ metadata }) => metadata.name)).toEqual(['deployer']);
    // As the code has it: who speaks to the API depends on its client.
    const speaking = FOLDERS.filter((folder) => {
      const { dependencies = {} } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
        dependencies?: Record<string, string>;
      };
      return '@kubernetes/client-node' in dependencies;
    });
    expect(speaking).toEqual(['deployer']);
    expect(of('ClusterRoleBinding')).toHaveLength(1);
    for (const deployment of of('Deployment'))
      expect(podOf(deployment)['serviceAccountName']).toBe(deployment.metadata.name);
    expect(JSON.stringify([...of('ClusterRole'), ...of('Role')])).not.toContain('"*"');
    for (const binding of of('ClusterRoleBinding'))
      expect(binding['subjects']).toEqual([
        expect.objectContaining({ kind: 'ServiceAccount', namespace: 'aws-deployer-production' }),
      ]);
  });

  test('lets a pod of a node that is drained go to another one: a tainted node is no empty place to be filled first', () => {
    for (const deployment of of('Deployment')) {
      const spread = podOf(deployment)['topologySpreadConstraints'] as readonly object[];
      expect(spread, idOf(deployment)).toHaveLength(2);
      for (const one of spread) expect(one, idOf(deployment)).toMatchObject({ maxSkew: 1, nodeTaintsPolicy: 'Honor' });
    }
  });

  test('has a budget, an autoscaler from 3 to 10 and the port of the code for every service', () => {
    for (const folder of [...FOLDERS, 'frontend']) {
      const named = (kind: string) => of(kind).find(({ metadata }) => metadata.name === folder)?.['spec'];
      expect(named('PodDisruptionBudget'), folder).toMatchObject({ maxUnavailable: 1 });
      expect(named('HorizontalPodAutoscaler'), folder).toMatchObject({ minReplicas: 3, maxReplicas: 10 });
      const port = folder === 'frontend' ? 8080 : OWN_PORT[SERVICES[folder as keyof typeof SERVICES].name];
      expect(named('Service'), folder).toMatchObject({ ports: [{ name: 'http', port, targetPort: 'http' }] });
      const [main] = podOf(
        of('Deployment').find(({ metadata }) => metadata.name === folder) as KubeDocument,
      ).containers;
      expect(main?.ports).toEqual([expect.objectContaining({ name: 'http', containerPort: port })]);
    }
  });

  test('names no variable that the services do not read, and settings that they accept', () => {
    const shared = Object.keys(SharedConfig.shape);
    const settings = of('ConfigMap').find(({ metadata }) => metadata.name.startsWith('platform-')) as KubeDocument;
    const data = settings['data'] as Record<string, string>;
    const all = new Set([...shared, ...Object.values(SERVICES).flatMap(({ config }) => [...config])]);
    expect(Object.keys(data).filter((name) => !all.has(name))).toEqual([]);
    expect(SharedConfig.parse(data)).toMatchObject({ MODE: 'production', TRUSTED_PROXIES: 1 });
    for (const [folder, { config }] of Object.entries(SERVICES)) {
      const [main] = podOf(
        of('Deployment').find(({ metadata }) => metadata.name === folder) as KubeDocument,
      ).containers;
      const names = (main?.env ?? []).map(({ name }) => name);
      expect(
        names.filter((name) => ![...shared, ...config].includes(name)),
        folder,
      ).toEqual([]);
      expect(names).toEqual(
        expect.arrayContaining(['DATABASE_URL', 'SERVICE_TOKEN_PRIVATE_KEY', 'SERVICE_TOKEN_PUBLIC_KEY']),
      );
    }
    const urls = Object.entries(data).filter(([name]) => name.endsWith('_URL') && name !== 'PUBLIC_URL');
    const addresses = of('Service').map(({ metadata, spec }) => {
      const { ports } = spec as { ports: { port: number }[] };
      return `http://${metadata.name}:${String(ports[0]?.port)}`;
    });
    expect(urls.map(([, url]) => url).filter((url) => !addresses.includes(url))).toEqual([]);
  });

  test('migrates every service and lets append-only tables only grow', async () => {
    const modules = await loadServices();
    const pod = podOf(of('Job')[0] as KubeDocument);
    const value = (container: string, name: string): string =>
      [...(pod.initContainers ?? []), ...pod.containers]
        .find((one) => one.name === container)
        ?.env?.find((one) => one.name === name)?.value ?? '';
    for (const { name } of modules) {
      expect(value('accounts', 'SERVICES').split(' ')).toContain(name);
      expect(value('grants', 'SERVICES').split(' ')).toContain(name);
      expect(value(`migrate-${name}`, 'MIGRATION_DATABASE_URL')).toBe(
        `mysql://aws_deployer_migrator:$(MIGRATOR_PASSWORD)@mysql:3306/aws_deployer_${name}`,
      );
    }
    const appendOnly = modules.flatMap((one) => (one.appendOnlyTables ?? []).map((table) => `${one.name}.${table}`));
    expect(value('grants', 'APPEND_ONLY').split(' ').sort()).toEqual(appendOnly.sort());
  });
});
