/**
 * What one-click-down.sh takes out of a cluster before its end: kubectl and the API are real (local-cluster), Terraform and AWS are
 * stand-ins that know of one cluster and of nothing that is left.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { startLocalCluster, type LocalCluster } from '@aws-deployer/local-cluster/cluster';
import { silentLogger } from '@aws-deployer/platform/observability/logger';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { lacks, runProgram, runScript } from './run-script.js';

const TERRAFORM = `#!/bin/sh
case "$*" in *output*cluster*) echo '{"type":"kubeadm","kubeconfig_secret":"node/kubeconfig"}' ;; esac
`;
const AWS = `#!/bin/sh
case "$*" in
  *get-secret-value*) cat "$(dirname "$0")/../kubeconfig" ;;
  *get-resources*) echo '{"ResourceTagMappingList":[]}' ;;
  *list-roles*) echo '{"Roles":[]}' ;;
esac
`;
const volume = (name: string, source: string): string => `
apiVersion: v1
kind: PersistentVolume
metadata: { name: ${name} }
spec:
  capacity: { storage: 1Gi }
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: ${name}
  ${source}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: ${name}, namespace: default }
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: ${name}
  resources: { requests: { storage: 1Gi } }
---
`;

let folder: string;
let cluster: LocalCluster;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aws-deployer-sweep-'));
  const dataDir = join(folder, 'cluster');
  cluster = await startLocalCluster({ dataDir, port: 0, gatewayPort: 0, runtimes: 'simulated', log: silentLogger });
  await mkdir(join(folder, 'programs'));
  await writeFile(join(folder, 'programs/terraform'), TERRAFORM, { mode: 0o755 });
  await writeFile(join(folder, 'programs/aws'), AWS, { mode: 0o755 });
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
    clusters: [{ name: 'c', cluster: { server: cluster.url } }],
    users: [{ name: 'c', user: {} }],
  };
  await writeFile(join(folder, 'kubeconfig'), JSON.stringify(config));
});
afterEach(async () => {
  await cluster.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
});

describe.skipIf(lacks('kubectl', 'jq'))('the sweep of a cluster', { timeout: 120_000 }, () => {
  test("deletes the disk of a database that its storage class would keep, and no volume that is not AWS's", async () => {
    const kubectl = (...words: string[]) => runProgram('kubectl', ['--server', cluster.url, ...words]);
    const objects = join(folder, 'objects.yaml');
    const disk = volume('disk', 'csi: { driver: ebs.csi.aws.com, volumeHandle: vol-1 }');
    await writeFile(objects, disk + volume('folder', 'hostPath: { path: /nowhere }'));
    expect(await kubectl('apply', '--filename', objects)).toMatchObject({ code: 0 });
    expect(
      await kubectl('wait', 'persistentvolumeclaims', '--all', '--for=jsonpath={.status.phase}=Bound', '--timeout=60s'),
    ).toMatchObject({ code: 0 });

    const down = await runScript(
      'one-click-down.sh',
      ['development', '--yes', '--patience', '60', '--backend-config', 'bucket=states'],
      {
        AWS_REGION: 'us-east-1',
        ONE_CLICK_FOLDER: join(folder, 'one-click'),
        PATH: [join(folder, 'programs'), process.env['PATH']].join(delimiter),
      },
      110_000,
    );
    expect(down.code, down.err).toBe(0);
    expect((await kubectl('get', 'persistentvolumes,persistentvolumeclaims', '-A', '-o', 'name')).out).toBe(
      'persistentvolume/folder\n',
    );
  });
});
