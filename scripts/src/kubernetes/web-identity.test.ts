/** Pods without EKS pod identity: who carries a token for AWS, for which role, and that nothing is asked for where none is named. */
import { describe, expect, test } from 'vitest';
import { hasKubectl, render, type KubeDocument } from './testing/rendered.js';

interface Container {
  readonly name: string;
  readonly env?: readonly { readonly name: string; readonly valueFrom?: { readonly configMapKeyRef?: KeyRef } }[];
  readonly volumeMounts?: readonly { readonly name: string; readonly mountPath: string }[];
}
interface KeyRef {
  readonly name: string;
  readonly key: string;
}
interface PodSpec {
  readonly serviceAccountName?: string;
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly { readonly name: string; readonly projected?: unknown }[];
}
interface Templated {
  readonly template?: { readonly spec: PodSpec };
  readonly jobTemplate?: { readonly spec: Templated };
}

const podOf = ({ spec }: KubeDocument): PodSpec | undefined => {
  const templated = spec as Templated | undefined;
  return (templated?.jobTemplate?.spec ?? templated)?.template?.spec;
};
const TOKEN = { audience: 'sts.amazonaws.com', expirationSeconds: 3600, path: 'token' };

describe.skipIf(!hasKubectl)('web identity', { timeout: 90_000 }, () => {
  const objects = hasKubectl ? render('k8s/overlays/dev') : [];
  const roles = objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name.startsWith('aws-roles-'));

  test('gives a token to the container that calls AWS, and the role of its service account', () => {
    const carriers = objects.flatMap((object) => {
      const pod = podOf(object);
      const volume = pod?.volumes?.find(({ name }) => name === 'aws-token');
      if (pod === undefined || volume === undefined) return [];
      expect(volume.projected).toEqual({ sources: [{ serviceAccountToken: TOKEN }] });
      const mounting = [...pod.containers, ...(pod.initContainers ?? [])].filter(({ volumeMounts = [] }) =>
        volumeMounts.some(({ name, mountPath }) => name === 'aws-token' && mountPath === '/var/run/secrets/aws'),
      );
      const asked = mounting.map(({ name, env = [] }) => {
        const reference = (variable: string): KeyRef | undefined =>
          env.find((one) => one.name === variable)?.valueFrom?.configMapKeyRef;
        expect(reference('AWS_WEB_IDENTITY_TOKEN_FILE')).toEqual({ name: roles?.metadata.name, key: 'TOKEN_FILE' });
        const role = reference('AWS_ROLE_ARN');
        expect(role?.name).toBe(roles?.metadata.name);
        return `${name} as ${String(role?.key)}`;
      });
      return [`${String(pod.serviceAccountName)}: ${asked.join(', ')}`];
    });
    expect(carriers.sort()).toEqual([
      'codebuild-service: main as CODEBUILD_SERVICE',
      'deployer: main as DEPLOYER',
      'infra-oneclick: main as INFRA_ONECLICK',
      'mysql-backup: upload as MYSQL_BACKUP',
    ]);
  });

  test('names no role by itself, so that EKS pod identity goes on where it is', () => {
    const keys = ['TOKEN_FILE', 'CODEBUILD_SERVICE', 'DEPLOYER', 'INFRA_ONECLICK', 'MYSQL_BACKUP'];
    expect(roles?.['data']).toEqual(Object.fromEntries(keys.map((key) => [key, ''])));
  });
});
